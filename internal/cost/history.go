package cost

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cohortkit/cohort/internal/bench"
)

// Record is a line of the history: what messages cost at a commit.
type Record struct {
	Date string `json:"date"` // 2006-01-02
	// Commit is the one that was measured. With a + it is the one before, and the
	// line was committed together with what was measured.
	Commit string            `json:"commit"`
	Why    string            `json:"why"`
	Go     string            `json:"go"`
	Arch   string            `json:"arch"`
	Costs  map[string]Counts `json:"costs"` // by Shape.String
	// Bench has what `cohort bench` measured at the same time, by its load. It is of
	// times, and depends on what else the machine did.
	Bench map[string]Bench `json:"bench,omitempty"`
}

// Bench is Cohort beside plain TCP, in one run of `cohort bench`.
type Bench struct {
	Raw   float64 `json:"raw_ratio"` // casts of others delivered in a second
	CPU   float64 `json:"cpu_ratio"` // processor time for a delivery
	Noise float64 `json:"raw_noise"` // plain TCP to itself
	Load  float64 `json:"load"`      // of the machine
}

// AddBench adds a result of `cohort bench` to the line.
func (r *Record) AddBench(b *bench.Result) {
	name := b.Order
	if b.Safe {
		name += " safe"
	}
	if r.Bench == nil {
		r.Bench = map[string]Bench{}
	}
	r.Bench[fmt.Sprintf("%s %d", name, b.Size)] = Bench{
		Raw: b.RawRatio, CPU: rounded(b.CPU / b.RawCPU), Noise: b.RawNoise, Load: b.Load,
	}
}

// ReadHistory reads all lines, oldest first. The error says which line is wrong.
func ReadHistory(in io.Reader) (all []Record, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var r Record
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			return nil, fmt.Errorf("cost: line %d of the history: %w", n, err)
		}
		if r.Date == "" || r.Commit == "" || len(r.Costs) == 0 {
			return nil, fmt.Errorf("cost: line %d of the history lacks its date, commit or costs", n)
		}
		all = append(all, r)
	}
	return all, lines.Err()
}

// OpenHistory reads the history in a file; one that does not exist is empty.
func OpenHistory(file string) ([]Record, error) {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	return ReadHistory(f)
}

// Append adds a line to the history in a file.
func (r *Record) Append(file string) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

package trace

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Run is what the files of one run say together.
type Run struct {
	Clock   Clock    // empty if every file was torn within its header
	Name    string   // as the headers say
	Records []Record // ordered as Merge does
	Torn    []string // files whose last line was cut short

	files []string // that have records
	from  []int32  // which of them each record is from; nil if there is one
}

// Place says where record i, an index of Records, was read.
func (r *Run) Place(i int) (file string, line int) {
	if r.from == nil {
		return r.files[0], i + 2 // after the header
	}
	line = 1
	for _, f := range r.from[:i+1] {
		if f == r.from[i] {
			line++
		}
	}
	return r.files[r.from[i]], line
}

// Read reads all files of one run. The files must agree on the clock and on the
// name of the run; a simulated run has one file.
func Read(paths ...string) (*Run, error) {
	run := &Run{}
	var first Header
	var named string // the file first comes from
	var parts [][]Record
	for _, path := range paths {
		header, records, torn, err := readFile(path)
		if err != nil {
			return nil, err
		}
		if torn {
			run.Torn = append(run.Torn, path)
		}
		if header.Clock == "" {
			continue
		}
		if named == "" {
			first, named = header, path
		}
		if header.Clock != first.Clock || header.Run != first.Run {
			return nil, fmt.Errorf("trace: %s (run %q, %s clock) and %s (run %q, %s clock) are not of one run; read them apart",
				named, first.Run, first.Clock, path, header.Run, header.Clock)
		}
		if len(parts) > 0 && header.Clock == Simulated {
			return nil, fmt.Errorf("trace: %s and %s: a simulated run is in one file; read them apart", named, path)
		}
		parts, run.files = append(parts, records), append(run.files, path)
	}
	run.Clock, run.Name = first.Clock, first.Run
	run.Records, run.from = merge(parts)
	return run, nil
}

func readFile(path string) (Header, []Record, bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return Header{}, nil, false, fmt.Errorf("trace: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from: nothing can be lost
	in, err := NewReader(f, path)
	if err != nil {
		return Header{}, nil, false, err
	}
	var records []Record
	for {
		r, err := in.Next()
		if errors.Is(err, io.EOF) {
			return in.Header(), records, in.Torn(), nil
		}
		if err != nil {
			return Header{}, nil, false, err
		}
		records = append(records, r)
	}
}

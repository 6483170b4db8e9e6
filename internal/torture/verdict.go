package torture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/trace"
)

// verdict is what the judges make of a round.
type verdict struct {
	facts, checks int
	violations    int
	lost          []string
	stranded      bool     // no majority of the last site view runs: nothing need come to rest
	outage, since int64    // the longest, and when it began, in milliseconds
	texts         []string // of violations, as far as listed
}

func (v *verdict) bad(r *round) bool { return v.violations+len(v.lost)+len(r.twice) > 0 }

// judge reads the traces of the round and compares the states.
func (r *round) judge() (*verdict, error) {
	files, err := filepath.Glob(filepath.Join(r.dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := truncate(file, r.quiet.UnixNano()); err != nil {
			return nil, err
		}
	}
	last := filepath.Join(r.dir, "quiet.jsonl")
	if err := r.writeQuiet(last); err != nil {
		return nil, err
	}
	run, err := trace.Read(append(files, last)...)
	if err != nil {
		return nil, err
	}
	report := check.Run(run.Records, check.Options{})
	v := &verdict{facts: len(run.Records)}
	v.outage, v.since = r.majority.longest(r.times)
	for _, c := range report.Judged {
		v.checks += c.Checks
		v.violations += c.Violations
	}
	for _, x := range report.Violations {
		v.texts = append(v.texts, x.Property+": "+x.Text)
	}
	v.violations += len(r.troubles)
	v.texts = append(v.texts, r.troubles...)
	v.stranded = !r.quorum(run.Records)
	if len(r.restless) > 0 && !v.stranded {
		v.violations += len(r.restless)
		v.texts = append(v.texts, r.restless...)
	}
	if !v.stranded { // else what is held and safe waits for the majority
		v.lost = r.missing()
	}
	return v, nil
}

// missing lists the updates that must last and that a member does not have in
// the end.
func (r *round) missing() (list []string) {
	for k, group := range groups {
		for _, origin := range slices.Sorted(maps.Keys(r.acked[k])) {
			lacks := map[uint64]string{}
			for _, name := range slices.Sorted(maps.Keys(r.final)) {
				for _, n := range r.acked[k][origin].minus(r.final[name][k].Done[origin]) {
					lacks[n] += " " + name
				}
			}
			for _, n := range slices.Sorted(maps.Keys(lacks)) {
				list = append(list, fmt.Sprintf("update %d of origin %d in %s, by%s", n, origin, group, lacks[n]))
			}
		}
	}
	return list
}

// quorum reports whether the members of the last site view that run weigh more
// than half of it, or half with the oldest.
func (r *round) quorum(records []trace.Record) bool {
	var last fact.SiteView
	for _, x := range records {
		if v, ok := x.Fact.(fact.SiteView); ok && v.Seq > last.Seq {
			last = v
		}
	}
	var total, weight uint64
	oldest := false
	for _, m := range last.Members {
		runs := slices.Contains(r.alive, m.Site)
		if total == 0 && m.Weight > 0 {
			oldest = runs
		}
		total += uint64(m.Weight)
		if runs {
			weight += uint64(m.Weight)
		}
	}
	return 2*weight > total || 2*weight == total && oldest
}

// writeQuiet writes a trace of its own that says when all had come to rest, and
// who ran then.
func (r *round) writeQuiet(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := trace.NewWriter(f, trace.Header{Clock: trace.Wall})
	alive := slices.Sorted(slices.Values(r.alive))
	w.Write(trace.Record{Time: r.quiet.UnixNano(), Fact: fact.Quiet{Alive: slices.Compact(alive)}})
	return errors.Join(w.Close(), f.Close())
}

// truncate leaves out of a trace what came after a time, in nanoseconds since
// 1970: the facts of one file are in the order of their times.
func truncate(path string, after int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(f, trace.MaxLine+1)
	size := int64(0)
	for {
		line, err := in.ReadSlice('\n')
		if t, ok := timeOf(line); ok && t > after {
			return errors.Join(f.Truncate(size), f.Close())
		}
		size += int64(len(line))
		switch {
		case errors.Is(err, io.EOF):
			return f.Close()
		case err != nil:
			return errors.Join(err, f.Close())
		}
	}
}

// timeOf reads the time at the beginning of a line of a trace.
func timeOf(line []byte) (int64, bool) {
	const prefix = `{"t":`
	if len(line) < len(prefix) || string(line[:len(prefix)]) != prefix {
		return 0, false
	}
	end := slices.Index(line, ',')
	if end < 0 {
		return 0, false
	}
	t, err := strconv.ParseInt(string(line[len(prefix):end]), 10, 64)
	return t, err == nil
}

// conclude tells how the round went.
func (r *round) conclude(v *verdict) {
	for _, text := range v.texts {
		r.say("VIOLATION %s", text)
	}
	for _, text := range v.lost {
		r.say("LOST %s", text)
	}
	for _, text := range r.twice {
		r.say("TWICE %s", text)
	}
	faults := 0
	for _, n := range r.counts { // order does not matter: a sum
		faults += n
	}
	word := ""
	if v.stranded {
		word = "; it ended without a majority"
	}
	r.say("%d operations, %d faults, %d facts, %d checks: %d violations, %d lost, %d twice; longest outage %d ms, from %.2f s%s",
		r.ops, faults, v.facts, v.checks, v.violations, len(v.lost), len(r.twice), v.outage, float64(v.since-r.began.UnixMilli())/1000, word)
}

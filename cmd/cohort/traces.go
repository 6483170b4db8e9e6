package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// readRun reads the files of one run. A run without any fact is an error: to
// say that it is in order would say nothing.
func readRun(paths []string) (*trace.Run, error) {
	run, err := trace.Read(paths...)
	if err != nil {
		return nil, err
	}
	if len(run.Records) == 0 {
		return nil, fmt.Errorf("no facts in %s: nothing happened there, or its process was killed at once", strings.Join(paths, ", "))
	}
	return run, nil
}

// noteTorn says which files lack their end.
func noteTorn(w io.Writer, run *trace.Run) {
	for _, file := range run.Torn {
		fmt.Fprintf(w, "note: the last line of %s is cut short, as when its process was killed; it is left out\n", file)
	}
}

// sitesOf counts the sites that say something.
func sitesOf(records []trace.Record) int {
	seen := map[id.Site]bool{}
	for _, r := range records {
		if r.Site != 0 {
			seen[r.Site] = true
		}
	}
	return len(seen)
}

// counted is "1 file", "2 files", "2 crashes".
func counted(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "sh"):
		what += "e"
	}
	return thousands(n) + " " + what + "s"
}

// thousands writes n with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

package trace

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

func TestMerge(t *testing.T) {
	g, a, b := id.Group(2, 0), id.Process(1, 1), id.Process(2, 1)
	send := Record{100, 1, fact.Send{Proc: a, Group: g, View: 2, First: 1, N: 2}}
	snap := Record{110, 1, fact.Snapshot{Proc: a, Group: g, To: b, Xfer: 7}}
	deliver := Record{50, 2, fact.Deliver{Proc: b, Group: g, View: 2, Sender: a, First: 1, N: 2}}
	loaded := Record{60, 2, fact.Loaded{Proc: b, Group: g, From: a, Xfer: 7}}
	lost := Record{40, 2, fact.Deliver{Proc: b, Group: g, View: 2, Sender: b, First: 1, N: 1}}
	early, late := Record{10, 1, fact.Start{}}, Record{10, 2, fact.Start{}}
	got := Merge([]Record{early, send, snap}, []Record{late, lost, deliver, loaded})
	want := []Record{early, late, lost, send, deliver, snap, loaded}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// Two traces that wait for each other are wrong, but must come out whole.
func TestMergeOfACycle(t *testing.T) {
	g, a, b := id.Group(2, 0), id.Process(1, 1), id.Process(2, 1)
	half := func(self, other id.Address) []Record {
		return []Record{
			{1, self.Site(), fact.Deliver{Proc: self, Group: g, Sender: other, First: 1, N: 1}},
			{2, self.Site(), fact.Send{Proc: self, Group: g, First: 1, N: 1}},
		}
	}
	if got := Merge(half(a, b), half(b, a)); len(got) != 4 {
		t.Errorf("%d records", len(got))
	}
}

func TestReadOfTwoRuns(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for _, run := range []string{"monday", "tuesday"} {
		path := filepath.Join(dir, run)
		if err := os.WriteFile(path, write(t, Header{Clock: Wall, Run: run}, nil), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if _, err := Read(paths...); err == nil || !strings.Contains(err.Error(), "not of one run") {
		t.Errorf("got %v", err)
	}
	twice := filepath.Join(dir, "twice")
	if err := os.WriteFile(twice, write(t, Header{Clock: Simulated}, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(twice, twice); err == nil || !strings.Contains(err.Error(), "in one file") {
		t.Errorf("got %v", err)
	}
	if _, err := Read(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestReadNamesTornFiles(t *testing.T) {
	dir := t.TempDir()
	whole := write(t, Header{Clock: Wall}, golden())
	a, b, empty := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "empty")
	for path, text := range map[string][]byte{a: whole, b: whole[:len(whole)-3], empty: nil} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run, err := Read(a, b, empty)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{b, empty}; !reflect.DeepEqual(run.Torn, want) {
		t.Errorf("torn %v, want %v", run.Torn, want)
	}
	if want := 2*len(golden()) - 1; len(run.Records) != want {
		t.Errorf("%d records, want %d", len(run.Records), want)
	}
}

// Each record knows its file and line.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	texts := map[string][]string{}
	var paths []string
	for i, name := range []string{"a", "b"} {
		var records []Record
		for n := range 5 {
			records = append(records, Record{int64(10*n + i), id.Site(i + 1), fact.Stall{}})
		}
		text := write(t, Header{Clock: Wall}, records)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		texts[path] = strings.Split(string(text), "\n")
		paths = append(paths, path)
	}
	for _, files := range [][]string{paths[:1], paths} {
		run, err := Read(files...)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range run.Records {
			file, line := run.Place(i)
			want, err := Append(nil, r)
			if err != nil {
				t.Fatal(err)
			}
			if got := texts[file][line-1]; got != string(want) {
				t.Errorf("record %d at %s:%d is %s, want %s", i, file, line, got, want)
			}
		}
	}
}

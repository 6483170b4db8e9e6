package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The repository's history is drawn, with the name of each line that has room.
func TestHistoryIsDrawn(t *testing.T) {
	lines, err := os.ReadFile("../docs/bench/history.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "history.jsonl")
	if err := os.WriteFile(file, lines, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := plotHistory(file); err != nil {
		t.Fatal(err)
	}
	name := file[:len(file)-len(filepath.Ext(file))]
	svg, err := os.ReadFile(name + ".svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range append([]string{"allocations for a message", "instructions for a message"}, drawn...) {
		if !bytes.Contains(svg, []byte(part)) {
			t.Errorf("the drawing does not say %q", part)
		}
	}
	if png, err := os.Stat(name + ".png"); err != nil || png.Size() == 0 {
		t.Errorf("there is no picture: %v", err)
	}
}

func TestNoHistoryIsNotDrawn(t *testing.T) {
	if err := plotHistory(filepath.Join(t.TempDir(), "history.jsonl")); err == nil {
		t.Error("a history without lines is drawn")
	}
}

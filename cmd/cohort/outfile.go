package main

import (
	"io"
	"os"
	"path/filepath"
)

// keepText writes a file, or to standard output.
func keepText(stdout io.Writer, path string, text []byte) error {
	if path == "-" {
		_, err := stdout.Write(text)
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// besides refuses to write to a file that is needed otherwise, under whatever name.
func besides(path string, others ...string) error {
	for _, other := range others {
		if sameFile(path, other) {
			return usagef("%s would be overwritten: choose another file to write", other)
		}
	}
	return nil
}

// sameFile reports whether two names are of one file, also by a link. Two names of a
// device do not count.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	x, err := os.Stat(a)
	if err != nil || !x.Mode().IsRegular() {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

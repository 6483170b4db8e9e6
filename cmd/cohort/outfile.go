package main

import (
	"errors"
	"io"
	"io/fs"
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

// writable finds out whether a file can be written, and leaves it as it is: who
// computes for minutes must not learn at the end that there is no place for it.
func writable(path string) error {
	info, err := os.Stat(path)
	if path == "-" || err == nil && info.Mode()&fs.ModeNamedPipe != 0 { // its reader would take the trial for the end
		return nil
	}
	file, openErr := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if openErr != nil {
		return openErr
	}
	closeErr := file.Close()
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Join(closeErr, os.Remove(path))
	}
	return closeErr
}

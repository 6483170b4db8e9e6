package main

import (
	"io"
	"os"
)

// traceFile is where a process writes its trace. The nil traceFile is nowhere.
type traceFile struct{ *os.File }

// openTrace creates a file for a trace; without a name there is none.
func openTrace(name string) (*traceFile, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return &traceFile{f}, nil
}

// writer is what a node's configuration takes.
func (t *traceFile) writer() io.Writer {
	if t == nil {
		return nil
	}
	return t.File
}

// Close closes the file, after the node.
func (t *traceFile) Close() error {
	if t == nil {
		return nil
	}
	return t.File.Close()
}

package main

import (
	"fmt"
	"io"
	"sync"
)

// output is a command's standard output. It keeps the first error in writing, so that
// run can tell of it and no command need look after each line.
type output struct {
	out io.Writer

	mu  sync.Mutex // processes report from several goroutines
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.out.Write(p)
	if err == nil {
		return n, nil
	}
	err = fmt.Errorf("the standard output is cut short: %w", err)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// lost is why not all was written, or nil.
func (o *output) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

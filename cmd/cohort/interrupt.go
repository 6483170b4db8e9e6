package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// errInterrupted is what a command that does not heed signals ends with.
var errInterrupted = errors.New("interrupted")

// interrupt is a context that ends with the first signal to end. It knows whether
// anybody heeds that: a command that never looks at it, as it only reads and
// computes, has nothing to bring to an end, and need not be waited for.
type interrupt struct {
	context.Context
	heeded atomic.Bool
}

// untilInterrupted returns such a context. The first signal calls unheeded if nobody
// has looked at it; the second one ends the process.
func untilInterrupted(unheeded func()) (*interrupt, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	i := &interrupt{Context: ctx}
	cancel := context.AfterFunc(ctx, func() {
		stop()
		if !i.heeded.Load() {
			unheeded()
		}
	})
	return i, func() { cancel(); stop() }
}

func (i *interrupt) Done() <-chan struct{} {
	i.heeded.Store(true)
	return i.Context.Done()
}

func (i *interrupt) Err() error {
	i.heeded.Store(true)
	return i.Context.Err()
}

//go:build !linux || !cgo

package main

import (
	"errors"

	"github.com/cohortkit/cohort/internal/bench"
)

func newCorosync(*bench.Seat) bench.Member { return nil }

// needsCorosync says what is missing to measure Corosync on this machine.
func needsCorosync() error {
	return errors.New("it needs Linux, and Go with cgo, which is a C compiler (Debian's package gcc)")
}

//go:build !linux

package main

import (
	"errors"

	"github.com/cohortkit/cohort/internal/bench"
)

func newCorosync(*bench.Seat) bench.Member { return nil }

// needsCorosync says what is missing to measure Corosync on this machine.
func needsCorosync() error { return errors.New("several daemons run on one machine on Linux only") }

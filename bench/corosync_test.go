//go:build linux && cgo

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/crew"
)

// marked are the processes that were started with a mark in their environment,
// by number, but for this one. Those that have ended have no environment.
func marked(t *testing.T, mark string) map[int]string {
	t.Helper()
	list, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]string{}
	for _, path := range list {
		env, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(env, []byte(mark)) {
			continue // it has ended, or is somebody else's
		}
		name, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "comm"))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		if pid != os.Getpid() {
			found[pid] = strings.TrimSpace(string(name))
		}
	}
	return found
}

// long runs Corosync until something stops it, which is done once all daemons are
// there, and returns how the run ended. Nothing of it may be left.
func long(t *testing.T, stop func(daemons []int, interrupt func())) error {
	t.Helper()
	if err := needsCorosync(); err != nil {
		t.Skip(err)
	}
	before := traces(t)
	const key = "COHORT_BENCH_TEST"
	mark := key + "=" + t.Name() + strconv.Itoa(os.Getpid())
	t.Setenv(key, strings.TrimPrefix(mark, key+"="))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	over := make(chan error, 1)
	go func() {
		b := bench.Bench{Worker: []string{asWorker}, Measure: time.Hour}
		_, err := b.Run(ctx, "Corosync", bench.Shape{Members: 3, Order: bench.Total, Size: 64, Senders: bench.All, Window: 1, Groups: 1})
		over <- err
	}()
	var daemons []int
	until(t, "three daemons", func() bool {
		daemons = nil
		for pid, name := range marked(t, mark) {
			if name == "corosync" {
				daemons = append(daemons, pid)
			}
		}
		return len(daemons) == 3
	})
	stop(daemons, cancel)
	err := <-over
	until(t, "end of all processes", func() bool { return len(marked(t, mark)) == 0 })
	if after := traces(t); !slices.Equal(before, after) {
		t.Errorf("of daemons there was left %q, and there is %q", before, after)
	}
	return err
}

// traces are files where daemons leave some that this machine's other programs see.
func traces(t *testing.T) (all []string) {
	t.Helper()
	for _, pattern := range []string{"/tmp/cpg", "/tmp/cmap", "/run/corosync*", "/dev/shm/qb-*", "/var/lib/corosync/*"} {
		list, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	return all
}

func until(t *testing.T, what string, there func() bool) {
	t.Helper()
	if err := within(what, there); err != nil {
		t.Fatal(err)
	}
}

func TestCorosyncIsInterrupted(t *testing.T) {
	if err := long(t, func(_ []int, interrupt func()) { interrupt() }); !errors.Is(err, crew.ErrInterrupted) {
		t.Error(err)
	}
}

// A run whose daemon dies fails at once, with what the daemon has said.
func TestCorosyncDies(t *testing.T) {
	err := long(t, func(daemons []int, _ func()) {
		if err := syscall.Kill(daemons[0], syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	})
	if err == nil || !strings.Contains(err.Error(), "its log ends: ") {
		t.Error(err)
	}
}

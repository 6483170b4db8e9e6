package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/crew"
	"github.com/cohortkit/cohort/internal/netem"
)

// networked is a bench over a network, which is skipped where there is none.
func networked(t *testing.T) *Bench {
	t.Helper()
	if err := netem.Check(); errors.Is(err, netem.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	b := newBench()
	b.Network = &Network{Network: netem.Network{Delay: time.Millisecond, Loss: 0.001, Rate: 1e9}}
	return b
}

// clean fails when something of a network is left. The kernel ends a namespace
// that has neither a process nor a device that somebody holds.
func clean(t *testing.T) {
	t.Helper()
	if plugged() {
		t.Error("a device is left")
	}
	if left, err := os.ReadFile("/proc/net/dev"); err != nil || strings.Contains(string(left), "cohort") {
		t.Errorf("a device is here: %s, %v", left, err)
	}
}

func TestOverANetwork(t *testing.T) {
	b := networked(t)
	for _, system := range []string{Raw, Cohort} {
		s := small
		s.Window, s.Senders, s.Elsewhere = 1, One, system == Cohort // else its sender would soon wait for nobody
		r, err := b.Run(t.Context(), system, s)
		if err != nil {
			t.Fatal(err)
		}
		clean(t)
		p := r.Passage
		if p.PacketsPS <= 0 || p.MBPerS <= 0 || p.Relay <= 0 || p.Congestion == "" {
			t.Errorf("%s: %+v", system, p)
		}
		// Nothing gets anywhere and back in less than the delay both ways.
		if r.Sender.Samples == 0 || r.Sender.P50 < 2*b.Network.Delay {
			t.Errorf("%s: the delivery at the sender took %+v", system, r.Sender)
		}
	}
}

func TestCompareOverANetwork(t *testing.T) {
	b := networked(t)
	r, err := b.Compare(t.Context(), small, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	clean(t)
	if r.Network != "1ms,0.1%,1gbit" || r.Passage.PacketsPS <= 0 || r.RawPassage[0].PacketsPS <= 0 || r.RawPassage[1].PacketsPS <= 0 {
		t.Errorf("%+v", r)
	}
}

func TestInterruptedOverANetwork(t *testing.T) {
	b := networked(t)
	b.Measure = time.Hour
	interrupted, interrupt := context.WithCancel(t.Context())
	go func() {
		defer interrupt()
		for !plugged() && t.Context().Err() == nil {
			runtime.Gosched()
		}
	}()
	if _, err := b.Run(interrupted, Raw, small); !errors.Is(err, crew.ErrInterrupted) {
		t.Error(err)
	}
	clean(t)
}

// plugged reports whether this process has a TUN device.
func plugged() bool {
	list, err := filepath.Glob("/proc/self/fd/*")
	return err == nil && slices.ContainsFunc(list, func(name string) bool {
		to, err := os.Readlink(name)
		return err == nil && strings.HasSuffix(to, "/net/tun")
	})
}

func TestANetworkThatFails(t *testing.T) {
	b := networked(t)
	b.Network.Congestion = "no such control"
	if _, err := b.Run(t.Context(), Raw, small); err == nil || !strings.Contains(err.Error(), "no such control") {
		t.Error(err)
	}
	clean(t)
}

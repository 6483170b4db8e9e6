package node

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core"
)

// TestLastOfItsMachine kills all processes of a machine but one at once: that one
// works on, although it is one of four.
func TestLastOfItsMachine(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	a := w.start(patient, func(cfg *Config) { cfg.Transport = nil })
	var children []*exec.Cmd
	for range 3 {
		cmd, site := startChild(t, a.Addr())
		a.await("the child", func() bool { return a.site.Has(site) })
		children = append(children, cmd)
	}
	// Each must have given its word, and each death be seen.
	a.inspects("three bonds", func(s *core.Site) bool {
		return strings.Count(s.String(), "bound true") == 3 && a.witness.reached.Load() == 3
	})
	for _, cmd := range children {
		_ = cmd.Process.Kill()
	}
	a.sees(a)
	for _, cmd := range children {
		_ = cmd.Wait()
	}
	a.join()
	a.await("a view of its own", func() bool { return len(a.members()) == 1 })
}

// TestApart has two nodes that take no notice of each other: the younger cannot
// tell that the older is dead, and stalls.
func TestApart(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	apart := func(cfg *Config) { cfg.Transport, cfg.Apart = nil, true }
	a := w.start(patient, apart)
	b := w.start(patient, apart)
	b.sees(a, b)
	a.Close()
	b.inspects("a stall", func(s *core.Site) bool { return s.Stalled() })
}

// TestTwoOnOneMachine is the same with notice taken: the younger works on.
func TestTwoOnOneMachine(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	here := func(cfg *Config) { cfg.Transport = nil }
	a := w.start(patient, here)
	b := w.start(patient, here)
	b.inspects("a bond", func(s *core.Site) bool {
		return strings.Contains(s.String(), "bound true") && b.witness.reached.Load() == 1
	})
	a.Close()
	b.sees(b)
}

// TestWatchersWithoutRoom: also who is one too many to be held hears of the site's end,
// when it comes and no sooner.
func TestWatchersWithoutRoom(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	a := w.start(func(cfg *Config) { cfg.Transport = nil })
	var all []net.Conn
	for range mostWatchers + 10 {
		conn, err := machineDial(t.Context(), a.Site())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		all = append(all, conn)
	}
	for i, conn := range all {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("while the site runs watcher %d hears %v", i, err)
		}
	}
	a.Close()
	for i, conn := range all {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("of the site's end watcher %d hears %v", i, err)
		}
	}
}

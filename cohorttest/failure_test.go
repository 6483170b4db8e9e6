package cohorttest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/cohorttest"
)

// find runs a program that is expected to fail, in one world.
func find[P any](t *testing.T, o cohorttest.Options, p cohorttest.Program[P]) *cohorttest.Failure {
	t.Helper()
	o.Seeds = 1
	f := cohorttest.Find(t, o, func() cohorttest.Program[P] { return p })
	if f == nil {
		t.Fatal("nothing was found")
	}
	return f
}

func TestASeedMakesTheSameWorld(t *testing.T) {
	one := counters()
	one.Check = func([]*counter) error { return errors.New("so far") }
	sameWorlds(t, cohorttest.Options{Faults: cohorttest.All, Workers: 3}, one)
	all := journals()
	all.Check = func([]*journal) error { return errors.New("so far") }
	sameWorlds(t, cohorttest.Options{Sites: 6, Faults: cohorttest.All, Workers: 2}, all)
	timed := counters()
	timed.Start, timed.Check = ticking, one.Check
	sameWorlds(t, cohorttest.Options{Sites: 4, Faults: cohorttest.All}, timed)
	read := counters()
	read.Act, read.Check = reading, one.Check
	sameWorlds(t, cohorttest.Options{Faults: cohorttest.All}, read)
}

// sameWorlds runs some seeds twice and compares all there is to see.
func sameWorlds[P any](t *testing.T, o cohorttest.Options, p cohorttest.Program[P]) {
	t.Helper()
	lines := 0
	o.Seeds = 1
	for o.First = 1; o.First <= 7; o.First++ {
		var traces [2]bytes.Buffer
		var logs [2][]string
		for i := range 2 {
			f := cohorttest.Find(t, o, func() cohorttest.Program[P] { return p })
			if f == nil {
				continue // this world lost a group
			}
			logs[i] = f.Log
			if err := f.WriteTrace(&traces[i]); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(logs[0], logs[1]) {
			t.Errorf("seed %d: the logs differ", o.First)
		}
		if !bytes.Equal(traces[0].Bytes(), traces[1].Bytes()) {
			t.Errorf("seed %d: the traces differ", o.First)
		}
		lines += len(logs[0])
	}
	if lines < 300 {
		t.Errorf("%d lines in seven worlds: little happened", lines)
	}
}

func TestWhatFails(t *testing.T) {
	calm := cohorttest.Options{Sites: 3}
	tests := map[string]struct {
		change func(*cohorttest.Program[*counter])
		what   string
	}{
		"an error of Check": {func(p *cohorttest.Program[*counter]) {
			p.Check = func([]*counter) error { return errors.New("odd books") }
		}, "odd books"},
		"Errorf": {func(p *cohorttest.Program[*counter]) {
			p.Act = func(_ context.Context, s *cohorttest.Site, _ *counter) { s.Errorf("no %d", 7) }
		}, ": no 7"},
		"a panic": {func(p *cohorttest.Program[*counter]) {
			p.Act = func(context.Context, *cohorttest.Site, *counter) { panic("ouch") }
		}, "panic: ouch"},
		"an Act that does not end": {func(p *cohorttest.Program[*counter]) {
			p.Act = func(ctx context.Context, _ *cohorttest.Site, _ *counter) { <-ctx.Done() }
		}, "1 calls of Act of n1 have not returned"},
		"a Start that fails": {func(p *cohorttest.Program[*counter]) {
			p.Start = func(context.Context, *cohorttest.Site) (*counter, error) { return nil, errors.New("no disk") }
		}, "Start of n1 has not returned"},
		"a second node": {func(p *cohorttest.Program[*counter]) {
			p.Start = func(ctx context.Context, s *cohorttest.Site) (*counter, error) {
				c, err := start(ctx, s)
				if err == nil {
					_, err = cohort.Start(ctx, s.Config())
				}
				return c, err
			}
		}, "Start of n1 has not returned"},
	}
	for name, test := range tests { // order does not matter: each has worlds of its own
		t.Run(name, func(t *testing.T) {
			p := counters()
			test.change(&p)
			f := find(t, calm, p)
			if f.Cohort || !strings.Contains(f.What, test.what) {
				t.Errorf("found %q, Cohort's fault %t, want %q", f.What, f.Cohort, test.what)
			}
			text := f.String()
			for _, want := range []string{"seed 1: ", f.Log[len(f.Log)-1], "go test -run '^TestWhatFails$/^", "-cohort.seed=1"} {
				if !strings.Contains(text, want) {
					t.Errorf("the report lacks %q:\n%s", want, text)
				}
			}
			if err := f.WriteTrace(io.Discard); err != nil {
				t.Error(err)
			}
		})
	}
}

// reading casts, and reads with no message between.
func reading(ctx context.Context, s *cohorttest.Site, c *counter) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if s.Rand().IntN(2) == 0 {
		s.Logf("cast: %v", c.group.Cast(ctx, cohort.Total, add, cohort.Message{"n": 1}, cohort.Safe()))
		return
	}
	n := int64(0)
	err := c.group.Read(ctx, func() { n = c.state.N })
	s.Logf("read %d: %v", n, err)
}

// ticking is a program with goroutines and timers of its own.
func ticking(ctx context.Context, s *cohorttest.Site) (*counter, error) {
	c, err := start(ctx, s)
	if err != nil {
		return nil, err
	}
	go func() {
		for tick := time.NewTicker(time.Second); ; {
			select {
			case <-tick.C:
				s.Logf("tick %s: %v", time.Now().Format(".000"), c.group.Cast(ctx, cohort.Total, add, cohort.Message{"n": 1}))
			case <-ctx.Done():
				tick.Stop()
				return
			}
		}
	}()
	return c, nil
}

func TestProgramsMayHaveTimers(t *testing.T) {
	p := counters()
	p.Start = ticking
	cohorttest.Run(t, cohorttest.Options{Seeds: 5, Sites: 3, Faults: cohorttest.Crashes}, func() cohorttest.Program[*counter] { return p })
	p.Check = func([]*counter) error { return errors.New("so far") }
	if f := find(t, cohorttest.Options{Sites: 3}, p); !strings.Contains(strings.Join(f.Log, "\n"), "tick .") {
		t.Error("no tick was seen")
	}
}

func TestFaultsAreNamed(t *testing.T) {
	for f, want := range map[cohorttest.Faults]string{ // order does not matter: each is looked at alone
		0: "calm", cohorttest.Crashes | cohorttest.Slow: "crashes+slow", cohorttest.All: "crashes+pauses+partitions+breaks+slow",
	} {
		if got := f.String(); got != want {
			t.Errorf("%d is %q, want %q", uint(f), got, want)
		}
	}
}

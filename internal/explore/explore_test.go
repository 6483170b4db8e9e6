package explore

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
)

func explore(t *testing.T, w World, o Options) Result {
	t.Helper()
	r, err := Explore(t.Context(), &w, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The quick worlds are searched through and through, and nothing is wrong.
func TestQuickWorlds(t *testing.T) {
	for _, w := range Quick() {
		t.Run(w.Name, func(t *testing.T) {
			r := explore(t, w, Options{})
			if !r.Complete {
				t.Errorf("the search is not complete after %d states", r.States)
			}
			for _, f := range r.Failures {
				t.Errorf("%s: %s", f.Property, f.Text)
				for _, line := range f.Trail {
					t.Log("  " + line)
				}
			}
			if r.States < 1000 || r.Runs < 10 || r.Moves < r.States {
				t.Errorf("it is too small a world: %+v", r)
			}
			t.Logf("%d states, %d moves, %d ends, %d states of sites", r.States, r.Moves, r.Runs, r.Sites)
		})
	}
}

// The beginning of every other world is sound as well: that none of them is broken
// by what was built since somebody searched it through.
func TestOtherWorldsBegin(t *testing.T) {
	for _, w := range Worlds()[len(Quick()):] {
		t.Run(w.Name, func(t *testing.T) {
			r := explore(t, w, Options{States: 1500})
			for _, f := range r.Failures {
				t.Errorf("%s: %s\n  %s", f.Property, f.Text, strings.Join(f.Trail, "\n  "))
			}
			if r.Runs < 2 {
				t.Errorf("nothing was judged: %+v", r)
			}
		})
	}
}

// A world in which sites are told of crashes that were none breaks M15 by itself;
// no other does.
func TestWhoLies(t *testing.T) {
	for _, w := range Worlds() {
		if want := strings.HasPrefix(w.Name, "wrong"); w.lies() != want {
			t.Errorf("%s lies: %v, want %v", w.Name, w.lies(), want)
		}
	}
}

// A world that is counted by hand: two members that cast once each. A site has
// done nothing, cast, been delivered, or both in one of two orders; of the 25 pairs
// of these 13 make sense, for nothing is delivered that was not cast. In the end
// one was first, or the other, or the casts crossed.
func TestSmallestWorld(t *testing.T) {
	w := World{Sites: 2, Groups: [][]int{{1, 2}}, Acts: [][]Act{{casts(msg.FIFO)}, {casts(msg.FIFO)}}}
	r := explore(t, w, Options{})
	if r.States != 13 || r.Runs != 3 {
		t.Errorf("%d states and %d ends, want 13 and 3", r.States, r.Runs)
	}
}

// Two searches of one world find the same.
func TestSearchIsDeterministic(t *testing.T) {
	w, ok := Named("crash")
	if !ok {
		t.Fatal("no world is called crash")
	}
	a, b := explore(t, w, Options{}), explore(t, w, Options{})
	if a.States != b.States || a.Moves != b.Moves || a.Runs != b.Runs || a.Sites != b.Sites || a.Steps != b.Steps {
		t.Errorf("%+v, and then %+v", a, b)
	}
}

func TestBounds(t *testing.T) {
	w, _ := Named("crash")
	if r := explore(t, w, Options{States: 100}); r.Complete || r.States != 100 {
		t.Errorf("%d states, complete: %v, want 100 and not", r.States, r.Complete)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := Explore(ctx, &w, Options{})
	if err != nil || r.Complete {
		t.Errorf("a cancelled search: %+v, %v", r, err)
	}
	if _, err := Explore(t.Context(), &World{Sites: maxSites + 1}, Options{}); err == nil {
		t.Error("a world of too many sites is explored")
	}
}

// A machine made again from its inputs is in the state it was known to be in.
func TestMachinesAreMadeAgain(t *testing.T) {
	w, _ := Named("join")
	s := &Search{w: &w, fr: newFrames(), seen: map[sum]struct{}{}, ctx: t.Context(), o: Options{States: 2000}}
	s.locals = newLocals(&w, s.fr)
	first, err := s.prepare()
	if err != nil {
		t.Fatal(err)
	}
	s.r.Complete = true
	s.visit(first)
	n := 0
	for key, l := range s.locals.byKey {
		l.machine = nil
		if got := s.locals.keyOf(l, l.take(s.locals)); got != key {
			t.Fatalf("a state of site %d made again is another one", l.index+1)
		}
		n++
	}
	if n < 50 || s.locals.remade < n {
		t.Errorf("only %d states, %d made again", n, s.locals.remade)
	}
}

func TestCatalog(t *testing.T) {
	var names []string
	for _, w := range Worlds() {
		if w.Name == "" || w.About == "" || slices.Contains(names, w.Name) || len(w.Acts) != w.Sites {
			t.Errorf("world %q: a name of its own, a sentence and acts for each site are wanted", w.Name)
		}
		names = append(names, w.Name)
	}
	if _, ok := Named("nowhere"); ok {
		t.Error("there is a world called nowhere")
	}
}

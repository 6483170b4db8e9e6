package spacetime

import (
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// many is a run of four processes with 60 changes of views, a crash of b after
// the 30th, which the view after next tells.
func many(s *script) (at int64) {
	a, b := s.start(0, 1, "a"), s.start(0, 2, "b")
	c, d := s.start(0, 3, "c"), s.start(0, 4, "d")
	for i := range 60 {
		now := int64(10*(i+1)) * ms
		switch {
		case i == 30:
			at = now
			s.crash(at, b)
			s.install(now+ms, a, b, c, d)
		case i > 31:
			s.install(now, a, c, d)
		default:
			s.install(now, a, b, c, d)
		}
	}
	return at
}

func TestFocus(t *testing.T) {
	s := newScript("stock")
	at := many(s)
	from, to, what := Focus(s.records, "stock")
	if what != "the crash of b" {
		t.Errorf("focus on %q", what)
	}
	if from < at-60*ms || from > at-20*ms || to < at+50*ms || to > at+120*ms {
		t.Errorf("the crash is at %d ms, the window from %d to %d ms", at/ms, from/ms, to/ms)
	}
	d := draw(t, s.records, Options{From: from, To: to})
	d.want(t, map[string]int{"crash": 1})
	if _, _, what := Focus(figure1(), ""); what != "" {
		t.Errorf("a short run: %q", what)
	}
	if _, _, what := Focus(s.records, "bonds"); what != "" {
		t.Errorf("a group that there is not: %q", what)
	}
}

// Without any end there is nothing to look at but the beginning; a pause ends
// the window.
func TestFocusOnTheBeginning(t *testing.T) {
	s := newScript("stock")
	a, b := s.start(0, 1, "a"), s.start(0, 2, "b")
	for i := range 60 {
		now := int64(i+1) * ms
		if i > 5 {
			now += 1000 * ms
		}
		s.install(now, a, b)
	}
	_, to, what := Focus(s.records, "")
	if what != "the beginning" || to > 100*ms {
		t.Errorf("focus on %q up to %d ms", what, to/ms)
	}
}

// A killed process writes no crash, and lacks its last facts. The others tell.
func TestKilledProcess(t *testing.T) {
	s := newScript("stock")
	a, b := s.start(0, 1, "a"), s.start(0, 2, "b")
	s.install(10*ms, a, b)
	s.install(20*ms, a, b)
	killed := func(evidence string, last int64) *drawing {
		records := slices.DeleteFunc(slices.Clone(s.records), func(r trace.Record) bool {
			return r.Site == b.Site() && r.Time > last
		})
		removed := fact.SiteView{
			Seq: 3, Members: []fact.Member{{Site: a.Site(), Name: "a"}},
			Removed: []fact.Removal{{Site: b.Site(), Evidence: evidence}},
		}
		return draw(t, append(records, trace.Record{Time: 30 * ms, Site: a.Site(), Fact: removed}), Options{})
	}
	for _, last := range []int64{5 * ms, 25 * ms} {
		killed("crash", last).want(t, map[string]int{"crash": 1, "life": 2})
	}
	killed("left", 25*ms).want(t, map[string]int{"crash": 0})

	o := newRoster(append(s.records, trace.Record{Time: 30 * ms, Site: 1, Fact: fact.SiteView{
		Removed: []fact.Removal{{Site: 2, Evidence: "timeout"}},
	}}), func(id.Address) bool { return true }, true)
	if l := o.lives[2]; l.end != crashed || l.to < 20*ms || l.to > 22*ms {
		t.Errorf("a life that %v at %d ms", l.end, l.to/ms)
	}
}

func TestByNumber(t *testing.T) {
	want := []string{"", "a", "n1", "n2", "n2.1", "n002.3", "n10", "n10a", "o"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, byNumber)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// What nobody does, as the end of the faults, is on no timeline.
func TestNobodyHasNoTimeline(t *testing.T) {
	d := draw(t, append(figure1(), trace.Record{Time: 80 * ms, Fact: fact.Quiet{}}), Options{})
	d.want(t, map[string]int{"life": 5, "quiet": 2})
	if slices.Contains(d.text, "0") && slices.Contains(d.text, "0, site 0") {
		t.Error("site 0 has a timeline")
	}
}

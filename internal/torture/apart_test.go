package torture

import (
	"fmt"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/crew"
)

// seedOf is a seed of which the first round is apart, or not.
func seedOf(apart bool) (seed uint64) {
	for isApart(seed, 0) != apart {
		seed++
	}
	return seed
}

// One round of each two is apart, the first as often as the second.
func TestIsApart(t *testing.T) {
	const seeds = 1000
	for number := 0; number < 10; number += 2 {
		first := 0
		for seed := range uint64(seeds) {
			a, b := isApart(seed, number), isApart(seed, number+1)
			if a == b {
				t.Fatalf("seed %d: rounds %d and %d both: %v", seed, number, number+1, a)
			}
			if a {
				first++
			}
		}
		if first < seeds*4/10 || first > seeds*6/10 {
			t.Errorf("round %d is apart with %d of %d seeds", number, first, seeds)
		}
	}
}

// resting is a round in which n members are well, in views of all of them.
func resting(n int, apart bool) *round {
	r := &round{o: Options{Sites: n}, apart: apart}
	var all []cohort.Address
	for i := range n {
		all = append(all, cohort.Address(i+1))
	}
	for i := range n {
		s := &slot{
			name: fmt.Sprintf("m%d", i+1), proc: &crew.Process{}, joined: true, address: all[i],
			heard: time.Now().Add(time.Hour), // a slow test makes nobody silent
		}
		for range groups {
			s.views = append(s.views, viewed{Number: 9, Members: all, Ready: all})
		}
		r.slots = append(r.slots, s)
	}
	r.slots = append(r.slots, &slot{name: "c1", kind: client, proc: &crew.Process{}})
	return r
}

func TestSurvives(t *testing.T) {
	long, moment := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, c := range []struct {
		what   string
		change func(m []*slot)
		kill   []int
		want   bool
	}{
		{"all are well", func([]*slot) {}, []int{0, 1}, true},
		{"too many at once", func([]*slot) {}, []int{0, 1, 2}, false},
		{"one was out of touch long ago", func(m []*slot) { m[4].mended = long }, []int{0, 1}, true},
		{"one was just out of touch", func(m []*slot) { m[4].mended = moment }, []int{0, 1}, false},
		{"the same, and one dies", func(m []*slot) { m[4].mended = moment }, []int{0}, true},
		{"one has bad links with the first", func(m []*slot) { m[0].foul, m[4].near = 1, 1 }, []int{0, 1}, false},
		{"one is stopped", func(m []*slot) { m[4].paused = true }, []int{0, 1}, false},
		{"who is stopped dies", func(m []*slot) { m[4].paused = true }, []int{3, 4}, true},
		{"one was killed before", func(m []*slot) { m[0].killed = true }, []int{1, 2}, false},
		{"another one takes its place and is not in yet", func(m []*slot) { m[0].address = 0 }, []int{1, 2}, false},
		{"one has not the newest view", func(m []*slot) { m[4].views = nil }, []int{0, 1}, false},
		{"a client dies", func(m []*slot) { m[0].killed, m[1].killed, m[2].killed = true, true, true }, []int{5}, true},
	} {
		for _, apart := range []bool{true, false} {
			r := resting(5, apart)
			c.change(r.slots)
			var victims []*slot
			for _, i := range c.kill {
				victims = append(victims, r.slots[i])
			}
			// On one machine the votes of the dead pass.
			if got := r.survives(victims); got != (c.want || !apart) {
				t.Errorf("%s, apart %v: %v", c.what, apart, got)
			}
		}
	}
}

// Silent links with some others make these unsteady too, for a while.
func TestNear(t *testing.T) {
	r := resting(3, true)
	r.story, r.o.Story = t.Output(), t.Output()
	r.net = NewNetwork(1)
	defer r.net.Close()
	m := r.slots
	w := &weather{victims: m[:1], peers: m[1:2], out: true, link: Link{Blocked: true}}
	r.strike(w, time.Hour, nil)
	if m[0].well() || m[1].steady() || !m[2].steady() || !m[1].well() {
		t.Errorf("struck: %+v", m)
	}
	r.clear(w)
	if m[0].foul != 0 || m[1].near != 0 || m[0].steady() || m[1].steady() || !m[2].steady() || !m[0].well() {
		t.Errorf("mended: %+v", m)
	}
	for _, short := range []*weather{
		{victims: m[2:3], link: Link{Blocked: true}}, {victims: m[2:3], link: Link{Delay: time.Millisecond}}, {victims: m[2:3], link: Link{Loss: 0.2}},
	} {
		r.strike(short, suspicious/2, nil)
		if r.clear(short); !m[2].steady() {
			t.Errorf("a moment of %v: %+v", short.link, m[2])
		}
	}
	m[1].mended = m[1].mended.Add(-steadyAfter)
	if !m[1].steady() {
		t.Errorf("%v later: %+v", steadyAfter, m[1])
	}
}

package cut

import (
	"fmt"
	"strings"
)

// plain forgets what can matter no more: what the dead have been told, and what
// was said in attempts that all who live have gone beyond.
func (c Config) plain(s State) State {
	for p := range s.procs {
		if s.down.Has(p) {
			s.procs[p].took, s.procs[p].acked = 0, 0
		}
	}
	for a := 2; a <= int(s.decided); a++ {
		open := false
		for p := range c.procs() {
			me := &s.procs[p]
			open = open || s.up(p) && int(me.applied) <= a && int(me.at) < a
		}
		if !open && c.Broken != ObeyNewest && c.Broken != OneAttempt {
			x := &s.tries[a]
			*x = attempt{of: x.of, counts: x.counts, movers: x.movers, installed: x.installed, finish: x.finish}
		}
	}
	return s
}

// show draws a state: the views, and each process with what it holds, the view
// it is in and the one it has learnt of.
func show(s State) string {
	var b strings.Builder
	for v := 1; v <= int(s.decided); v++ {
		fmt.Fprintf(&b, "view %d %v  ", v, s.views[v])
	}
	for p := range s.procs {
		me := &s.procs[p]
		if me.applied == 0 {
			continue
		}
		fmt.Fprintf(&b, "| %d in %d knows %d holds", p, me.at, me.applied)
		for v := 1; v <= int(s.decided); v++ {
			fmt.Fprintf(&b, " ")
			s.views[v].Each(func(x int) { fmt.Fprintf(&b, "%d", me.held[v].of(x)) })
		}
		if s.down.Has(p) {
			b.WriteString(" down")
		}
		b.WriteString(" ")
	}
	return b.String()
}

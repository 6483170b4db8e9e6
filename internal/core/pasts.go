package core

import (
	"cmp"
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// pasts are those of the site's processes (causality.go), and when the next question is
// due. Nobody tells the core that a process has ended, as that of a client session does:
// so the past of one is dropped when it says no more than that of a process which begins.
type pasts struct {
	list     []*past
	byProc   map[id.Address]*past
	asking   []*past // that carry something of groups, in the order of their making
	doubtful []*past // something of them has ended in this step
	at       effect.Time
	released bool   // what some had put off may go on
	made     uint64 // how many pasts there have been

	// What the pasts that were dropped had come to. A process that begins may be one of
	// theirs going on, and goes on from here.
	clock, casts, lists uint64
}

func newPasts() pasts { return pasts{byProc: map[id.Address]*past{}} }

// of returns the past of proc.
func (ps *pasts) of(proc id.Address) *past {
	p := ps.byProc[proc]
	if p != nil {
		return p
	}
	ps.made++
	p = &past{proc: proc, number: ps.made, clock: ps.clock, program: program{casts: ps.casts}}
	if ps.lists > 0 {
		p.deps = []msg.Dep{{View: ps.lists}}
	}
	ps.list, ps.byProc[proc] = append(ps.list, p), p
	ps.doubt(p)
	return p
}

// asks notes that p carries something of groups.
func (ps *pasts) asks(p *past) {
	if p.asks {
		return
	}
	p.asks = true
	i, _ := slices.BinarySearchFunc(ps.asking, p, func(a, b *past) int { return cmp.Compare(a.number, b.number) })
	ps.asking = slices.Insert(ps.asking, i, p)
}

// doubt notes that p may be of no use any more.
func (ps *pasts) doubt(p *past) {
	if !p.doubted {
		p.doubted = true
		ps.doubtful = append(ps.doubtful, p)
	}
}

// idle reports whether p holds nothing but numbers.
func (p *past) idle() bool {
	return p.members == 0 && len(p.callers)+len(p.ahead)+len(p.answers)+len(p.unseen) == 0 && !p.asks
}

// drop drops, at the end of a step, what is of no use any more.
func (ps *pasts) drop() {
	if len(ps.doubtful) == 0 {
		return
	}
	some := false
	for _, p := range ps.doubtful {
		if p.doubted = false; !p.idle() || ps.byProc[p.proc] != p {
			continue
		}
		some = true
		delete(ps.byProc, p.proc)
		ps.clock, ps.casts = max(ps.clock, p.clock), max(ps.casts, p.casts)
		if len(p.deps) > 0 {
			ps.lists = max(ps.lists, p.deps[0].View)
		}
	}
	clear(ps.doubtful)
	ps.doubtful = ps.doubtful[:0]
	if some {
		ps.list = slices.DeleteFunc(ps.list, func(p *past) bool { return ps.byProc[p.proc] != p })
	}
}

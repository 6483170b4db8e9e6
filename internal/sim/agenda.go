package sim

import "github.com/cohortkit/cohort/internal/core/effect"

// deed is something that will happen: a site that wakes, or anything else.
type deed struct {
	at     effect.Time
	serial uint64
	wakes  *site // half of all deeds: these need no closure
	do     func()
	aside  bool // not an event of its own: it carries out what is recorded as a deed
}

func (d *deed) happen() {
	if d.wakes != nil {
		d.wakes.wake(d.at)
		return
	}
	d.do()
}

func (d *deed) before(o *deed) bool {
	return d.at < o.at || (d.at == o.at && d.serial < o.serial)
}

// agenda is what will happen, a heap by time and then by serial number. It is
// written out because it is the simulator's hottest path.
type agenda []deed

func (a *agenda) push(d deed) {
	h := append(*a, d)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !d.before(&h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = d
	*a = h
}

// pop takes the first deed off an agenda that is not empty.
func (a *agenda) pop() deed {
	h := *a
	first, last := h[0], h[len(h)-1]
	h[len(h)-1] = deed{}
	h = h[:len(h)-1]
	*a = h
	if len(h) == 0 {
		return first
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1].before(&h[down]) {
			down++
		}
		if !h[down].before(&last) {
			break
		}
		h[i] = h[down]
		i = down
	}
	h[i] = last
	return first
}

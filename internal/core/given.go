package core

import (
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What our program was given, and what of it counts as used.

// handed is what the program was given and has not used. A marker (item false)
// is used with what stands before it.
type handed struct {
	from id.Address // who sent it
	view uint64
	rank int
	last uint64
	item bool
	free bool // counted as used when it was kept back, or we were set aside
	size int  // bytes
	kept bool // in keeps until it is used
}

// hand gives casts to the program, or keeps them back while it has no state.
func (m *member) hand(i Casts, h handed) {
	i.Since = m.joined
	if m.fed != nil { // what the donor had before us may reach us after the state
		m.release(m.fed, i, h)
		return
	}
	if m.loading == nil {
		m.s.item(i)
		if m.aside {
			m.excuse(&h)
		}
		m.give(h)
		return
	}
	m.keeps += i.Run.Size()
	if h.free = m.keeps <= flow.JoinBacklog; h.free {
		m.countUsed(h)
	} else if m.overfull == 0 {
		m.overfull = h.view
	}
	m.backlog = append(m.backlog, backlogged{item: i, handed: h})
}

// give notes what the program is given.
func (m *member) give(h handed) {
	m.handed = append(m.handed, h)
	if m.cur != nil && h.view == m.cur.view.Index {
		m.cur.given[h.rank]++
	}
}

// used notes that the program has handled so many items.
func (m *member) used(items int) {
	n := 0
	for n < len(m.handed) && (items > 0 || !m.handed[n].item) {
		if h := m.handed[n]; h.item {
			items--
		}
		if m.handed[n].kept {
			m.keeps -= m.handed[n].size
		}
		if h := m.handed[n]; m.cur != nil && h.view == m.cur.view.Index {
			m.cur.given[h.rank]--
			if h.item { // a marker may overtake what is kept back
				m.cur.handled[h.rank] = max(m.cur.handled[h.rank], h.last)
			}
		}
		if !m.handed[n].free {
			m.countUsed(m.handed[n])
		}
		n++
	}
	m.handed = fifo.Drop(m.handed, n)
}

func (m *member) countUsed(h handed) {
	c := m.cur
	if c != nil && h.view < c.view.Index && h.from != m.proc {
		m.untold += h.size
	}
	if c == nil || h.view != c.view.Index || h.last <= c.used[h.rank] {
		return
	}
	c.used[h.rank] = h.last
	c.usedNews = true
	if h.rank != c.rank {
		c.unsaid += h.size
	}
}

// noteUsed enters into the matrix what our own program has used: of a stream of
// which it was given nothing more, all that was delivered, order records too.
func (m *member) noteUsed(c *installed) {
	if m.loading == nil && len(m.ending) == 0 {
		for rank, n := range c.queue.Done() {
			if c.given[rank] == 0 {
				c.used[rank] = max(c.used[rank], n)
			}
		}
	}
	c.stable.Used(c.rank, c.used)
	c.stable.Clear(c.rank, m.usedViews())
}

// usedSilently reports whether anything counts as used that was not entered yet, though
// our program has not said so: order records do when they are delivered, and what is
// behind the last that the program was given does with that.
func (m *member) usedSilently(c *installed) bool {
	if m.loading != nil || len(m.ending) > 0 {
		return false
	}
	for rank, n := range c.queue.Done() {
		if c.given[rank] == 0 && c.used[rank] < n {
			return true
		}
	}
	return false
}

// usedViews is the newest of the earlier views of which, and of those before it, the
// program has used all, or that is kept back for it as far as a joiner may.
func (m *member) usedViews() uint64 {
	upto := m.cur.view.Index - 1
	if m.cur.cleared == upto {
		return upto
	}
	if len(m.ending) > 0 {
		upto = m.ending[0].view.Index - 1
	}
	if m.overfull != 0 {
		upto = min(upto, m.overfull-1)
	}
	for _, h := range m.handed {
		if h.view > upto {
			break
		}
		if !h.kept {
			return h.view - 1
		}
	}
	return upto
}

package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/core/xfer"
)

// backlogged is a part of the stream kept back until the state is in.
type backlogged struct {
	item   Item
	handed handed
}

func (m *member) startLoading() { m.loading = &xfer.Joiner{} }

// handView gives a view to the program, or keeps it back with the rest.
func (m *member) handView(i Viewed) {
	if m.fed != nil {
		if i.View.Index < m.fed.Begun.View {
			return
		}
		if i.View.Index > m.fed.Begun.View {
			m.fed = nil
		}
	}
	if m.loading == nil {
		m.s.item(i)
		return
	}
	m.backlog = append(m.backlog, backlogged{item: i})
}

// turnTransfers brings state transfer up to a new view: a joiner turns to
// another donor if its own is gone, a donor drops joiners that are.
func (m *member) turnTransfers(v *view.Group) {
	m.donors = slices.DeleteFunc(m.donors, func(d *xfer.Donor) bool {
		if r := v.Rank(d.Joiner); r >= 0 && !v.Members[r].Ready {
			return false
		}
		m.s.item(CaptureRoom{Proc: m.proc, Group: m.group, Joiner: d.Joiner, Xfer: d.Xfer, Stop: true})
		return true
	})
	if j := m.loading; j != nil {
		if j.Ended || v.Carries(j.Donor) && v.Members[v.Rank(j.Donor.Proc)].Ready {
			return
		}
		m.askState(v)
	}
}

// openBulk opens the bulk lane to those who will ask us for the state in v. It takes
// some round trips, as the change to v does, and under load each of them waits.
func (m *member) openBulk(v *view.Group) {
	if d := v.Donor(); d < 0 || v.Members[d].Proc != m.proc {
		return
	}
	for _, gm := range v.Members {
		if p := m.s.peers.bySite[gm.Proc.Site()]; p != nil && !gm.Ready {
			m.s.dial(p, msg.LaneBulk)
		}
	}
}

// askState turns to a donor, or to the next one.
func (m *member) askState(v *view.Group) {
	donor := v.Members[v.Donor()]
	m.s.fx.Control(donor.Proc.Site(), m.loading.Ask(v, m.proc, donor))
}

// transfer handles the messages of state transfer.
func (m *member) transfer(x msg.Message) {
	switch x := x.(type) {
	case *msg.XferAsk:
		if x.Donor != m.proc {
			return // to another member at this site
		}
		if c := m.inView(x.View, x); c != nil || (m.cur != nil && m.cur.view.Index > x.View) {
			m.donate(x)
		}
	case *msg.XferCredit:
		if d := m.donor(x.Joiner, x.Xfer); d != nil && d.Credit(x.Upto) {
			m.s.out.Returns = append(m.s.out.Returns, d.Read(m.s.breaks)...)
			m.s.item(CaptureRoom{Proc: m.proc, Group: m.group, Joiner: d.Joiner, Xfer: d.Xfer, Upto: d.Upto()})
		}
	case *msg.XferBegin:
		if m.loading != nil && x.Joiner == m.proc && m.loading.Begin(x) {
			m.s.item(Restore{Proc: m.proc, Group: m.group, Xfer: x.Xfer})
		}
	case *msg.XferBlock:
		if m.loading != nil && x.Joiner == m.proc && m.loading.Block(x) {
			m.s.item(RestoreBlock{Proc: m.proc, Group: m.group, Xfer: x.Xfer, Bytes: x.Bytes, Loan: x.Loan})
		}
	case *msg.XferReplies:
		if j := m.loading; j != nil && x.Joiner == m.proc && j.Xfer == x.Xfer && j.Begun != nil {
			j.Replies = append(j.Replies, x.Sessions...)
		}
	case *msg.XferEnd:
		if m.loading != nil && x.Joiner == m.proc && m.loading.End(x) {
			m.s.item(RestoreEnd{Proc: m.proc, Group: m.group, Xfer: x.Xfer, Err: x.Err})
		}
	}
}

func (m *member) donor(joiner id.Address, number uint64) *xfer.Donor {
	for _, d := range m.donors {
		if d.Joiner == joiner && d.Xfer == number {
			return d
		}
	}
	return nil
}

// donate captures the state for a joiner at this very point of our stream:
// what was handed to the program before is in it, what comes later is not.
func (m *member) donate(x *msg.XferAsk) {
	if len(m.ending) > 0 { // the state has to include what is still to come
		m.asks = append(m.asks, x)
		return
	}
	c := m.cur
	r := c.view.Rank(x.Joiner)
	if m.loading != nil || r < 0 || c.view.Members[r].Ready || !c.view.Members[c.rank].Ready {
		return
	}
	m.donors = slices.DeleteFunc(m.donors, func(d *xfer.Donor) bool {
		if d.Joiner != x.Joiner {
			return false
		}
		m.s.item(CaptureRoom{Proc: m.proc, Group: m.group, Joiner: d.Joiner, Xfer: d.Xfer, Stop: true})
		return true
	})
	d := xfer.NewDonor(x)
	d.Marks = m.clients.Marks()
	m.donors = append(m.donors, d)
	counts := c.queue.Done().Clone()
	m.s.fx.Fact(fact.Snapshot{Proc: m.proc, Group: m.group, View: c.view.Index, To: x.Joiner, Xfer: x.Xfer, Counts: counts})
	m.s.item(Capture{Proc: m.proc, Group: m.group, Joiner: x.Joiner, Xfer: x.Xfer, Upto: d.Upto()})
	m.s.fx.Bulk(x.Joiner.Site(), &msg.XferBegin{
		Group: m.group, Joiner: x.Joiner, Donor: m.proc, Xfer: x.Xfer, View: c.view.Index, Counts: counts,
	})
}

// stateBlock sends the next piece of the state our program captured.
func (m *member) stateBlock(ev StateBlock) {
	d := m.donor(ev.Joiner, ev.Xfer)
	if d == nil {
		return
	}
	if len(ev.Bytes) > 0 {
		m.s.fx.Bulk(ev.Joiner.Site(), d.Block(m.group, ev.Bytes))
		if ev.Loan != nil {
			d.Lend(ev.Loan, m.s.breaks)
		}
	}
	if ev.Last || ev.Err != "" {
		m.sendReplies(d)
		m.s.fx.Bulk(ev.Joiner.Site(), d.End(m.group, ev.Err))
	}
}

// stateRead grants the donor credit for what our program has read.
func (m *member) stateRead(ev StateRead) {
	j := m.loading
	if j == nil || j.Xfer != ev.Xfer {
		return
	}
	if upto := j.Used(ev.Bytes); upto > 0 {
		m.s.fx.Control(j.Donor.Proc.Site(), &msg.XferCredit{Group: m.group, Joiner: m.proc, Xfer: j.Xfer, Upto: upto})
	}
}

// restored notes that the program holds the state. That ends the transfer once
// we have been delivered what the state covers.
func (m *member) restored(ev Restored) {
	j := m.loading
	if j == nil || j.Xfer != ev.Xfer || j.Begun == nil {
		return
	}
	if ev.Err != "" {
		m.unloaded, m.wanted, m.leaving, m.asked = true, true, true, true
		m.gate.Close()
		m.s.requests.add(msg.Op{Kind: msg.OpLeave, Proc: m.proc, Group: m.group, Index: m.joined})
		return
	}
	j.Restored = true
}

// checkState ends the transfer when its state is sound, and asks for another
// when it holds what the group has lost.
func (m *member) checkState(c *installed) {
	j := m.loading
	if j == nil {
		return
	}
	sound, lost := j.Sound(c.view.Index, c.queue.Done())
	switch {
	case lost:
		m.askState(c.view)
	case sound && j.Restored:
		m.loaded(j)
	}
}

// loaded ends the transfer: what the state covers is dropped, the rest of the
// stream goes to the program, and the log hears that we are ready.
func (m *member) loaded(j *xfer.Joiner) {
	m.s.fx.Fact(fact.Loaded{Proc: m.proc, Group: m.group, View: j.Begun.View, From: j.Donor.Proc, Xfer: j.Xfer, Counts: j.Begun.Counts})
	m.clients.Learn(j.Replies)
	m.loading, m.fed = nil, j
	for _, b := range m.backlog {
		switch i := b.item.(type) {
		case Viewed:
			m.handView(i)
		case Casts:
			m.hand(i, b.handed)
		case nil:
			m.give(b.handed)
			m.used(0)
		}
	}
	m.backlog, m.keeps, m.overfull = nil, 0, 0
	m.ready()
}

// release hands over casts that were kept back, but for what the state covers.
func (m *member) release(j *xfer.Joiner, i Casts, h handed) {
	if j.Covers(i.View, i.Rank, i.Run.Last()) {
		if !h.free {
			h.item = false
			m.give(h) // in turn with what was handed before
			m.used(0)
		}
		return
	}
	if i.View == j.Begun.View && i.Rank < len(j.Begun.Counts) {
		if n := j.Begun.Counts[i.Rank]; n >= i.Run.First {
			_, i.Run = i.Run.Cut(uint32(n - i.Run.First + 1))
		}
	}
	m.s.item(i)
	m.give(h)
}

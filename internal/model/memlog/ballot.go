package memlog

import "github.com/cohortkit/cohort/internal/model"

// bid opens a ballot of p above what it has promised, or lets p lead when a
// quorum has promised it. The first ballot needs no bid.
func (c Config) bid(s State, p int, view model.Set, seq int, out *model.Steps[State]) {
	me := &s.sites[p]
	if c.Votes[p] == 0 {
		return
	}
	if round := roundOf(int(me.promised)) + 1; round <= c.Rounds && c.Takeover.Has(p) {
		t := s
		b := ballotOf(round, p)
		x := &t.sites[p]
		x.promised, x.ballot, x.leading, x.heard = uint8(b), uint8(b+1), false, 0
		t.views[seq].promises[b] = model.Of(p)
		out.May(t, "bid", p, b)
	}
	if me.ballot > 0 && !me.leading {
		b := int(me.ballot) - 1
		said := s.views[seq].promises[b]
		for heard := said; heard != 0; heard = (heard - 1) & said {
			if int(me.promised) == b && heard.Has(p) && c.quorum(view, heard) {
				me.leading, me.heard = true, heard
				out.May(s, "lead", p, b, int(heard))
			}
		}
	}
}

// leads is the ballot at which p leads. The oldest voter leads at the first
// unless it has promised more.
func (c Config) leads(s *State, p int, view model.Set) (ballot int, ok bool) {
	me := &s.sites[p]
	if me.leading {
		return int(me.ballot) - 1, true
	}
	return 0, me.promised == 0 && p == c.oldest(view)
}

// propose lets the leader p propose for the entry after its last, and accept
// that itself.
func (c Config) propose(s State, p int, view model.Set, seq int, out *model.Steps[State]) {
	b, ok := c.leads(&s, p, view)
	if !ok || s.sites[p].promised != uint8(b) {
		return
	}
	i := int(s.sites[p].index)
	h := &s.views[seq]
	if h.proposals[b][i] != 0 && c.Broken != OncePer {
		return
	}
	found := accepted(h, s.sites[p].heard, b, i)
	if found == 0 || c.Broken == Adopt {
		for _, e := range c.wishes(p, view) {
			c.put(s, p, seq, b, e, out)
		}
		return
	}
	c.put(s, p, seq, b, found, out)
	if c.Broken == Unchanged {
		for _, e := range c.wishes(p, view) {
			if e.changesView() && found.changesView() {
				c.put(s, p, seq, b, found|e, out)
			}
		}
	}
}

// put proposes e. A ballot that is used twice for an entry overwrites what was
// said in it; if that was decided the log remembers.
func (c Config) put(s State, p, seq, b int, e entry, out *model.Steps[State]) {
	i := int(s.sites[p].index)
	h := &s.views[seq]
	view, _ := c.view(&s, i)
	if old := h.proposals[b][i]; old != 0 && c.quorum(view, h.accepts[b][i]) {
		s.log[i] = old
	}
	h.proposals[b][i] = e
	h.accepts[b][i] = model.Of(p)
	out.May(s, "propose "+e.String(), p, b, i+1)
}

// accepted is what those in who, when they promised b, had accepted for entry i
// at the highest ballot.
func accepted(h *history, who model.Set, b, i int) entry {
	for a := b - 1; a >= 0; a-- {
		if h.accepts[a][i]&who != 0 {
			return h.proposals[a][i]
		}
	}
	return 0
}

// wishes are the entries that p may propose of its own in view.
func (c Config) wishes(p int, view model.Set) (list []entry) {
	for _, x := range c.Changes {
		if view.Covers(x.Remove) && x.Add&view == 0 {
			list = append(list, change(x.Remove, x.Add))
		}
	}
	if c.Ops {
		list = append(list, operation(p))
	}
	return list
}

// vote lets p promise and accept.
func (c Config) vote(s State, p, seq int, out *model.Steps[State]) {
	me := &s.sites[p]
	h := &s.views[seq]
	if c.Votes[p] == 0 {
		return
	}
	for b := range maxBallots {
		if h.promises[b] != 0 && b > int(me.promised) {
			t := s
			x := &t.sites[p]
			x.promised, x.ballot, x.leading, x.heard = uint8(b), 0, false, 0
			t.views[seq].promises[b] = h.promises[b].With(p)
			out.May(t, "promise", p, b)
		}
		i := int(me.index)
		if i < c.Entries && h.proposals[b][i] != 0 && (b >= int(me.promised) || c.Broken == KeepWord) {
			t := s
			x := &t.sites[p]
			if b > int(me.promised) {
				x.promised, x.ballot, x.leading, x.heard = uint8(b), 0, false, 0
			}
			t.views[seq].accepts[b][i] = h.accepts[b][i].With(p)
			if c.Broken == HaltIfDecided && h.proposals[b][i].remove().Has(p) {
				x.out = true
			}
			out.May(t, "accept", p, b, i+1)
		}
	}
}

// decide lets the leader p apply what a quorum has accepted.
func (c Config) decide(s State, p int, view model.Set, seq int, out *model.Steps[State]) {
	i := int(s.sites[p].index)
	b, ok := c.leads(&s, p, view)
	if !ok {
		return
	}
	e := s.views[seq].proposals[b][i]
	if e == 0 || !c.decided(view, e, s.views[seq].accepts[b][i]) {
		return
	}
	c.apply(&s, p, e)
	out.May(s, "decide", p, b, i+1)
}

// decided reports whether those in who have decided e, in view.
func (c Config) decided(view model.Set, e entry, who model.Set) bool {
	if c.Broken == OldView {
		view = view&^e.remove() | e.add()
	}
	return c.quorum(view, who)
}

// forget takes from the history what p would tell in a promise.
func forget(s *State, p, seq int) {
	h := &s.views[seq]
	for b := range maxBallots {
		h.promises[b] = h.promises[b].Without(p)
		for i := range maxEntries {
			h.accepts[b][i] = h.accepts[b][i].Without(p)
		}
	}
}

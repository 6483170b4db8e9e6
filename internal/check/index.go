package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// index reads all records once.
func index(records []trace.Record, opt Options) *run {
	r := &run{
		records: records, opt: opt, quiet: -1,
		siteOf:   map[id.Site]*site{},
		accepted: map[uint64][]int{}, heirs: map[uint64][]int{}, removed: map[id.Site]removal{},
		memberOf: map[memberKey]*member{}, viewOf: map[viewKey]*groupView{},
		streamOf: map[streamKey]*stream{}, turns: map[viewKey][]int{}, snapshots: map[xferKey][]int{},
		callOf: map[callKey]*call{}, replies: map[replyKey][]int{},
		requests: map[memberKey][]request{}, ledgerOf: map[id.Address]*ledger{},
		sessionOf: map[sessionKey]*clientSession{}, listOf: map[listKey]*listed{},
	}
	seen := map[uint64]bool{} // site views by number
	for i := range records {
		if problem := misfit(&records[i]); problem != "" {
			r.flaws = append(r.flaws, flaw{i, problem})
			continue
		}
		if quiet, ok := records[i].Fact.(fact.Quiet); ok {
			r.setQuiet(i, quiet)
			continue
		}
		s := r.site(records[i].Site)
		if problem := s.unfit(records[i].Fact); problem != "" {
			r.flaws = append(r.flaws, flaw{i, problem})
			if s.end >= 0 {
				continue // the first fact of a site that is no Start is taken as it is
			}
		}
		if v, ok := records[i].Fact.(fact.SiteView); ok && !seen[v.Seq] {
			seen[v.Seq] = true
			r.siteViews = append(r.siteViews, siteView{v, i})
		}
		r.note(s, i)
	}
	slices.SortStableFunc(r.siteViews, func(a, b siteView) int { return compare(a.Seq, b.Seq) })
	r.findRemoved()
	for s := range r.alive { // order does not matter: each site is judged by itself
		if known := r.siteOf[s]; known != nil && known.end >= 0 {
			delete(r.alive, s)
		}
	}
	return r
}

func (r *run) setQuiet(i int, f fact.Quiet) {
	r.quiet, r.alive = i, map[id.Site]bool{}
	for _, s := range f.Alive {
		r.alive[s] = true
	}
}

func (r *run) findRemoved() {
	for i := 1; i < len(r.siteViews); i++ {
		old, now := &r.siteViews[i-1], &r.siteViews[i]
		for _, m := range old.Members {
			if _, before := r.removed[m.Site]; !before && !now.has(m.Site) {
				r.removed[m.Site] = removal{now.Index, now.Seq, now.rec}
			}
		}
	}
}

func (r *run) site(n id.Site) *site {
	s := r.siteOf[n]
	if s == nil {
		s = &site{id: n, stalled: -1, end: -1}
		r.siteOf[n] = s
		r.sites = append(r.sites, s)
	}
	return s
}

// note files one record.
func (r *run) note(s *site, i int) {
	switch f := r.records[i].Fact.(type) {
	case fact.Start:
		s.starts = append(s.starts, i)
		if r.quiet >= 0 { // whoever starts after the faults is there to stay
			r.alive[s.id] = true
		}
	case fact.SiteView:
		s.views = append(s.views, i)
		s.apply(i, f.Index)
	case fact.Applied:
		s.applied = append(s.applied, i)
		s.apply(i, f.Index)
	case fact.Op:
		s.ops = append(s.ops, i)
		r.noteOp(i, f)
	case fact.Accepted:
		r.accepted[f.Index] = append(r.accepted[f.Index], i)
	case fact.Heir:
		r.heirs[f.ViewSeq] = append(r.heirs[f.ViewSeq], i)
	case fact.Suspect:
		s.suspects = append(s.suspects, i)
	case fact.Stall:
		s.stalled = i
	case fact.Resume:
		s.stalled = -1
	case fact.Halt:
		s.end = i
	case fact.Crash:
		s.crashed = true
		if s.end < 0 {
			s.end = i
		}
	case fact.View:
		r.noteView(s, i, f)
	case fact.Send:
		r.noteSend(i, f)
	case fact.Held:
		r.stream(f.Group, f.View, f.Sender).hold(f.Proc, i, f.Upto)
	case fact.Deliver:
		r.noteDeliver(i, f)
	case fact.Sequencer:
		r.noteTurn(i, f)
	default:
		r.noteFlush(i)
		r.noteTool(i)
	}
}

// noteFlush files what happens at the end of a view.
func (r *run) noteFlush(i int) {
	switch f := r.records[i].Fact.(type) {
	case fact.Block:
		if s := r.stayOf(i, f.Proc, f.Group, f.View); s != nil {
			s.flush(i, f.Attempt)
			s.blocks = append(s.blocks, i)
		}
	case fact.FlushOK:
		if s := r.stayOf(i, f.Proc, f.Group, f.View); s != nil {
			s.flush(i, f.Attempt)
		}
	case fact.Cut:
		if s := r.stayOf(i, f.Proc, f.Group, f.View); s != nil {
			s.flush(i, f.Attempt)
			r.noteCut(i, s, f)
		}
	case fact.Drop:
		if s := r.stayOf(i, f.Proc, f.Group, f.View); s != nil {
			if rank, ok := s.view.rank[f.Sender]; ok {
				s.dropped[rank].add(runOf(f.First, f.N))
			}
		}
	case fact.Leave:
		m := r.member(f.Proc, f.Group)
		if m.cur == nil {
			r.outside = append(r.outside, i)
			return
		}
		m.leaves = append(m.leaves, i)
		m.cur.ended, m.cur = i, nil
	}
}

func (r *run) noteCut(i int, s *stay, f fact.Cut) {
	if len(f.Counts) != len(s.view.members) {
		r.flaws = append(r.flaws, flaw{i, "a cut has one count for each member of the view"})
		return
	}
	s.cuts = append(s.cuts, i)
}

// stayOf is the stay a fact of view v belongs to; nil when the process is in
// another view, or in none, which M3 is told. A process may take part in the end
// of a view before its program was shown it.
func (r *run) stayOf(i int, p, g id.Address, v uint64) *stay {
	m := r.member(p, g)
	switch {
	case m.cur == nil:
		r.outside = append(r.outside, i)
	case m.cur.view.view < v:
		m.ahead = append(m.ahead, i) // its program is still in an earlier view
	case m.cur.view.view == v:
		return m.cur
	}
	return nil
}

// flush notes that s takes part in an attempt to end its view.
func (s *stay) flush(i int, attempt uint64) {
	if s.flushing < 0 {
		s.flushing = i
	}
	if k := len(s.attempts); k == 0 || s.attempts[k-1].upto < attempt {
		s.attempts = append(s.attempts, mark{i, attempt})
	}
	if v := s.view; v.attempt == 0 || attempt < v.attempt {
		v.attempt = attempt
	}
}

// noteTool files facts about flush calls, state transfer and calls.
func (r *run) noteTool(i int) {
	switch f := r.records[i].Fact.(type) {
	case fact.FlushCall:
		m := r.member(f.Proc, f.Group)
		m.flushes[f.ID] = len(r.flushes)
		r.flushes = append(r.flushes, flush{m, i, -1, len(m.leaves)})
		if m.cur != nil {
			m.cur.events = append(m.cur.events, i)
		}
	case fact.FlushDone:
		m := r.member(f.Proc, f.Group)
		if k, ok := m.flushes[f.ID]; ok && r.flushes[k].done < 0 {
			r.flushes[k].done = i
		} else {
			r.flushes = append(r.flushes, flush{m, -1, i, len(m.leaves)})
		}
	case fact.Snapshot:
		k := xferKey{f.Group, f.Proc, f.Xfer}
		r.snapshots[k] = append(r.snapshots[k], i)
		if m := r.member(f.Proc, f.Group); m.cur == nil {
			r.outside = append(r.outside, i)
		} else {
			m.cur.donor = true
			m.cur.events = append(m.cur.events, i)
		}
	case fact.Loaded:
		m := r.member(f.Proc, f.Group)
		if m.cur == nil {
			r.outside = append(r.outside, i)
			return
		}
		r.loads = append(r.loads, load{i, m.cur})
		if m.ready < 0 {
			m.ready, m.cur.ready = i, i
		}
	case fact.ListCast, fact.ListDone, fact.Brought, fact.Listed:
		r.noteList(i)
	case fact.Digest:
		r.digests = append(r.digests, i)
	case fact.Session:
		if r.stayOf(i, f.Proc, f.Group, f.View) != nil {
			r.noteSession(i, f)
		}
	default:
		r.noteCall(i)
	}
}

func (r *run) noteCall(i int) {
	switch f := r.records[i].Fact.(type) {
	case fact.Call:
		r.call(f.Caller, f.Group, f.ID).rec = i
	case fact.Asked:
		r.call(f.Caller, f.Group, f.ID).asked = i
	case fact.Reply:
		k := replyKey{f.Group, f.Caller, f.View, f.Cast, f.Proc}
		r.replies[k] = append(r.replies[k], i)
		if f.Session != 0 {
			s := r.session(f.Group, f.Session)
			s.replies = append(s.replies, i)
		}
		r.allReply = append(r.allReply, i)
		if f.Group.IsGroup() && len(r.member(f.Proc, f.Group).stays) == 0 {
			r.outside = append(r.outside, i)
		}
	case fact.Outcome:
		c := r.call(f.Caller, f.Group, f.ID)
		if c.outcomes = append(c.outcomes, i); f.Kind == "void" {
			c.outcomes = nil
		}
		if len(c.done) > 0 {
			c.late = append(c.late, i)
		}
	case fact.Done:
		c := r.call(f.Caller, f.Group, f.ID)
		c.done = append(c.done, i)
	}
}

func (r *run) call(caller, group id.Address, n uint64) *call {
	k := callKey{caller, group, n}
	c := r.callOf[k]
	if c == nil {
		c = &call{callKey: k, rec: -1, asked: -1}
		r.callOf[k] = c
		r.calls = append(r.calls, c)
	}
	return c
}

package check

import (
	"cmp"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Client sessions: C1 to C3.

// sessionKey names a session.
type sessionKey struct {
	group   id.Address
	session uint64
}

// sessionRun is a run of a session's requests that a member was delivered.
type sessionRun struct {
	span
	rec    int
	view   uint64
	sender id.Address
	first  uint64 // of the sender's stream
}

// term is the time of one process that spoke for a session.
type term struct {
	rec    int
	client id.Address
	holder id.Address // the program that it is of
}

// clientSession is what the trace has of one session.
type clientSession struct {
	sessionKey
	runs    []sessionRun
	turns   []int // its Session facts
	replies []int
	terms   []term // of those who spoke for it, in their order
}

func (r *run) session(g id.Address, number uint64) *clientSession {
	k := sessionKey{g, number}
	s := r.sessionOf[k]
	if s == nil {
		s = &clientSession{sessionKey: k}
		r.sessionOf[k] = s
		r.sessions = append(r.sessions, s)
	}
	return s
}

// noteSession files an opening, a taking over or an end.
func (r *run) noteSession(i int, f fact.Session) {
	s := r.session(f.Group, f.Session)
	s.turns = append(s.turns, i)
	if s.termOf(f.Client) == len(s.terms) {
		s.terms = append(s.terms, term{i, f.Client, cmp.Or(f.Holder, f.Client)})
	}
}

// noteSessionRun files a delivery that reached the user.
func (r *run) noteSessionRun(i int, f *fact.Deliver) {
	s := r.session(f.Group, f.Session)
	s.runs = append(s.runs, sessionRun{runOf(f.OFirst, f.N), i, f.View, f.Sender, f.First})
}

func judgeSessions(r *run, v *verdict) {
	for _, s := range r.sessions {
		r.judgeOnce(v, s)
		r.judgeInTurn(v, s)
		r.judgeAnswers(v, s)
	}
	r.judgeVoid(v)
}

// speakers are who speaks for sessions by what one member was delivered, and up to
// which request their sessions have come.
type speakers struct {
	client map[uint64]id.Address // by session
	last   map[id.Address]uint64
}

// judgeVoid asks why requests are void: who sent them spoke for no session, or a
// request before them was lost. What a member knew of sessions when it joined is in
// the state it was given, and not in the trace.
func (r *run) judgeVoid(v *verdict) {
	all := map[memberKey]*speakers{}
	for i := range r.records {
		switch f := r.records[i].Fact.(type) {
		case fact.Session:
			k := memberKey{f.Proc, f.Group}
			if all[k] == nil {
				all[k] = &speakers{map[uint64]id.Address{}, map[id.Address]uint64{}}
			}
			all[k].turn(f)
		case fact.Leave:
			delete(all, memberKey{f.Proc, f.Group})
		case fact.Deliver:
			known := all[memberKey{f.Proc, f.Group}]
			if known == nil || f.Origin == 0 || f.Order != fact.Total {
				continue
			}
			last, speaks := known.last[f.Origin]
			switch {
			case !speaks:
			case f.Session != 0:
				known.last[f.Origin] = max(last, f.OFirst+uint64(f.N)-1)
			case f.Void && !v.holds(f.OFirst > last+1):
				v.fail([]int{i}, "Request %d of %s was void at %s in %s, though it speaks for a session there.", f.OFirst, f.Origin, f.Proc, f.Group)
			}
		}
	}
}

// turn takes an opening, a taking over or an end.
func (s *speakers) turn(f fact.Session) {
	delete(s.last, s.client[f.Session])
	delete(s.client, f.Session)
	if f.What == "open" || f.What == "taken" {
		s.client[f.Session], s.last[f.Client] = f.Client, f.Last
	}
}

// judgeOnce asks that all members were delivered a request as one and the same
// cast.
func (r *run) judgeOnce(v *verdict, s *clientSession) {
	var first []sessionRun // by number, without overlaps
	for _, x := range s.runs {
		k, _ := slices.BinarySearchFunc(first, x.lo, func(y sessionRun, n uint64) int { return compare(y.hi, n) })
		lo := x.lo
		for ; k < len(first) && first[k].lo <= x.hi; k++ {
			y := first[k]
			same := y.view == x.view && y.sender == x.sender && y.first-y.lo == x.first-x.lo
			if !v.holds(same) {
				v.fail([]int{y.rec, x.rec}, "Request %d of session %d of %s was carried out twice: as cast %d of %s in view %d, and as cast %d of %s in view %d.",
					max(x.lo, y.lo), s.session, s.group, y.first, y.sender, y.view, x.first, x.sender, x.view)
				return
			}
			if lo < y.lo { // the part before y is new
				part := x
				part.span = span{lo, y.lo - 1}
				part.first += lo - x.lo
				first = slices.Insert(first, k, part)
				k++
			}
			lo = y.hi + 1
		}
		if lo <= x.hi {
			part := x
			part.span = span{lo, x.hi}
			part.first += lo - x.lo
			first = slices.Insert(first, k, part)
		}
	}
	next := uint64(1)
	for _, x := range first {
		if !v.holds(x.lo == next || !r.opt.GlobalClock) {
			v.fail([]int{x.rec}, "Request %d of session %d of %s was carried out, but not request %d.", x.lo, s.session, s.group, next)
			return
		}
		next = x.hi + 1
	}
}

// judgeInTurn asks of each membership that requests came in order, each once and
// without gaps.
func (r *run) judgeInTurn(v *verdict, s *clientSession) {
	last := map[*stay]sessionRun{}
	for _, x := range s.runs {
		f := at[fact.Deliver](r, x.rec)
		k := r.membership(f.Proc, f.Group, x.rec)
		if before, ok := last[k]; ok && !v.holds(x.lo == before.hi+1) {
			v.fail([]int{before.rec, x.rec}, "%s was delivered %s of session %d after %s.", f.Proc, x.span, s.session, before.span)
		}
		last[k] = x
	}
}

// membership is the first stay of the one that a process has in a group at
// record i, nil if it has none.
func (r *run) membership(p, g id.Address, i int) *stay {
	m := r.memberOf[memberKey{p, g}]
	if m == nil {
		return nil
	}
	s := m.at(i)
	for s != nil && s.prev != nil {
		s = s.prev
	}
	return s
}

// judgeAnswers asks that a member which has answered a request gives the same
// answer to whoever repeats it.
// A process that comes back to the group is another member: it has the answers
// of its donor. And where programs took the session from each other, one may ask for
// what another has had meanwhile: nobody keeps that, though some may yet give it.
func (r *run) judgeAnswers(v *verdict, s *clientSession) {
	type key struct {
		in   *stay // its first
		cast uint64
	}
	given := map[key]int{}
	for _, i := range s.replies {
		f := at[fact.Reply](r, i)
		k := key{r.membership(f.Proc, f.Group, i), f.Cast}
		if k.in == nil {
			continue // it answers after it has left
		}
		j, ok := given[k]
		if !ok {
			given[k] = i
			continue
		}
		g := at[fact.Reply](r, j)
		if had := (f.Null || g.Null) && s.changedHands(); !v.holds(had || (f.Null == g.Null && f.Sum == g.Sum)) {
			v.fail([]int{j, i}, "%s answered request %d of session %d, and when it was repeated otherwise.", f.Proc, f.Cast, s.session)
		}
	}
}

func judgeSessionEnd(r *run, v *verdict) {
	for _, s := range r.sessions {
		var opened, ended fact.Session
		open, end := -1, -1
		v.checks += len(s.turns)
		for _, i := range s.turns {
			f := at[fact.Session](r, i)
			switch f.What {
			case "open":
				if open < 0 {
					open, opened = i, f
				} else if !v.holds(f.View == opened.View && f.Client == opened.Client) {
					v.fail([]int{open, i}, "Session %d of %s was opened twice: by %s and by %s.", s.session, s.group, opened.Client, f.Client)
				}
			case "closed", "expired":
				if end < 0 {
					end, ended = i, f
				} else if !v.holds(f.View == ended.View && f.Last == ended.Last && f.What == ended.What) {
					v.fail([]int{end, i}, "%s and %s saw session %d end after request %d and after request %d.", ended.Proc, f.Proc, s.session, ended.Last, f.Last)
				}
			}
		}
		if end < 0 {
			continue
		}
		for _, x := range s.runs {
			if !v.holds(x.view <= ended.View && x.hi <= ended.Last) {
				v.fail([]int{end, x.rec}, "Request %s of session %d of %s was carried out after the session had ended.", x.span, s.session, s.group)
			}
		}
	}
}

// termOf finds a process among those who spoke for the session: what never did comes
// after all.
func (s *clientSession) termOf(client id.Address) int {
	if i := slices.IndexFunc(s.terms, func(t term) bool { return t.client == client }); i >= 0 {
		return i
	}
	return len(s.terms)
}

// changedHands reports whether more than one program had the session.
func (s *clientSession) changedHands() bool {
	return slices.ContainsFunc(s.terms, func(t term) bool { return t.holder != s.terms[0].holder })
}

// lastTerm is the last one of a program before record i, of all where records are
// not in the order of time; what never had the session comes after all.
func (r *run) lastTerm(s *clientSession, holder id.Address, i int) int {
	for k := len(s.terms) - 1; k >= 0; k-- {
		if t := s.terms[k]; t.holder == holder && (t.rec < i || !r.opt.GlobalClock) {
			return k
		}
	}
	return len(s.terms)
}

// judgeSessionOutcomes compares what clients were told of their requests with
// what members carried out. Another program that takes a session over may use
// the numbers of what the one before asked in vain.
func judgeSessionOutcomes(r *run, v *verdict) {
	for _, c := range r.calls {
		if c.asked < 0 || len(c.done) == 0 {
			continue
		}
		asked, told := at[fact.Asked](r, c.asked), c.done[0]
		s := r.sessionOf[sessionKey{c.group, asked.Session}]
		if asked.Session == 0 || s == nil {
			continue
		}
		turn := r.lastTerm(s, cmp.Or(asked.Holder, c.caller), told)
		own := -1 // carried out, asked by this program or one before
		for _, x := range s.runs {
			if asked.Cast >= x.lo && asked.Cast <= x.hi && s.termOf(at[fact.Deliver](r, x.rec).Origin) <= turn {
				own = x.rec
				break
			}
		}
		switch at[fact.Done](r, told).Err {
		case "refused":
			if !v.holds(own < 0) {
				v.fail([]int{told, own}, "Request %d of session %d of %s was called not done, and was carried out.", asked.Cast, asked.Session, c.group)
			}
		case "", "nobody", "spent":
			if r.opt.GlobalClock && !v.holds(own >= 0 && own < told) {
				v.fail(nonNegative(own, told), "Request %d of session %d of %s was called done, and was not carried out.", asked.Cast, asked.Session, c.group)
			}
		}
	}
}

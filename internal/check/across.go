package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Causal order across groups: O4 and O10. What a process has seen is, for each
// group, the latest view that it or the sender of something it was delivered has
// been shown, and how much of each stream in that, or of an answer it got. A Causal, Total or Barrier
// cast carries what its sender had seen, and the Causal casts that the sender had
// made before (made.go); who is delivered it has seen that too. A cast from outside
// has two senders: who asked for it, when it did, and the relay.

// reach is how far somebody has come in a group. It is never changed.
type reach struct {
	group id.Address
	view  *groupView
	upto  []uint64 // by rank
}

// sight is what a process has seen: of each group one reach. It is never changed.
type sight []reach

func (s sight) of(group id.Address) (reach, int) {
	i := slices.IndexFunc(s, func(x reach) bool { return x.group == group })
	if i < 0 {
		return reach{}, -1
	}
	return s[i], i
}

// with is s with x in it: the later of two views, the most of one.
func (s sight) with(x reach) sight {
	old, i := s.of(x.group)
	switch {
	case i < 0:
		return append(slices.Clip(s), x)
	case old.view.view > x.view.view:
		return s
	case old.view.view == x.view.view:
		upto := slices.Clone(old.upto)
		for k, n := range x.upto {
			upto[k] = max(upto[k], n)
		}
		if slices.Equal(upto, old.upto) {
			return s
		}
		x.upto = upto
	}
	s = slices.Clone(s)
	s[i] = x
	return s
}

// across follows all processes through the run, each in its own order, and a
// delivery after its sending, whatever the clocks say.
type across struct {
	*run
	sight   map[id.Address]sight
	bound   map[id.Address]sight // the part of it that casts of other groups carried
	got     map[id.Address]sight // the part of it that it was itself shown and delivered
	sent    map[*send]sight
	waited  map[*send]sight // by those that were held back: what their sender had seen then
	since   map[*send][]int // and the records before which it had
	before  map[int]sight   // what the process of a record had seen before it
	replied map[replyKey]known
	asked   map[*made]known      // of casts from outside
	waiting map[id.Address][]int // records of processes that are ahead of a sender
	checks  int
	strong  int
	late    []overtaken // deliveries that came too late
	lacking []overtaken // deliveries of conservative casts that came too early

	// Casts to lists.
	lists      map[id.Address]seenLists // what a process knows of
	carried    map[*send]seenLists
	listPast   map[*listed]seenLists
	listSight  map[*listed]sight
	ahead      map[memberKey]seenLists // what something depends on that was delivered there
	lateLists  []int
	listChecks int
}

// overtaken: the cast delivered by rec was, or was not yet, delivered when
// something that depends on it was.
type overtaken struct {
	rec  int
	of   id.Address // for lacking: the sender of what is missing,
	upto uint64     // its number
	x    reach      // and where
}

func (r *run) across() *across {
	if r.acrossed != nil {
		return r.acrossed
	}
	a := &across{
		run: r, sight: map[id.Address]sight{}, bound: map[id.Address]sight{}, got: map[id.Address]sight{}, sent: map[*send]sight{}, waiting: map[id.Address][]int{}, replied: map[replyKey]known{}, asked: map[*made]known{},
		lists: map[id.Address]seenLists{}, carried: map[*send]seenLists{}, listPast: map[*listed]seenLists{}, listSight: map[*listed]sight{}, ahead: map[memberKey]seenLists{},
		waited: map[*send]sight{}, since: map[*send][]int{}, before: map[int]sight{},
	}
	r.acrossed = a
	a.heldBack()
	for i := range r.records {
		p, _, ok := actor(r.records[i].Fact)
		switch r.records[i].Fact.(type) {
		case fact.View, fact.Made, fact.Send, fact.Deliver, fact.Reply, fact.Outcome:
		case fact.ListCast, fact.ListDone, fact.Listed:
			p, ok = listActor(r.records[i].Fact)
		default:
			continue
		}
		if !ok {
			continue
		}
		if len(a.waiting[p]) > 0 || !a.step(p, i) {
			a.waiting[p] = append(a.waiting[p], i)
			continue
		}
		switch r.records[i].Fact.(type) {
		case fact.Made, fact.Send:
			a.resume()
		}
	}
	return a
}

// resume lets those go on that waited for a sender.
func (a *across) resume() {
	for again := len(a.waiting) > 0; again; {
		again = false
		for p, list := range a.waiting { // order does not matter: each waits for what others sent
			n := 0
			for n < len(list) && a.step(p, list[n]) {
				n++
			}
			again = again || n > 0
			if a.waiting[p] = list[n:]; n == len(list) {
				delete(a.waiting, p)
			}
		}
	}
}

// step takes what process p did, and reports whether that could be judged yet.
func (a *across) step(p id.Address, i int) bool {
	if _, asked := a.before[i]; asked {
		a.before[i] = a.sight[p]
	}
	switch f := a.records[i].Fact.(type) {
	case fact.View:
		if v := a.viewOf[viewKey{f.Group, f.View}]; v != nil {
			a.gets(p, reach{f.Group, v, make([]uint64, len(v.members))})
		}
	case fact.Made:
		if f.Since == 0 && f.Order != fact.FIFO {
			x := a.programs().epoch(p, f.Group, 0).run(f.First)
			a.asked[x] = known{a.sight[p], a.lists[p]}
		}
	case fact.Send:
		return a.send(p, &f)
	case fact.Deliver:
		return a.deliver(p, i, &f)
	case fact.Reply:
		a.replied[replyKey{f.Group, f.Caller, f.View, f.Cast, p}] = known{a.sight[p], a.lists[p]}
	case fact.Outcome:
		a.hear(p, &f)
	case fact.ListCast, fact.ListDone, fact.Listed:
		a.stepList(p, i)
	}
	return true
}

// send notes what a cast carries: what its sender knows, and if it is from outside,
// what its program knew when it made it.
func (a *across) send(p id.Address, f *fact.Send) bool {
	s := a.sendOf(f.Group, f.View, p, f.First)
	if s == nil {
		return true
	}
	if f.Order == fact.FIFO {
		a.sent[s] = nil
		return true
	}
	seen, lists := a.sight[p], a.lists[p]
	if m := a.programs().asked[s]; m != nil {
		x, told := a.asked[m]
		if !told {
			return false
		}
		for _, c := range x.sight {
			seen = seen.with(c)
		}
		lists = lists.with(x.lists...)
	}
	a.sent[s], a.carried[s] = a.after(seen, a.programs().sends[s], f.Group), lists
	if list := a.since[s]; list != nil {
		a.waited[s] = a.after(a.had(s, list), a.programs().sends[s], f.Group)
	}
	return true
}

// heldBack finds from where on the conservative casts waited that were held back. What
// their senders have seen since they do not depend on, if no program made them later.
func (a *across) heldBack() {
	facts := map[id.Address][]int{}
	for i := range a.records {
		p, _, _ := actor(a.records[i].Fact)
		switch f := a.records[i].Fact.(type) {
		case fact.View, fact.Deliver, fact.Outcome:
			facts[p] = append(facts[p], i)
		case fact.Send:
			s, n := a.sendOf(f.Group, f.View, f.Proc, f.First), uint64(len(facts[p]))
			if s == nil || !f.Strong || f.Later == 0 || f.Later > n {
				continue
			}
			a.since[s] = []int{facts[p][n-f.Later]}
			if x := a.programs().cast[s]; x != nil {
				a.since[s] = append(a.since[s], x.rec)
			}
			for _, i := range a.since[s] {
				a.before[i] = nil
			}
		}
	}
}

// had is what the sender of s had seen before the records of list, and who asked for it
// from outside.
func (a *across) had(s *send, list []int) (seen sight) {
	for _, i := range list {
		for _, c := range a.before[i] {
			seen = seen.with(c)
		}
	}
	if m := a.programs().asked[s]; m != nil {
		for _, c := range a.asked[m].sight {
			seen = seen.with(c)
		}
	}
	return seen
}

// known is what somebody knew when it answered or asked.
type known struct {
	sight sight
	lists seenLists
}

// hear has a caller go on with what the member knew that answered.
func (a *across) hear(p id.Address, f *fact.Outcome) {
	c := a.callOf[callKey{p, f.Group, f.ID}]
	if c == nil || c.asked < 0 || f.Kind == "failed" {
		return
	}
	asked := at[fact.Asked](a.run, c.asked)
	x := a.replied[replyKey{f.Group, p, asked.View, asked.Cast, f.Member}]
	a.sight[p] = a.bind(p, a.sight[p], x.sight, 0)
	a.lists[p] = a.lists[p].with(x.lists...)
}

func (a *across) deliver(p id.Address, i int, f *fact.Deliver) bool {
	v := a.viewOf[viewKey{f.Group, f.View}]
	s := a.sendOf(f.Group, f.View, f.Sender, f.First)
	if v == nil || s == nil {
		return true // V1 is told
	}
	carried, known := a.sent[s]
	if !known {
		return false
	}
	rank, ok := v.rank[f.Sender]
	if !ok {
		return true
	}
	a.checks++
	x := runOf(f.First, f.N)
	mine := a.sight[p]
	if had, k := a.bound[p].of(f.Group); k >= 0 {
		// Who is not in that view, or out by the log, is leaving, and has yet to hear of it.
		_, stays := had.view.rank[p]
		if ((had.view.view > f.View && stays) || (had.view == v && had.upto[rank] >= x.lo)) && !a.out(p, v, i) {
			a.late = append(a.late, overtaken{rec: i})
		}
	}
	needs := carried
	if a.since[s] != nil {
		needs = a.waited[s]
	}
	for _, c := range needs {
		if c.group != f.Group && f.Order != fact.FIFO && s.Strong {
			a.complete(p, i, s, c)
		}
	}
	mine = a.bind(p, mine, carried, f.Group)
	if list := a.carried[s]; len(list) > 0 {
		a.lists[p] = a.lists[p].with(list...)
		if !f.Void { // no program was given anything
			k := memberKey{p, f.Group}
			a.ahead[k] = a.ahead[k].with(list...)
		}
	}
	upto := make([]uint64, len(v.members))
	upto[rank] = x.hi
	a.sight[p] = mine
	a.gets(p, reach{f.Group, v, upto})
	return true
}

// gets has p have seen c by itself.
func (a *across) gets(p id.Address, c reach) {
	a.sight[p], a.got[p] = a.sight[p].with(c), a.got[p].with(c)
}

// bind has p, which has seen mine, go on with what something of a group carries.
func (a *across) bind(p id.Address, mine, carried sight, group id.Address) sight {
	for _, c := range carried {
		if c.group != group {
			mine = mine.with(c)
			a.bound[p] = a.bound[p].with(c)
		}
	}
	return mine
}

// complete judges that p, if it is in the view that a conservative cast depends
// on, or went on from it to the next, was delivered that part of it. Whom the log
// had taken out before that was cast has yet to hear of it: its sender waited for
// those who are left.
func (a *across) complete(p id.Address, i int, sent *send, c reach) {
	m := a.memberOf[memberKey{p, c.group}]
	if m == nil {
		return
	}
	k := slices.IndexFunc(m.stays, func(s *stay) bool { return s.view == c.view })
	if k < 0 {
		return
	}
	if s := m.stays[k]; s.ended >= 0 && s.ended < i {
		if s.next != nil {
			a.completed(i, s, sent, c)
		}
		return
	}
	had, known := a.got[p].of(c.group)
	if known >= 0 && had.view.view > c.view.view {
		return // O4 judges what comes after that
	}
	a.strong++
	if a.out(p, c.view, sent.rec) {
		return
	}
	for rank, n := range c.upto {
		if had.view == c.view && had.upto[rank] >= n {
			continue
		}
		if s := c.view.streams[rank]; s != nil && s.find(1) < len(s.sends) {
			a.lacking = append(a.lacking, overtaken{i, c.view.members[rank], n, c})
			return
		}
	}
}

// completed judges the same of a view that p went on from before. What it had gone
// on without by the time of the cast was lost: no waiting would have brought it.
// Where nobody knows what was before what, it may have been so. So was what it went
// on without later, if the sender had been shown a later view by then: the cut was
// agreed.
func (a *across) completed(i int, s *stay, sent *send, c reach) {
	a.strong++
	if s.ended < sent.rec || !a.opt.GlobalClock || a.out(s.proc, c.view, sent.rec) || a.beyond(c, sent) {
		return
	}
	for rank, n := range c.upto {
		if c.view.sent(rank).upto(n).minus(s.got[rank]) != nil {
			a.lacking = append(a.lacking, overtaken{i, c.view.members[rank], n, c})
			return
		}
	}
}

// beyond reports whether who cast sent had been shown a later view of the group by then
// than that of c, which it had seen when the cast was held back.
func (a *across) beyond(c reach, sent *send) bool {
	m := a.memberOf[memberKey{sent.Proc, c.group}]
	return m != nil && slices.ContainsFunc(m.stays, func(s *stay) bool { return s.view.view > c.view.view && s.installed < sent.rec })
}

func judgeAcross(r *run, v *verdict) {
	a := r.across()
	v.checks = a.checks
	for _, x := range a.late {
		f := at[fact.Deliver](r, x.rec)
		v.fail([]int{x.rec}, "%s was delivered %s of %s in view %d of %s after something of another group that depends on it.",
			f.Proc, runOf(f.First, f.N), f.Sender, f.View, f.Group)
	}
}

func judgeStrong(r *run, v *verdict) {
	a := r.across()
	v.checks = a.strong
	for _, x := range a.lacking {
		f := at[fact.Deliver](r, x.rec)
		v.fail([]int{x.rec}, "%s was delivered the conservative cast %s of %s in %s, but not %d of %s in view %d of %s, on which it depends.",
			f.Proc, runOf(f.First, f.N), f.Sender, f.Group, x.upto, x.of, x.x.view.view, x.x.group)
	}
}

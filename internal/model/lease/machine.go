package lease

import "github.com/cohortkit/cohort/internal/model"

// Config bounds the world.
type Config struct {
	Sites   int
	Views   int // after the first
	Writes  int
	Holder  int  // units by the reader's clock
	Grantor int  // units by the grantor's clock
	Drift   int  // units that a clock gains or loses meanwhile, at most
	AtOnce  int  // sites that one entry may remove
	Joiners int  // sites that one entry may add
	Worst   bool // only the worst clocks: the reader's loses, all others gain
	Readers model.Set
	Plan    []model.Set // if given, the only views that are proposed, in order
	Broken  Rule
}

// A Rule is a rule of the design that can be left out.
type Rule int

// The rules. None is left out in the design itself.
const (
	None      Rule = iota
	Hold           // who gave its word removes the reader only when it has run out
	Installed      // or else Waited: no site is removed from a view it may not know of
	Stop           // who has accepted a change gives no more words for the view it ends
	OwnView        // the reader counts the words for the view it has installed only
	FromAsked      // a word counts from when it was asked for, not from when it came
	Margin         // the grantor waits longer than the reader reads, by what clocks may err
	OwnWord        // the reader's word to itself ends when it accepts a change
)

// Machine is the model.
func Machine(c Config) model.Machine[State] {
	var init []State
	for r := range c.Sites {
		for fast := range model.All(c.Sites) + 1 {
			s := State{reader: uint8(r), fast: fast}
			s.views[0] = model.All(c.Sites)
			if c.Readers.Has(r) && (!c.Worst || fast == s.views[0].Without(r)) {
				init = append(init, s)
			}
		}
	}
	return model.Machine[State]{Init: init, Next: c.next, Plain: c.plain, Holds: c.holds, Show: c.show, Sights: c.sights()}
}

// lasts is how long p takes for n units of its clock.
func (c Config) lasts(s *State, p, n int) uint8 {
	if s.fast.Has(p) {
		return uint8(max(n-c.Drift, 0))
	}
	return uint8(n + c.Drift)
}

// quorum: more than half of view, or half with its oldest.
func quorum(view, who model.Set) bool {
	n := 2 * (view & who).Len()
	return n > view.Len() || n == view.Len() && who.Has(view.Min())
}

// leased reports whether the reader may answer now.
func (c Config) leased(s *State) bool {
	r := int(s.reader)
	me := &s.sites[r]
	if !s.views[me.applied].Has(r) {
		return false // it knows that it is out
	}
	var who model.Set
	for q := range c.all() {
		if s.words[q].left > 0 && (s.words[q].view == me.applied || c.Broken == OwnView) {
			who = who.With(q)
		}
	}
	if me.accepted <= me.applied || c.Broken == OwnWord {
		who = who.With(r)
	}
	return quorum(s.views[me.applied], who)
}

func (c Config) all() int { return c.Sites + c.Joiners }

func (c Config) next(s State, out *model.Steps[State]) {
	c.tick(s, out)
	c.ask(s, out)
	c.log(s, out)
	for p := range c.all() {
		c.answer(s, p, out)
		c.accept(s, p, out)
		if s.sites[p].applied < s.decided {
			t := s
			me := &t.sites[p]
			me.applied++
			me.accepted = max(me.accepted, me.applied)
			me.fresh = c.lasts(&s, p, c.Grantor)
			out.May(t, "apply", p, int(me.applied))
		}
		installed := s.sites[s.reader].applied
		if p != int(s.reader) && s.sites[p].heard < installed && int(s.decided) < c.Views {
			t := s
			t.sites[p].heard = installed
			out.May(t, "hear", p, int(installed))
		}
	}
	c.writes(s, out)
}

// tick lets a unit of time pass.
func (c Config) tick(s State, out *model.Steps[State]) {
	timers := []*uint8{&s.asked}
	for p := range c.all() {
		timers = append(timers, &s.sites[p].fresh, &s.sites[p].keeps, &s.words[p].left)
	}
	for _, n := range timers {
		if *n > 0 {
			*n--
		}
	}
	out.May(s, "tick")
}

// ask lets the reader ask for words. What it has stays good, but answers to
// what it asked before are let go.
func (c Config) ask(s State, out *model.Steps[State]) {
	r := int(s.reader)
	if !s.views[s.sites[r].applied].Has(r) {
		return
	}
	s.asked = c.lasts(&s, r, c.Holder)
	for p := range c.all() {
		s.sites[p].answered = 0
	}
	out.May(s, "ask", r)
}

// answer lets p give its word, and the reader take it, perhaps late.
func (c Config) answer(s State, p int, out *model.Steps[State]) {
	me := &s.sites[p]
	r := int(s.reader)
	if p == r || s.asked == 0 {
		return
	}
	if me.answered > 0 {
		t := s
		t.words[p] = word{me.answered - 1, s.asked}
		if c.Broken == FromAsked {
			t.words[p].left = c.lasts(&s, r, c.Holder)
		}
		out.May(t, "take word", p)
		return
	}
	view := s.views[me.applied]
	if view.Has(p) && view.Has(r) && (me.accepted <= me.applied || c.Broken == Stop) {
		me.answered = me.applied + 1
		me.keeps = max(me.keeps, c.lasts(&s, p, c.Grantor))
		out.May(s, "give word", p, int(me.applied))
	}
}

// accept lets p accept what is proposed after its last view, when its word to
// the reader allows.
func (c Config) accept(s State, p int, out *model.Steps[State]) {
	me := &s.sites[p]
	view := s.views[s.decided]
	if s.next == 0 || !view.Has(p) || me.applied != s.decided || me.accepted > s.decided {
		return
	}
	if r := int(s.reader); p != r && view.Has(r) && !s.next.Has(r) {
		if me.keeps > 0 && c.Broken != Hold {
			return
		}
		if me.heard < s.decided && me.fresh > 0 && c.Broken != Installed {
			return
		}
	}
	me.accepted = s.decided + 1
	out.May(s, "accept", p, int(me.accepted))
}

// log proposes a view, and decides it when a quorum has accepted.
func (c Config) log(s State, out *model.Steps[State]) {
	view := s.views[s.decided]
	if s.next != 0 {
		var who model.Set
		for p := range c.all() {
			if s.sites[p].accepted > s.decided {
				who = who.With(p)
			}
		}
		if quorum(view, who) {
			s.decided++
			s.views[s.decided], s.next = s.next, 0
			out.May(s, "decide", int(s.decided))
		}
		return
	}
	if int(s.decided) == c.Views {
		return
	}
	if c.Plan != nil {
		s.next = c.Plan[s.decided]
		out.May(s, "propose", int(s.decided)+1)
		return
	}
	for gone := model.Set(1); gone < view; gone++ {
		if view.Covers(gone) && gone.Len() <= c.AtOnce {
			s.next = view &^ gone
			out.May(s, "propose without "+gone.String(), int(s.decided)+1)
		}
	}
	if join := model.All(c.all()) &^ model.All(c.Sites); join&^view != 0 && s.decided == 0 {
		s.next = view | join
		out.May(s, "propose with "+join.String(), int(s.decided)+1)
	}
}

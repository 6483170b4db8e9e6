package memlog

import "github.com/cohortkit/cohort/internal/model"

// Config bounds the world.
type Config struct {
	Sites    int       // in the first view
	Joiners  int       // who may be let in
	Votes    []int     // of each site, joiners too
	Entries  int       // decided at most
	Rounds   int       // of takeovers in a view
	Changes  []Change  // what may be proposed
	Ops      bool      // operations too
	Takeover model.Set // who may bid; all if empty
	Broken   Rule
}

// Change is a change of the view that may be proposed.
type Change struct{ Remove, Add model.Set }

// A Rule is a rule of the design that can be left out.
type Rule int

// The rules. None is left out in the design itself.
const (
	None          Rule = iota
	OldView            // a majority of the view before decides, not of the one after
	Adopt              // a takeover proposes what was accepted, not its own
	Unchanged          // and unchanged, without blending in its own
	KeepWord           // nothing is accepted below a promise
	OncePer            // a ballot proposes one thing for an entry
	TieByEldest        // half of the votes decide only with the oldest voter
	HaltIfDecided      // a site halts when its removal is decided, not accepted
	Remember           // an acceptor that restarts under its number still knows
)

// Machine is the model.
func Machine(c Config) model.Machine[State] {
	var s State
	for p := range c.Sites {
		s.sites[p].in = true
	}
	if c.Takeover == 0 {
		c.Takeover = model.All(c.Sites + c.Joiners)
	}
	return model.Machine[State]{Init: []State{s}, Next: c.next, Plain: plain, Holds: c.holds, Show: c.show, Sights: c.sights()}
}

// view is the membership after the first n entries, and its number.
func (c Config) view(s *State, n int) (members model.Set, seq int) {
	members = model.All(c.Sites)
	for _, e := range s.log[:n] {
		if e.changesView() {
			members = members&^e.remove() | e.add()
			seq++
		}
	}
	return members, seq
}

// oldest is the oldest voter of a view: ages are in order of number.
func (c Config) oldest(view model.Set) int {
	for view != 0 && c.Votes[view.Min()] == 0 {
		view = view.Without(view.Min())
	}
	return view.Min()
}

// quorum reports whether those in who decide for view.
func (c Config) quorum(view, who model.Set) bool {
	all, sum := 0, 0
	view.Each(func(p int) {
		all += c.Votes[p]
		if who.Has(p) {
			sum += c.Votes[p]
		}
	})
	tie := who.Has(c.oldest(view)) || c.Broken == TieByEldest
	return 2*sum > all || 2*sum == all && all > 0 && tie
}

func (c Config) next(s State, out *model.Steps[State]) {
	for p := range c.Sites + c.Joiners {
		me := s.sites[p]
		if me.out {
			continue
		}
		c.learn(s, p, out)
		if !me.in {
			continue
		}
		view, seq := c.view(&s, int(me.index))
		c.vote(s, p, seq, out)
		if int(me.index) == c.Entries {
			continue
		}
		c.bid(s, p, view, seq, out)
		c.propose(s, p, view, seq, out)
		c.decide(s, p, view, seq, out)
		if c.Broken == Remember && me.promised > 0 {
			t := s
			t.sites[p] = site{in: true, index: me.index}
			forget(&t, p, seq)
			out.May(t, "restart", p)
		}
	}
}

// learn lets p apply the next entry as another has; a joiner, all up to the one
// that lets it in.
func (c Config) learn(s State, p int, out *model.Steps[State]) {
	known := 0
	for q := range s.sites {
		known = max(known, int(s.sites[q].index))
	}
	if s.sites[p].in {
		if i := int(s.sites[p].index); i < known {
			c.apply(&s, p, s.log[i])
			out.May(s, "learn", p, i+1)
		}
		return
	}
	for i := range known {
		if s.log[i].add().Has(p) {
			s.sites[p].in, s.sites[p].index = true, uint8(i+1)
			out.May(s, "welcome", p, i+1)
		}
	}
}

// apply makes e the next entry at p.
func (c Config) apply(s *State, p int, e entry) {
	me := &s.sites[p]
	i := int(me.index)
	switch s.log[i] {
	case 0:
		s.log[i] = e
	case e:
	default:
		s.split = true
	}
	me.index++
	if e.changesView() { // a new view starts from its own first ballot
		me.promised, me.ballot, me.leading, me.heard = 0, 0, false, 0
	}
	if e.remove().Has(p) {
		me.out = true
	}
}

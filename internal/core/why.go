package core

import (
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/why"
)

// Why lists what waits at this site and what for: the site itself first, then
// the membership log, the groups in order of joining, callers outside. It is a
// function of the site's state, made for people: it changes nothing, and
// nothing in the protocol asks it. A wait that it lists may be over in a
// moment; what stays in the list is what to look at.
func (s *Site) Why() []why.Wait {
	if s.halted {
		return nil
	}
	list := s.whySite()
	list = append(list, s.log.Waits(s.now)...)
	list = append(list, s.whyWishes()...)
	for _, m := range s.groups.list {
		list = append(list, m.explain()...)
	}
	return append(append(list, s.whyCallers()...), s.whyAnswers()...)
}

// Losses are the sites that were removed last, oldest first, and the reasons
// on which all agreed.
func (s *Site) Losses() []why.Loss { return s.log.Losses(s.now) }

// Me names this site.
func (s *Site) Me() why.Who { return s.log.Who(id.Process(s.me, 0)) }

func (s *Site) who(procs ...id.Address) []why.Who {
	list := make([]why.Who, len(procs))
	for i, p := range procs {
		list[i] = s.log.Who(p)
	}
	return list
}

// whoOf names sites.
func (s *Site) whoOf(sites ...id.Site) []why.Who {
	var list []why.Who
	for _, x := range sites {
		list = append(list, s.log.Who(id.Process(x, 0)))
	}
	return list
}

// whySite is why the whole site waits.
func (s *Site) whySite() []why.Wait {
	v := s.log.View()
	if v == nil {
		w := why.Wait{What: why.Node, Who: s.Me(), Kind: "outside"}
		w.Causes = []why.Cause{{Why: why.Seeds, Who: s.whoOf(s.peers.seeds...)}}
		return []why.Wait{w}
	}
	var list []why.Wait
	if s.stalled {
		w := why.Wait{What: why.Node, Who: s.Me(), Kind: "stalled", For: s.now - s.since}
		c := why.Cause{Why: why.NoMajority, Of: max(v.Weight()/2+1, s.cfg.Log.Least)}
		for _, m := range v.Members {
			if m.Site != s.me && !s.detector.InTouch(m.Site) {
				c.Who = append(c.Who, s.log.Who(id.Process(m.Site, 0)))
			} else {
				c.Number += uint64(m.Weight)
			}
		}
		w.Causes = []why.Cause{c}
		list = append(list, w)
	}
	if len(s.early) > 0 {
		list = append(list, why.Wait{
			What: why.Node, Who: s.Me(), Kind: "behind", Number: s.log.Index(), Count: len(s.early),
			Causes: []why.Cause{{Why: why.Behind, Number: s.log.Index(), Who: s.whoOf(s.early[0].from)}},
		})
	}
	return list
}

// whyWishes is what this site has asked the log for and not got.
func (s *Site) whyWishes() []why.Wait {
	var list []why.Wait
	for _, op := range s.requests.open {
		w := why.Wait{What: why.Wish, Who: s.log.Who(op.Proc), Group: op.Group, Name: op.Name, Number: op.Index, Kind: wish(op.Kind)}
		if op.Proc == 0 {
			w.Who = s.Me()
		}
		if g := s.Group(op.Group); g != nil {
			w.Name = g.Name
		}
		if s.stalled {
			w.Causes = []why.Cause{{Why: why.Stalled}}
		} else if c := s.log.Coordinator(s.now); c != 0 {
			w.Causes = []why.Cause{{Why: why.Coordinator, Who: s.whoOf(c)}}
		}
		list = append(list, w)
	}
	return list
}

// wish says what an operation asks for.
func wish(k msg.OpKind) string {
	switch k {
	case msg.OpJoin:
		return "join"
	case msg.OpLeave:
		return "leave"
	case msg.OpReady:
		return "count as ready in"
	case msg.OpFlush:
		return "end the view of"
	case msg.OpDepart:
		return "leave the system"
	case msg.OpSync:
		return "know the newest directory"
	case msg.OpReplace:
		return "take another's place in"
	case msg.OpList:
		return "have a cast to a list numbered"
	case msg.OpTaken:
		return "say which casts to lists were given to its processes"
	case msg.OpAside:
		return "set a slow member aside in"
	case msg.OpDismiss:
		return "dismiss a slow member of"
	}
	return "change"
}

// whyCallers is what processes outside a group wait for.
func (s *Site) whyCallers() []why.Wait {
	var list []why.Wait
	for _, c := range s.outside.list {
		name := ""
		if g := s.Group(c.dest); g != nil {
			name = g.Name
		}
		w := why.Wait{Who: s.log.Who(c.proc), Group: c.dest, Name: name}
		if n := len(c.unheld); n > 0 {
			w := w
			w.What, w.Number, w.Count = why.Request, c.unheld[0].First, n
			switch {
			case s.stalled && c.sent < c.last:
				w.Causes = []why.Cause{{Why: why.Stalled}}
			case c.overtakes(s) != 0:
				w.Causes = []why.Cause{s.inGroup(why.OwnCast, c.overtakes(s))}
			case c.dest.IsGroup():
				w.Causes = []why.Cause{{Why: why.Relay, Who: s.who(c.relay.Proc)}}
			default:
				w.Causes = []why.Cause{{Why: why.Relay, Who: s.who(c.dest)}}
			}
			list = append(list, w)
		}
		if number, waits, ok := c.calls.Oldest(); ok {
			w.What, w.Number, w.Count = why.Call, number, c.calls.Len()
			if w.Causes = s.noReply(waits); waits == nil && c.dest.IsGroup() {
				w.Causes = []why.Cause{{Why: why.Relay, Who: s.who(c.relay.Proc)}}
			}
			for _, x := range s.pasts.of(c.proc).ahead {
				if x.From == c.dest || x.Group == c.dest {
					w.Causes = append(w.Causes, s.inGroup(why.EarlyAnswer, s.lacks(c.proc, knowledge(x.Replies))))
				}
			}
			list = append(list, w)
		}
	}
	return list
}

// whyAnswers is what processes have answered, and their callers are not told yet.
func (s *Site) whyAnswers() []why.Wait {
	var list []why.Wait
	for _, p := range s.pasts.list {
		if len(p.answers) == 0 {
			continue
		}
		w := why.Wait{What: why.Answer, Who: s.log.Who(p.proc), Count: len(p.answers)}
		if g := p.behind(p.answers[0].after, 0); g != 0 {
			w.Causes = []why.Cause{s.inGroup(why.OwnCast, g)}
		}
		list = append(list, w)
	}
	return list
}

// lacks is a group in which proc has yet to be delivered what list says, 0 if there is none.
func (s *Site) lacks(proc id.Address, list []msg.Dep) id.Address {
	for _, d := range list {
		if !s.delivered(proc, []msg.Dep{d}) {
			return d.Group
		}
	}
	return 0
}

func (s *Site) noReply(procs []id.Address) []why.Cause {
	if len(procs) == 0 {
		return nil
	}
	return []why.Cause{{Why: why.NoReply, Who: s.who(procs...)}}
}

// elapsed is how long it is since t, 0 if t never was.
func (s *Site) elapsed(t effect.Time) effect.Time {
	if t == 0 {
		return 0
	}
	return s.now - t
}

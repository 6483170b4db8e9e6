package explore

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/trace"
	"github.com/cohortkit/cohort/internal/wire"
)

// move is one thing that can happen next. What is not owed need never happen: a
// run may end without it.
type move struct {
	kind moveKind
	site int8
	link int16
	arg  int8 // the act, the fault, or who is gone
	owed bool
}

type moveKind uint8

const (
	pass  moveKind = iota // a link has something for the site
	acts                  // its program acts
	hears                 // it hears that another crashed
	fails                 // a fault
	fires                 // its timer fires
)

// moves lists what can happen next.
func (s *Search) moves(g *global) (all []move, owed bool) {
	for i := range g.links {
		if site, _, ok := g.next(i); ok {
			from, _, _ := ends(i)
			all = append(all, move{kind: pass, site: int8(site), link: int16(i), owed: g.runs(from)})
		}
	}
	for i := range s.w.Sites {
		if !g.runs(i) {
			continue
		}
		if l := g.at[i]; l.may {
			all = append(all, move{kind: acts, site: int8(i), arg: int8(l.acts), owed: true})
		}
		for of := range s.w.Sites {
			if g.crashed&(1<<of) != 0 && g.told[i]&(1<<of) == 0 {
				all = append(all, move{kind: hears, site: int8(i), arg: int8(of), owed: true})
			}
		}
	}
	for _, m := range all {
		owed = owed || m.owed
	}
	return s.optional(g, all), owed
}

// optional adds faults and timers.
func (s *Search) optional(g *global, all []move) []move {
	for n, f := range s.w.Faults {
		of := f.Of - 1
		if int(g.faults) >= s.w.Budget || !g.runs(f.Site-1) || (of >= 0 && !g.runs(of)) {
			continue
		}
		all = append(all, move{kind: fails, site: int8(f.Site - 1), arg: int8(n)})
	}
	if int(g.timers) < s.w.Timers {
		for i := range s.w.Sites {
			if g.runs(i) && g.at[i].wake != effect.Never {
				all = append(all, move{kind: fires, site: int8(i)})
			}
		}
	}
	return all
}

// apply makes a move in g and returns what was told. The failure is that of a
// step, if it had one.
func (s *Search) apply(g *global, m move) (told []trace.Record, failure string) {
	site := int(m.site)
	switch m.kind {
	case pass:
		_, in, _ := g.next(int(m.link))
		g.passed(int(m.link))
		return s.step(g, site, in)
	case acts:
		return s.step(g, site, input{kind: act, act: int(m.arg)})
	case hears:
		g.told[site] |= 1 << m.arg
		return s.step(g, site, input{kind: gone, site: m.arg})
	case fires:
		g.timers++
		return s.step(g, site, input{kind: tick})
	case fails:
	}
	g.faults++
	switch f := s.w.Faults[m.arg]; f.Kind {
	case Wrong:
		return s.step(g, site, input{kind: gone, site: int8(f.Of - 1)})
	case Lapse:
		return s.lapse(g, site)
	case Break:
		g.lose(at(site, f.Of-1, msg.LaneControl))
		g.lose(at(site, f.Of-1, msg.LaneData))
	case Crash:
		g.stop(site)
		g.crashed |= 1 << site
		return []trace.Record{{Site: number(site), Fact: fact.Crash{}}}, ""
	}
	return nil, ""
}

func (s *Search) step(g *global, site int, in input) (told []trace.Record, failure string) {
	t := s.locals.step(g.at[site], in)
	for _, f := range t.facts {
		told = append(told, trace.Record{Site: number(site), Fact: f})
	}
	if t.failure == "" {
		g.enter(site, t)
	}
	return told, t.failure
}

// maxLapse bounds the timers that fire until a site suspects somebody.
const maxLapse = 8

// lapse runs a site's timers until it suspects whom it has not heard.
func (s *Search) lapse(g *global, site int) (told []trace.Record, failure string) {
	for range maxLapse {
		more, failure := s.step(g, site, input{kind: tick})
		told = append(told, more...)
		if failure != "" {
			return told, failure
		}
		for _, r := range more {
			if f, ok := r.Fact.(fact.Suspect); ok && !f.Cleared {
				return told, ""
			}
		}
	}
	return told, ""
}

// draw tells a move, for people. g is the state before it.
func (s *Search) draw(g *global, m move) string {
	who := int(m.site) + 1
	switch m.kind {
	case acts:
		return fmt.Sprintf("%d %v", who, s.w.Acts[m.site][m.arg])
	case hears:
		return fmt.Sprintf("%d hears that %d is gone", who, m.arg+1)
	case fires:
		return fmt.Sprintf("%d's timer fires", who)
	case fails:
		return s.w.Faults[m.arg].String()
	case pass:
	}
	_, in, _ := g.next(int(m.link))
	switch in.kind {
	case frame:
		return fmt.Sprintf("%d gets from %d: %s", who, in.site+1, s.contents(in.frame))
	case offered:
		return fmt.Sprintf("%d is offered a connection by %d", who, in.site+1)
	case connected:
		return fmt.Sprintf("%d is connected to %d", who, in.site+1)
	case broken:
		return fmt.Sprintf("%d sees its connection to %d broken", who, in.site+1)
	case shunned:
		return fmt.Sprintf("%d is told by %d that it was excluded", who, in.site+1)
	case tick, found, contact, gone, act:
	}
	return fmt.Sprintf("%d: input %+v", who, in)
}

// contents names the messages of a frame.
func (s *Search) contents(n frameID) string {
	f, err := wire.DecodeFrame(s.fr.bytes[n])
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, m := range f.Msgs {
		words = append(words, strings.TrimPrefix(fmt.Sprintf("%T", m), "*msg."))
	}
	if len(words) == 0 {
		return "an acknowledgement"
	}
	return strings.Join(words, ", ")
}

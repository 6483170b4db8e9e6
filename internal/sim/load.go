package sim

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// load makes a program do things, again and again at random times, until the
// load is over.
func (w *World) load(p *program) {
	if w.story != nil {
		return
	}
	if w.big != nil {
		w.big.begin(p)
		return
	}
	w.aside(w.between(2000, 60_000), func() { w.act(p) })
}

func (w *World) act(p *program) {
	if w.ended || p.s.stopped {
		return
	}
	if v := p.s.core.View(); v != nil && w.lulled == 0 {
		w.doSomething(p)
		if m := p.named(groupName(w.dice.N(w.Groups))); m != nil && w.dice.Chance(400) {
			m.read()
		}
	}
	w.aside(w.between(200, w.Pace), func() { w.act(p) })
}

func (w *World) doSomething(p *program) {
	if p == p.s.programs[0] && w.dice.Chance(120) {
		w.serve(p.s.host)
		return
	}
	name := groupName(w.dice.N(w.Groups))
	m := p.named(name)
	switch roll := w.dice.N(100); {
	case m == nil && roll < 3:
		w.replace(p, name)
	case m == nil && (roll < 30 || w.fresh(name)):
		w.join(p, name, w.dice.Chance(300), w.patience)
		if m := p.named(name); m != nil && w.dice.Chance(20) {
			w.spoil(p, m)
		}
	case m != nil && roll < 2:
		w.leave(p, m)
	case m != nil && m.group != 0 && roll < 5:
		w.flush(p, m)
	case roll < 8:
		w.castToList(p)
	case roll < 70:
		w.castSomething(p, name, false)
	case roll < 72:
		w.cancel(p, name)
	case roll < 95:
		w.castSomething(p, name, true)
	default:
		w.callProcess(p)
	}
}

// fresh reports whether nobody is in the group yet.
func (w *World) fresh(name string) bool {
	for _, h := range w.hosts {
		if h.site.running() && h.site.core.Lookup(name) != nil {
			return false
		}
	}
	return true
}

func groupName(n int) string { return fmt.Sprintf("g%d", n+1) }

func (w *World) join(p *program, name string, conservative bool, patience core.Patience) {
	if len(p.groups) > 64 {
		return
	}
	p.didJoin(name, conservative, patience)
	p.groups = append(p.groups, &membership{p: p, name: name})
	p.s.post(core.JoinGroup{Proc: p.proc, Name: name, Stateful: true, Conservative: conservative, Patience: patience})
}

// replace joins in the place of some member.
func (w *World) replace(p *program, name string) {
	g := p.s.core.Lookup(name)
	if g != nil && len(p.groups) <= 64 {
		old, conservative := Pick(w.dice, g.Members).Proc, w.dice.Chance(300)
		w.did("replace %s %s %s%s", p.name(), name, exactly(old), conservatively(conservative))
		w.replaceMember(p, name, old, conservative)
	}
}

func (w *World) replaceMember(p *program, name string, old id.Address, conservative bool) {
	p.groups = append(p.groups, &membership{p: p, name: name})
	p.s.post(core.JoinGroup{Proc: p.proc, Name: name, Replaces: old, Conservative: conservative})
}

// cancel gives up one of a program's last calls, if it called the group.
func (w *World) cancel(p *program, name string) {
	back := uint64(w.dice.N(4))
	if g := p.s.core.Lookup(name); g != nil && p.calls > back {
		w.did("cancel %s %s %d", p.name(), name, back)
		p.s.post(core.CancelCall{Proc: p.proc, Dest: g.Group, ID: p.calls - back})
	}
}

// spoil has the state that a program is to load be of no use to it.
func (w *World) spoil(p *program, m *membership) {
	w.did("spoil %s %s", p.name(), m.name)
	m.spoilt = true
}

// react has a program do something at once, as it handles a cast: mostly in the group
// that the cast was in.
func (w *World) react(m *membership) {
	p := m.p
	if p.s.stopped || !w.loads() || p.s.core.View() == nil {
		return
	}
	switch roll := w.dice.N(100); {
	case m.left || m.leaving || roll < 40:
		w.doSomething(p)
	case roll < 60:
		w.flush(p, m)
	case roll < 62:
		w.leave(p, m)
	default:
		w.castSomething(p, m.name, roll < 70)
	}
}

func (w *World) flush(p *program, m *membership) {
	w.did("flush %s %s", p.name(), m.name)
	p.calls++
	p.s.post(core.FlushGroup{Proc: p.proc, Group: m.group, ID: p.calls})
}

func (w *World) leave(p *program, m *membership) {
	if m.group != 0 && !m.leaving {
		w.did("leave %s %s", p.name(), m.name)
		m.leaving = true
		p.s.post(core.LeaveGroup{Proc: p.proc, Group: m.group})
	}
}

// castSomething casts or calls in a random order, from inside or outside.
func (w *World) castSomething(p *program, name string, calls bool) {
	g := p.s.core.Lookup(name)
	if g == nil {
		return
	}
	if m := p.named(name); m != nil && (m.group != g.Group || m.leaving) {
		return // joining, or leaving
	}
	order := Pick(w.dice, []msg.Order{msg.FIFO, msg.FIFO, msg.Causal, msg.Causal, msg.Causal, msg.Total, msg.Total, msg.Total, msg.Barrier})
	n, size := 1, 16
	if w.dice.Chance(300) {
		n = 1 + w.dice.N(20)
	}
	if w.dice.Chance(20) {
		size = w.dice.N(w.MaxCast)
		n = 1
	}
	p.cast(g.Group, order, w.dice.Chance(250), n, size, wanted(w.dice), calls)
}

// castToList casts to some groups, and now and then to a process as well.
func (w *World) castToList(p *program) {
	var dests []id.Address
	for n := range w.Groups {
		if g := p.s.core.Lookup(groupName(n)); g != nil && w.dice.Chance(700) {
			dests = append(dests, g.Group)
		}
	}
	if w.dice.Chance(300) {
		dests = append(dests, w.someProcess(p))
	}
	if len(dests) > 0 {
		size := 16
		if w.dice.Chance(50) {
			size = w.dice.N(w.MaxCast)
		}
		p.castList(dests, size)
	}
}

// callProcess calls a process by its own address.
func (w *World) callProcess(p *program) {
	p.cast(w.someProcess(p), msg.FIFO, false, 1, 16, 1, true)
}

// someProcess is a process that may be at one of the sites in view.
func (w *World) someProcess(p *program) id.Address {
	return id.Process(Pick(w.dice, p.s.core.View().Members).Site, uint16(1+w.dice.N(w.Programs)))
}

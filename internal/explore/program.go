package explore

import (
	"encoding/binary"
	"fmt"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// program is the user's program at one site. It handles what it is handed at
// once, and its state in a group is a sum over the casts it was delivered.
type program struct {
	proc   id.Address
	groups []membership
	calls  uint64
	broken string // it was handed what makes no sense
}

// membership is the program's part in one group.
type membership struct {
	group   id.Address // 0 while it is not in
	view    uint64
	sum     uint64 // over all casts
	chain   uint64 // over Total and Barrier casts, in order
	xfer    uint64
	loading []byte
}

func newProgram(index, groups int) program {
	return program{proc: proc(index), groups: make([]membership, groups)}
}

// in is the address of a group that the program is in, or 0.
func (p *program) in(group int) id.Address { return p.groups[group].group }

func (p *program) find(group id.Address) *membership {
	for i := range p.groups {
		if group != 0 && p.groups[i].group == group {
			return &p.groups[i]
		}
	}
	return nil
}

// act makes the event of the n-th act. A payload says whose it is and which.
func (p *program) act(a Act, n int) core.Event {
	group := p.in(a.Group)
	switch a.Do {
	case Join:
		ev := core.JoinGroup{Proc: p.proc, Name: groupName(a.Group), Stateful: true}
		if a.Of != 0 {
			ev.Replaces = proc(a.Of - 1)
		}
		return ev
	case Leave:
		return core.LeaveGroup{Proc: p.proc, Group: group}
	case Flush:
		p.calls++
		return core.FlushGroup{Proc: p.proc, Group: group, ID: p.calls}
	case Cast, Call:
	}
	payload := binary.LittleEndian.AppendUint64(nil, uint64(p.proc)<<8+uint64(n))
	ev := core.Cast{Proc: p.proc, Dest: group, Order: a.Order, Safe: a.Safe, N: 1, Body: msg.AppendCast(nil, payload)}
	if a.Do == Call {
		p.calls++
		ev.Calls = []core.CallSpec{{ID: p.calls, Want: call.All}}
	}
	return ev
}

// handle takes what the core hands over, and returns what the program answers.
func (p *program) handle(items []core.Item, o *outcome) (answers []core.Event) {
	for _, i := range items {
		switch i := i.(type) {
		case core.Joined:
			for n := range p.groups {
				if groupName(n) == i.Name {
					p.groups[n].group = i.Group
				}
			}
		case core.Left:
			if m := p.find(i.Group); m != nil {
				*m = membership{}
			}
		case core.Viewed:
			if m := p.find(i.View.Group); m != nil {
				m.view = i.View.Index
			}
		case core.Casts:
			answers = append(answers, p.casts(i)...)
		default:
			answers = append(answers, p.transfer(i, o)...)
		}
	}
	return answers
}

func (p *program) casts(c core.Casts) (answers []core.Event) {
	m := p.find(c.Group)
	if m == nil {
		p.broken = fmt.Sprintf("stream: casts of a group %v that its program is not in", c.Group)
		return nil
	}
	rest := c.Run.Body
	for k := range int(c.Run.N) {
		payload, next, ok := msg.NextCast(rest)
		if !ok || len(payload) != 8 {
			p.broken = "stream: a malformed cast was delivered"
			return nil
		}
		rest = next
		h := mix(binary.LittleEndian.Uint64(payload))
		m.sum += h
		if c.Run.Order == msg.Total || c.Run.Order == msg.Barrier {
			m.chain = mix(m.chain ^ h)
		}
		if c.Run.Call {
			answers = append(answers, core.Answer{Proc: p.proc, Request: c.Request(k), Body: payload})
		}
	}
	return append(answers, core.Used{Proc: p.proc, Group: c.Group, Since: c.Since, Items: 1})
}

// digest is what members of the same view must have in common in the end.
func (m *membership) digest() uint64 { return mix(m.sum) ^ m.chain }

// transfer handles the items that move the state.
func (p *program) transfer(i core.Item, o *outcome) []core.Event {
	switch i := i.(type) {
	case core.Capture:
		m := p.find(i.Group)
		if m == nil {
			return nil
		}
		o.facts = append(o.facts, fact.Digest{Proc: p.proc, Group: i.Group, Xfer: i.Xfer, Sum: m.digest()})
		b := binary.LittleEndian.AppendUint64(nil, m.sum)
		b = binary.LittleEndian.AppendUint64(b, m.chain)
		return []core.Event{core.StateBlock{Proc: p.proc, Group: i.Group, Joiner: i.Joiner, Xfer: i.Xfer, Bytes: b, Last: true}}
	case core.Restore:
		if m := p.find(i.Group); m != nil {
			m.loading, m.xfer = nil, i.Xfer
		}
	case core.RestoreBlock:
		if m := p.find(i.Group); m != nil && m.xfer == i.Xfer {
			m.loading = append(m.loading, i.Bytes...)
			return []core.Event{core.StateRead{Proc: p.proc, Group: i.Group, Xfer: i.Xfer, Bytes: len(i.Bytes)}}
		}
	case core.RestoreEnd:
		if m := p.find(i.Group); m != nil && m.xfer == i.Xfer {
			return p.restored(m, i, o)
		}
	}
	return nil
}

func (p *program) restored(m *membership, i core.RestoreEnd, o *outcome) []core.Event {
	if i.Err == "" && len(m.loading) == 16 {
		m.sum = binary.LittleEndian.Uint64(m.loading)
		m.chain = binary.LittleEndian.Uint64(m.loading[8:])
		o.facts = append(o.facts, fact.Digest{Proc: p.proc, Group: i.Group, Xfer: i.Xfer, Sum: m.digest()})
	}
	m.loading = nil
	return []core.Event{core.Restored{Proc: p.proc, Group: i.Group, Xfer: i.Xfer, Err: i.Err}}
}

package msg

import "github.com/cohortkit/cohort/internal/core/view"

// Most bytes that parts of messages take on the wire. To look at each number would
// cost as much as to write it.
const (
	number      = 10
	address     = 8
	ballot      = 2*number + address
	small       = 128  // a message of the control lane, but for its lists and texts
	text        = 1100 // for people
	seenSize    = address + 2*number
	sessionSize = 3*address + 6*number
	forwardSize = 2*address + 2*number
	opSize      = 3*address + 4*number
	memberSize  = 2*address + 3*number
	groupSize   = address + 5*number
	rankSize    = address + number + 2
	removalSize = address + number + 1
	lossSize    = removalSize + 4*number
	markSize    = address + 2*number
	owedSize    = 2*address + 2*number
	destSize    = address + number
)

// Most is at least as many bytes as a message of the control lane takes on the
// wire, and seldom more than a few times that.
func Most(m Message) int {
	switch m := m.(type) {
	case *Ack:
		return small + number*(len(m.Held)+len(m.Used))
	case *FlushOK:
		return small + number*len(m.Held) + seenSize*len(m.Seen) + sessionSize*len(m.Clients.Sessions)
	case *Install:
		return small + seenSize*len(m.Seen) + sessionSize*len(m.Clients.Sessions)
	case *Cut:
		return small + number*len(m.Counts) + forwardSize*len(m.Forward)
	case *Commit:
		return small + m.Entry.Most() + address*len(m.Agreed)
	case *Propose:
		return small + m.Entry.Most()
	case *Accept:
		return small + m.Vote.most()
	case *Promise:
		size := small + m.Vote.most() + mostOf(m.Decided)
		if m.Accepted != nil {
			size += m.Accepted.Most() + ballot
		}
		return size
	case *Prepare:
		return small + (address+1)*len(m.Accused)
	case *Accuse:
		return small + (address+1)*len(m.Accused)
	case *Decided:
		return small + mostOf(m.Entries)
	case *Submit:
		return small + mostOfOps(m.Ops)
	case *Snapshot:
		return m.most()
	case *DepAsk:
		return small + number*len(m.Time)
	case *DepDone:
		return small + number*len(m.Time)
	case *Join:
		return small + mostOfMember(&m.Member)
	case *Refuse:
		return text
	}
	return small
}

// Most is the same for an entry of the log.
func (e *Entry) Most() int {
	size := 4*number + mostOfOps(e.Ops)
	for i := range e.Remove {
		size += removalSize + address*len(e.Remove[i].Accusers)
	}
	for i := range e.Add {
		size += mostOfMember(&e.Add[i])
	}
	return size
}

func mostOf(entries []*Entry) (size int) {
	for _, e := range entries {
		size += e.Most()
	}
	return size
}

func mostOfOps(ops []Op) (size int) {
	for i := range ops {
		size += ops[i].Most()
	}
	return size
}

// Most is the same for an operation.
func (op *Op) Most() int {
	size := opSize + len(op.Name)
	if op.List != nil {
		size += 2*number + destSize*len(op.List.Dests)
	}
	return size
}

func mostOfMember(m *view.Member) int { return memberSize + len(m.Name) + len(m.Addr) }

func (v *Vote) most() int { return 2*number + address*(len(v.Heirs)+len(v.Without)) }

func (m *Snapshot) most() int {
	size := small + 6*number + address*len(m.Removed)
	for i := range m.View.Members {
		size += mostOfMember(&m.View.Members[i])
	}
	for i := range m.Losses {
		x := &m.Losses[i]
		size += lossSize + len(x.Name) + address*(len(x.Accusers)+len(x.Agreed))
	}
	for _, g := range m.Groups {
		size += groupSize + len(g.Name) + rankSize*len(g.Members)
	}
	for i := range m.Marks {
		size += markSize + owedSize*len(m.Marks[i].Owed)
	}
	return size
}

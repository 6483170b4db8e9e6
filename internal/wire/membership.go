package wire

import (
	"encoding/binary"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Messages of the membership log. Each pair of functions lists the fields in
// the same order, which is that of the wire.

// Least sizes of list elements, in bytes.
const (
	minSite        = 8
	minMember      = 8 + 1 + 1 + 1 + 8
	minGroup       = 8 + 1 + 1 + 1 + 1 + 1
	minGroupMember = 8 + 1 + 1 + 1
	minRemoval     = 8 + 1 + 1
	minLoss        = minRemoval + 1 + 1 + 1 + 1
	minAccuse      = 8 + 1
	minOp          = 1 + 8 + 8 + 1 + 1 + 1
	minEntry       = 1 + 1 + 1 + 1
)

func appendSites(b []byte, sites []id.Site) []byte {
	b = binary.AppendUvarint(b, uint64(len(sites)))
	for _, s := range sites {
		b = appendSite(b, s)
	}
	return b
}

func readSites(r *reader) []id.Site {
	out := slots[id.Site](r, minSite)
	for i := range out {
		out[i] = r.site()
	}
	return out
}

func appendMember(b []byte, m view.Member) []byte {
	b = appendSite(b, m.Site)
	b = appendName(b, m.Name)
	b = appendName(b, m.Addr)
	b = binary.AppendUvarint(b, uint64(m.Weight))
	return binary.LittleEndian.AppendUint64(b, m.Machine)
}

func readMember(r *reader) view.Member {
	return view.Member{Site: r.site(), Name: r.name(), Addr: r.name(), Weight: r.uint32(), Machine: r.fixed64()}
}

func appendMembers(b []byte, members []view.Member) []byte {
	b = binary.AppendUvarint(b, uint64(len(members)))
	for _, m := range members {
		b = appendMember(b, m)
	}
	return b
}

func readMembers(r *reader) []view.Member {
	out := slots[view.Member](r, minMember)
	for i := range out {
		out[i] = readMember(r)
	}
	return out
}

func appendGroup(b []byte, g *view.Group) []byte {
	b = appendAddr(b, g.Group)
	b = appendName(b, g.Name)
	b = binary.AppendUvarint(b, g.Index)
	b = binary.AppendUvarint(b, g.Seq)
	b = binary.AppendUvarint(b, g.Grown)
	b = binary.AppendUvarint(b, uint64(len(g.Members)))
	for _, m := range g.Members {
		b = appendAddr(b, m.Proc)
		b = binary.AppendUvarint(b, m.Joined)
		b = appendBool(b, m.Ready)
		b = appendBool(b, m.Aside)
	}
	return b
}

func readGroup(r *reader) *view.Group {
	g := &view.Group{Group: r.addr(), Name: r.name(), Index: r.uvarint(), Seq: r.uvarint(), Grown: r.uvarint()}
	g.Members = slots[view.GroupMember](r, minGroupMember)
	for i := range g.Members {
		g.Members[i] = view.GroupMember{Proc: r.addr(), Joined: r.uvarint(), Ready: r.bool(), Aside: r.bool()}
	}
	return g
}

func appendBallot(b []byte, x msg.Ballot) []byte {
	b = binary.AppendUvarint(b, x.ViewSeq)
	b = binary.AppendUvarint(b, x.Round)
	return appendSite(b, x.Owner)
}

func readBallot(r *reader) msg.Ballot {
	return msg.Ballot{ViewSeq: r.uvarint(), Round: r.uvarint(), Owner: r.site()}
}

func readEvidence(r *reader) msg.Evidence {
	e := msg.Evidence(r.byte())
	r.check(e >= msg.Crash && e <= msg.Left, "unknown evidence")
	return e
}

func appendRemoval(b []byte, x msg.Removal) []byte {
	b = appendSite(b, x.Site)
	b = append(b, byte(x.Evidence))
	return appendSites(b, x.Accusers)
}

func readRemoval(r *reader) msg.Removal {
	return msg.Removal{Site: r.site(), Evidence: readEvidence(r), Accusers: readSites(r)}
}

func appendOps(b []byte, ops []msg.Op) []byte {
	b = binary.AppendUvarint(b, uint64(len(ops)))
	for _, op := range ops {
		b = append(b, byte(op.Kind))
		b = appendAddr(b, op.Proc)
		b = appendAddr(b, op.Group)
		b = appendName(b, op.Name)
		b = binary.AppendUvarint(b, op.Index)
		b = appendBool(b, op.Stateful)
		if op.Kind.Accuses() {
			b = appendAddr(b, op.Old)
			b = binary.AppendUvarint(b, op.Since)
		}
		if op.Kind == msg.OpList {
			b = appendList(b, op.List)
		}
	}
	return b
}

func readOps(r *reader) []msg.Op {
	out := slots[msg.Op](r, minOp)
	for i := range out {
		k := msg.OpKind(r.byte())
		r.check(k >= msg.OpJoin && k <= msg.OpTaken, "unknown operation")
		out[i] = msg.Op{
			Kind: k, Proc: r.addr(), Group: r.addr(), Name: r.name(), Index: r.uvarint(), Stateful: r.bool(),
		}
		if k.Accuses() {
			out[i].Old, out[i].Since = r.addr(), r.uvarint()
		}
		if k == msg.OpList {
			out[i].List = readList(r)
		}
	}
	return out
}

func appendEntry(b []byte, e *msg.Entry) []byte {
	b = binary.AppendUvarint(b, e.Index)
	b = binary.AppendUvarint(b, uint64(len(e.Remove)))
	for _, x := range e.Remove {
		b = appendRemoval(b, x)
	}
	b = appendMembers(b, e.Add)
	return appendOps(b, e.Ops)
}

func readEntry(r *reader) *msg.Entry {
	e := &msg.Entry{Index: r.uvarint(), Remove: slots[msg.Removal](r, minRemoval)}
	for i := range e.Remove {
		e.Remove[i] = readRemoval(r)
	}
	e.Add = readMembers(r)
	e.Ops = readOps(r)
	return e
}

func appendEntries(b []byte, entries []*msg.Entry) []byte {
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for _, e := range entries {
		b = appendEntry(b, e)
	}
	return b
}

func readEntries(r *reader) []*msg.Entry {
	out := slots[*msg.Entry](r, minEntry)
	for i := range out {
		out[i] = readEntry(r)
	}
	return out
}

func appendJoin(b []byte, m *msg.Join) []byte { return appendMember(b, m.Member) }

func readJoin(r *reader) *msg.Join { return &msg.Join{Member: readMember(r)} }

func appendRefuse(b []byte, m *msg.Refuse) []byte { return appendText(b, m.Why) }

func readRefuse(r *reader) *msg.Refuse { return &msg.Refuse{Why: r.text()} }

func appendPrepare(b []byte, m *msg.Prepare) []byte {
	b = appendBallot(b, m.Ballot)
	b = appendBool(b, m.Ask)
	b = binary.AppendUvarint(b, m.Index)
	return appendAccused(b, m.Accused)
}

func readPrepare(r *reader) *msg.Prepare {
	return &msg.Prepare{Ballot: readBallot(r), Ask: r.bool(), Index: r.uvarint(), Accused: readAccused(r)}
}

func appendVote(b []byte, v msg.Vote) []byte {
	b = appendSites(b, v.Heirs)
	return appendSites(b, v.Without)
}

func readVote(r *reader) msg.Vote { return msg.Vote{Heirs: readSites(r), Without: readSites(r)} }

// appendPromise says At only with an Accepted, whose ballot it is.
func appendPromise(b []byte, m *msg.Promise) []byte {
	b = appendBallot(b, m.Ballot)
	b = appendBool(b, m.Ask)
	b = appendVote(b, m.Vote)
	b = binary.AppendUvarint(b, m.Index)
	b = appendEntries(b, m.Decided)
	b = appendBool(b, m.Accepted != nil)
	if m.Accepted != nil {
		b = appendEntry(b, m.Accepted)
		b = appendBallot(b, m.At)
	}
	return b
}

func readPromise(r *reader) *msg.Promise {
	m := &msg.Promise{Ballot: readBallot(r), Ask: r.bool(), Vote: readVote(r), Index: r.uvarint(), Decided: readEntries(r)}
	if r.bool() {
		m.Accepted = readEntry(r)
		m.At = readBallot(r)
	}
	return m
}

func appendPropose(b []byte, m *msg.Propose) []byte {
	b = appendBallot(b, m.Ballot)
	return appendEntry(b, m.Entry)
}

func readPropose(r *reader) *msg.Propose {
	return &msg.Propose{Ballot: readBallot(r), Entry: readEntry(r)}
}

func appendAccept(b []byte, m *msg.Accept) []byte {
	b = appendBallot(b, m.Ballot)
	b = binary.AppendUvarint(b, m.Index)
	return appendVote(b, m.Vote)
}

func readAccept(r *reader) *msg.Accept {
	return &msg.Accept{Ballot: readBallot(r), Index: r.uvarint(), Vote: readVote(r)}
}

func appendNack(b []byte, m *msg.Nack) []byte {
	b = appendBallot(b, m.Ballot)
	b = appendBallot(b, m.Promised)
	return appendSite(b, m.Alive)
}

func readNack(r *reader) *msg.Nack {
	return &msg.Nack{Ballot: readBallot(r), Promised: readBallot(r), Alive: r.site()}
}

func appendCommit(b []byte, m *msg.Commit) []byte {
	b = appendEntry(b, m.Entry)
	b = binary.LittleEndian.AppendUint64(b, m.Hash)
	return appendSites(b, m.Agreed)
}

func readCommit(r *reader) *msg.Commit {
	return &msg.Commit{Entry: readEntry(r), Hash: r.fixed64(), Agreed: readSites(r)}
}

func appendHeartbeat(b []byte, m *msg.Heartbeat) []byte {
	b = binary.AppendUvarint(b, m.View)
	b = binary.AppendUvarint(b, m.Stamp)
	return binary.AppendUvarint(b, m.Grant)
}

func readHeartbeat(r *reader) *msg.Heartbeat {
	return &msg.Heartbeat{View: r.uvarint(), Stamp: r.uvarint(), Grant: r.uvarint()}
}

func appendFetch(b []byte, m *msg.Fetch) []byte { return binary.AppendUvarint(b, m.Index) }

func readFetch(r *reader) *msg.Fetch { return &msg.Fetch{Index: r.uvarint()} }

func appendDecided(b []byte, m *msg.Decided) []byte { return appendEntries(b, m.Entries) }

func readDecided(r *reader) *msg.Decided { return &msg.Decided{Entries: readEntries(r)} }

func appendSnapshot(b []byte, m *msg.Snapshot) []byte {
	b = binary.LittleEndian.AppendUint64(b, m.System)
	b = binary.AppendUvarint(b, m.Index)
	b = binary.LittleEndian.AppendUint64(b, m.Hash)
	b = binary.AppendUvarint(b, m.View.Seq)
	b = appendMembers(b, m.View.Members)
	b = binary.AppendUvarint(b, m.Since)
	b = binary.LittleEndian.AppendUint64(b, m.Mark)
	b = appendSites(b, m.Removed)
	b = appendLosses(b, m.Losses)
	b = binary.AppendUvarint(b, uint64(len(m.Groups)))
	for _, g := range m.Groups {
		b = appendGroup(b, g)
	}
	b = binary.AppendUvarint(b, m.Lists)
	return appendListMarks(b, m.Marks)
}

func readSnapshot(r *reader) *msg.Snapshot {
	m := &msg.Snapshot{System: r.fixed64(), Index: r.uvarint(), Hash: r.fixed64()}
	m.View = &view.Site{Seq: r.uvarint(), Members: readMembers(r)}
	m.Since, m.Mark = r.uvarint(), r.fixed64()
	m.Removed = readSites(r)
	m.Losses = readLosses(r)
	m.Groups = slots[*view.Group](r, minGroup)
	for i := range m.Groups {
		m.Groups[i] = readGroup(r)
	}
	m.Lists, m.Marks = r.uvarint(), readListMarks(r)
	return m
}

func appendLosses(b []byte, list []msg.Loss) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, x := range list {
		b = appendLoss(b, x)
	}
	return b
}

func appendLoss(b []byte, x msg.Loss) []byte {
	b = appendRemoval(b, x.Removal)
	b = appendName(b, x.Name)
	b = binary.AppendUvarint(b, x.Index)
	b = binary.AppendUvarint(b, x.View)
	return appendSites(b, x.Agreed)
}

func readLosses(r *reader) []msg.Loss {
	list := slots[msg.Loss](r, minLoss)
	for i := range list {
		list[i] = msg.Loss{Removal: readRemoval(r), Name: r.name(), Index: r.uvarint(), View: r.uvarint(), Agreed: readSites(r)}
	}
	return list
}

func appendAccused(b []byte, list []msg.Accusation) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, a := range list {
		b = appendSite(b, a.Site)
		b = append(b, byte(a.Evidence))
	}
	return b
}

func readAccused(r *reader) []msg.Accusation {
	list := slots[msg.Accusation](r, minAccuse)
	for i := range list {
		list[i] = msg.Accusation{Site: r.site(), Evidence: readEvidence(r)}
	}
	return list
}

func appendBond(b []byte, m *msg.Bond) []byte {
	b = binary.AppendUvarint(b, m.From)
	return binary.LittleEndian.AppendUint64(b, m.Until)
}

func readBond(r *reader) *msg.Bond {
	return &msg.Bond{From: r.uvarint(), Until: r.fixed64()}
}

func appendSubmit(b []byte, m *msg.Submit) []byte { return appendOps(b, m.Ops) }

func readSubmit(r *reader) *msg.Submit { return &msg.Submit{Ops: readOps(r)} }

package trace

import (
	"strconv"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// siteFact appends the fields of a fact about a site, in the order in which
// package fact declares them, and tells whether f is one.
func (l *line) siteFact(f fact.Fact) bool {
	switch f := f.(type) {
	case fact.Start:
		l.optText("name", f.Name)
		l.optFlag("founder", f.Founder)
		l.optNum("least", f.Least)
	case fact.SiteView:
		l.num("seq", f.Seq)
		l.num("index", f.Index)
		l.big("hash", f.Hash)
		l.members("members", f.Members)
		l.optSites("joined", f.Joined)
		l.optRemovals("removed", f.Removed)
		l.optSites("agreed", f.Agreed)
		l.optFlag("jumped", f.Jumped)
	case fact.Applied:
		l.num("index", f.Index)
		l.big("hash", f.Hash)
	case fact.Accepted:
		l.num("index", f.Index)
		l.num("vseq", f.ViewSeq)
		l.num("round", f.Round)
		l.site("owner", f.Owner)
	case fact.Takeover:
		l.num("vseq", f.ViewSeq)
		l.num("round", f.Round)
	case fact.Heir:
		l.num("vseq", f.ViewSeq)
		l.site("of", f.Of)
	case fact.Suspect:
		l.site("of", f.Site)
		l.text("evidence", f.Evidence)
		l.optFlag("cleared", f.Cleared)
	case fact.Stall, fact.Resume, fact.Crash:
	case fact.Halt:
		l.text("why", f.Why)
	case fact.Quiet:
		l.sites("alive", f.Alive)
	default:
		return false
	}
	return true
}

// in appends the fields that nearly all facts about a group begin with.
func (l *line) in(p, g id.Address) {
	l.addr("p", p)
	l.addr("g", g)
}

func (l *line) inView(p, g id.Address, v uint64) {
	l.in(p, g)
	l.num("v", v)
}

func (l *line) upto(p, g id.Address, v uint64, from id.Address, upto uint64) {
	l.inView(p, g, v)
	l.addr("from", from)
	l.num("upto", upto)
}

// groupFact does the same for facts about casts and views of groups.
func (l *line) groupFact(f fact.Fact) bool {
	switch f := f.(type) {
	case fact.View:
		l.view(f)
	case fact.Op:
		l.num("index", f.Index)
		l.addr("g", f.Group)
		l.optAddrs("joined", f.Joined)
		l.optAddrs("left", f.Left)
		l.optAddrs("ready", f.Ready)
		l.optAddrs("aside", f.Aside)
		l.optAddrs("heirs", f.Heirs)
	case fact.Made:
		l.in(f.Proc, f.Group)
		l.optNum("since", f.Since)
		l.optNum("first", f.First)
		l.num("n", uint64(f.N))
		l.text("order", string(f.Order))
	case fact.Send:
		l.inView(f.Proc, f.Group, f.View)
		l.num("first", f.First)
		l.num("n", uint64(f.N))
		l.text("order", string(f.Order))
		l.optFlag("safe", f.Safe)
		l.optFlag("call", f.Call)
		l.optAddr("origin", f.Origin)
		l.optNum("ofirst", f.OFirst)
		l.optFlag("strong", f.Strong)
		l.optNum("later", f.Later)
		l.optFlag("void", f.Void)
	case fact.Held:
		l.upto(f.Proc, f.Group, f.View, f.Sender, f.Upto)
	case fact.Deliver:
		l.deliver(f)
	case fact.Stable:
		l.upto(f.Proc, f.Group, f.View, f.Sender, f.Upto)
	case fact.Sequencer:
		l.inView(f.Proc, f.Group, f.View)
		l.addr("of", f.Of)
	case fact.Block:
		l.inView(f.Proc, f.Group, f.View)
		l.num("attempt", f.Attempt)
	case fact.FlushOK:
		l.inView(f.Proc, f.Group, f.View)
		l.num("attempt", f.Attempt)
	case fact.Cut:
		l.inView(f.Proc, f.Group, f.View)
		l.num("attempt", f.Attempt)
		l.nums("cut", f.Counts)
	case fact.Drop:
		l.inView(f.Proc, f.Group, f.View)
		l.addr("from", f.Sender)
		l.num("first", f.First)
		l.num("n", uint64(f.N))
	case fact.Leave:
		l.in(f.Proc, f.Group)
		l.text("why", f.Why)
		l.optNum("unsent", f.Unsent)
	default:
		return false
	}
	return true
}

func (l *line) view(f fact.View) {
	l.in(f.Proc, f.Group)
	l.optText("name", f.Name)
	l.num("v", f.View)
	l.num("seq", f.Seq)
	l.num("attempt", f.Attempt)
	l.addrs("members", f.Members)
	l.addrs("ready", f.Ready)
	l.optAddrs("joined", f.Joined)
	l.optAddrs("left", f.Left)
	l.optAddrs("moved", f.Moved)
}

func (l *line) deliver(f fact.Deliver) {
	l.inView(f.Proc, f.Group, f.View)
	l.addr("from", f.Sender)
	l.num("first", f.First)
	l.num("n", uint64(f.N))
	l.text("order", string(f.Order))
	l.optFlag("safe", f.Safe)
	l.optNum("pos", f.Pos)
	l.optAddr("origin", f.Origin)
	l.optNum("ofirst", f.OFirst)
	l.optFlag("dup", f.Duplicate)
	l.optNum("session", f.Session)
	l.optFlag("void", f.Void)
}

// listFact does the same for casts to lists.
func (l *line) listFact(f fact.Fact) bool {
	switch f := f.(type) {
	case fact.ListCast:
		l.addr("p", f.Proc)
		l.num("id", f.ID)
		l.num("num", f.Num)
		l.addrs("dests", f.Dests)
	case fact.ListDone:
		l.addr("p", f.Proc)
		l.num("id", f.ID)
		l.num("num", f.Num)
		l.text("end", f.End)
	case fact.Brought:
		l.inView(f.Proc, f.Group, f.View)
		l.addr("caller", f.Caller)
		l.num("num", f.Num)
	case fact.Listed:
		l.inView(f.Proc, f.Group, f.View)
		l.addr("caller", f.Caller)
		l.num("num", f.Num)
		l.num("number", f.Number)
	default:
		return false
	}
	return true
}

// toolFact does the same for sessions, flushes, reads and state transfer.
func (l *line) toolFact(f fact.Fact) bool {
	switch f := f.(type) {
	case fact.Session:
		l.inView(f.Proc, f.Group, f.View)
		l.num("session", f.Session)
		l.text("what", f.What)
		l.addr("client", f.Client)
		l.optAddr("holder", f.Holder)
		l.optNum("last", f.Last)
	case fact.FlushCall:
		l.in(f.Proc, f.Group)
		l.num("id", f.ID)
		l.optNum("queued", f.Queued)
	case fact.FlushDone:
		l.in(f.Proc, f.Group)
		l.num("id", f.ID)
	case fact.ReadCall:
		l.in(f.Proc, f.Group)
		l.num("id", f.ID)
	case fact.ReadDone:
		l.in(f.Proc, f.Group)
		l.num("id", f.ID)
		l.optNum("v", f.View)
		l.nums("counts", f.Counts)
		l.optNum("lists", f.Lists)
		l.optText("err", f.Err)
	case fact.Snapshot:
		l.inView(f.Proc, f.Group, f.View)
		l.addr("to", f.To)
		l.num("xfer", f.Xfer)
		l.nums("counts", f.Counts)
	case fact.Loaded:
		l.inView(f.Proc, f.Group, f.View)
		l.addr("from", f.From)
		l.num("xfer", f.Xfer)
		l.nums("counts", f.Counts)
	case fact.Digest:
		l.in(f.Proc, f.Group)
		l.optNum("xfer", f.Xfer)
		l.big("sum", f.Sum)
	default:
		return false
	}
	return true
}

// callFact does the same for calls.
func (l *line) callFact(f fact.Fact) bool {
	switch f := f.(type) {
	case fact.Call:
		l.in(f.Caller, f.Group)
		l.num("id", f.ID)
		l.key("want")
		l.b = strconv.AppendInt(l.b, int64(f.Want), 10)
		l.text("order", string(f.Order))
	case fact.Asked:
		l.in(f.Caller, f.Group)
		l.num("id", f.ID)
		l.num("v", f.View)
		l.num("cast", f.Cast)
		l.optNum("session", f.Session)
		l.optAddr("holder", f.Holder)
	case fact.Reply:
		l.in(f.Proc, f.Group)
		l.addr("to", f.Caller)
		l.optNum("v", f.View)
		l.num("cast", f.Cast)
		l.optFlag("null", f.Null)
		l.optNum("session", f.Session)
		if f.Sum != 0 {
			l.big("sum", f.Sum)
		}
		l.optFlag("copied", f.Copied)
		l.optNum("cview", f.CopyView)
		l.optNum("copy", f.Copy)
	case fact.Outcome:
		l.in(f.Caller, f.Group)
		l.num("id", f.ID)
		l.optAddr("member", f.Member)
		l.text("kind", f.Kind)
	case fact.Done:
		l.in(f.Caller, f.Group)
		l.num("id", f.ID)
		l.optText("err", f.Err)
	default:
		return false
	}
	return true
}

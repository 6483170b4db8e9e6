package wire

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
	"github.com/cohortkit/cohort/internal/core/view"
)

// A sample is a frame whose bytes are on file.
type sample struct {
	name  string
	frame *msg.Frame
}

func control(ms ...msg.Message) *msg.Frame {
	return &msg.Frame{Lane: msg.LaneControl, Got: [msg.Lanes]uint64{3, 500, 0}, Index: 12, Msgs: ms}
}

func data(m msg.Message) *msg.Frame { return &msg.Frame{Lane: msg.LaneData, Msgs: []msg.Message{m}} }

func bulk(m msg.Message) *msg.Frame { return &msg.Frame{Lane: msg.LaneBulk, Msgs: []msg.Message{m}} }

var (
	group  = id.Group(7, 1)
	first  = id.Process(0x1111, 1)
	second = id.Process(0x2222, 2)
	caller = id.Process(id.MaxSite, 0xFFFF)
	ballot = msg.Ballot{ViewSeq: 4, Round: 1, Owner: 0x1111}
	host   = view.Member{Site: 0x3333, Name: "carol", Addr: "10.0.0.3:7000", Weight: 1, Machine: 0xAB54A98CEB1F0AD2}
	entry  = &msg.Entry{
		Index:  13,
		Remove: []msg.Removal{{Site: 0x2222, Evidence: msg.Timeout, Accusers: []id.Site{0x1111, 0x3333}}},
		Add:    []view.Member{host},
		Ops:    []msg.Op{{Kind: msg.OpJoin, Proc: first, Name: "bank", Stateful: true}, {Kind: msg.OpFlush, Group: group, Index: 9}},
	}
)

func body(payloads ...string) (b []byte) {
	for _, p := range payloads {
		b = msg.AppendCast(b, []byte(p))
	}
	return b
}

// samples has one frame or more of every kind, in the order of kinds, and
// first the frames about which no kind matters.
func samples() []sample {
	return slices.Concat([]sample{
		{"frame empty", control()},
		{"frame of three", control(&msg.Heartbeat{}, &msg.Fetch{Index: 300}, &msg.Heartbeat{})},
	}, membershipSamples(), castSamples(), groupSamples(), transferSamples())
}

func membershipSamples() []sample {
	return []sample{
		{"heartbeat", control(&msg.Heartbeat{View: 3, Stamp: 1_200_000_000, Grant: 900_000_000})},
		{"join", control(&msg.Join{Member: host})},
		{"refuse", control(&msg.Refuse{Why: "the name is taken"})},
		{"prepare", control(&msg.Prepare{Ballot: ballot, Index: 12, Accused: []msg.Accusation{{Site: 0x2222, Evidence: msg.Crash}}})},
		{"prepare to ask", control(&msg.Prepare{Ballot: ballot, Ask: true, Index: 12})},
		{"promise with nothing accepted", control(&msg.Promise{Ballot: ballot, Ask: true, Index: 12})},
		{"promise with all", control(&msg.Promise{
			Ballot: ballot, Vote: msg.Vote{Without: []id.Site{0x2222}}, Index: 11, Decided: []*msg.Entry{{Index: 12}}, Accepted: entry, At: msg.Ballot{ViewSeq: 3, Owner: 0x1111},
		})},
		{"propose", control(&msg.Propose{Ballot: ballot, Entry: entry})},
		{"accept", control(&msg.Accept{Ballot: ballot, Index: 13})},
		{"accept as heir", control(&msg.Accept{Ballot: ballot, Index: 13, Vote: msg.Vote{
			Heirs: []id.Site{0x2222}, Without: []id.Site{0x2222, 0x4444},
		}})},
		{"nack", control(&msg.Nack{Ballot: ballot, Promised: msg.Ballot{ViewSeq: 4, Round: 2, Owner: 0x3333}, Alive: 0x2222})},
		{"commit", control(&msg.Commit{Entry: entry, Agreed: []id.Site{0x1111, 0x3333}})},
		{"fetch", control(&msg.Fetch{Index: 12})},
		{"decided", control(&msg.Decided{Entries: []*msg.Entry{{Index: 12}, entry}})},
		{"snapshot", control(&msg.Snapshot{
			System: 0x0123456789ABCDEF, Index: 13, Hash: 0xFEDCBA9876543210,
			Losses: []msg.Loss{{
				Removal: msg.Removal{Site: 0x2222, Evidence: msg.Timeout, Accusers: []id.Site{0x1111, 0x3333}},
				Name:    "bob", Index: 11, View: 4, Agreed: []id.Site{0x1111},
			}},
			View: &view.Site{Seq: 4, Members: []view.Member{{Site: 0x1111, Name: "alice", Addr: "10.0.0.1:7000", Weight: 2}, host}},
			Groups: []*view.Group{{Group: group, Name: "bank", Index: 13, Seq: 2, Members: []view.GroupMember{
				{Proc: first, Joined: 7, Ready: true}, {Proc: second, Joined: 13, Aside: true},
			}, Grown: 13}}, Lists: 5, Marks: []msg.ListMark{{Site: 0x1111}, {Site: 0x2222, Num: 9, Owed: []msg.Owed{{Number: 5, Proc: second, Caller: caller, Num: 8}}}},
		})},
		{"accuse", control(&msg.Accuse{Accused: []msg.Accusation{{Site: 0x2222, Evidence: msg.Crash}}})},
		{"accuse no more", control(&msg.Accuse{})},
		{"submit", control(&msg.Submit{Ops: entry.Ops})},
		{"bond", control(&msg.Bond{From: 4, Until: 5_000_000_000})},
	}
}

func castSamples() []sample {
	return []sample{
		{"data fifo", data(&msg.Data{Group: group, View: 13, Sender: 1, Run: &msg.Run{
			First: 1000, N: 3, Order: msg.FIFO, Call: true, Body: body("one", "", "three"),
		}})},
		{"data total relayed", data(&msg.Data{Group: group, View: 13, Sender: 1, Attempt: 77, Run: &msg.Run{
			First: 5, N: 1, Order: msg.Total, Safe: true, Time: vclock.Time{0, 4, 1 << 40}, Clock: 300, Origin: caller, OFirst: 77, Body: body("x"),
		}})},
		{"data of a session", data(&msg.Data{Group: group, View: 13, Sender: 1, Run: &msg.Run{
			First: 5, N: 1, Order: msg.Total, Safe: true, Call: true, Time: vclock.Time{0, 4, 7}, Clock: 12, Origin: caller, OFirst: 40,
			Session: &msg.Session{Op: msg.SessionRequest, ID: 3, Acked: 38, Holder: caller}, Body: body("x"),
			Deps: []msg.Dep{{Group: group, View: 12, Time: vclock.Time{3, 0, 1}}},
		}})},
		{"data that brings a cast to a list", data(&msg.Data{Group: group, View: 13, Sender: 1, Run: &msg.Run{
			First: 5, N: 1, Order: msg.Causal, Safe: true, Time: vclock.Time{0, 4, 7}, Clock: 12, Origin: caller, OFirst: 40,
			Listed: &msg.Listed{Num: 9}, Body: body("x"),
		}})},
		{"data that places casts to lists", data(&msg.Data{Group: group, View: 13, Sender: 1, Run: &msg.Run{
			First: 6, N: 1, Order: msg.Total, Safe: true, Time: vclock.Time{0, 5, 7},
			Listed: &msg.Listed{Places: []msg.Place{{Number: 5, Caller: caller, Num: 9}}}, Body: body(""),
		}})},
		{"data that ends a session", data(&msg.Data{Group: group, View: 13, Sender: 1, Run: &msg.Run{
			First: 6, N: 1, Order: msg.Total, Safe: true, Time: vclock.Time{0, 5, 7},
			Session: &msg.Session{Op: msg.SessionExpire, ID: 3, Proc: caller, At: 12}, Body: body(""),
		}})},
		{"data depending", data(&msg.Data{Group: group, View: 13, Sender: 1, Run: &msg.Run{
			First: 5, N: 1, Order: msg.Causal, Time: vclock.Time{0, 4}, Body: body("x"),
			Deps: []msg.Dep{{Group: group, View: 12, Time: vclock.Time{3, 0, 1}}},
		}})},
		{"data sequence", data(&msg.Data{Group: group, View: 13, Run: &msg.Run{
			First: 9, N: 1, Order: msg.Sequence, Spans: []msg.Span{{Rank: 1, N: 300}, {Rank: 0, N: 1}},
		}})},
		{"data sequence that hands over", data(&msg.Data{Group: group, View: 13, Run: &msg.Run{
			First: 10, N: 1, Order: msg.Sequence, Spans: []msg.Span{{Rank: 1, N: 3}, {Rank: 1}},
		}})},
		{"part", data(&msg.Part{Group: group, View: 13, Sender: 2, Offset: 1 << 20, Total: 1<<20 + 5, Run: &msg.Run{
			First: 8, N: 1, Order: msg.Causal, Time: vclock.Time{1, 2, 3}, Body: []byte("piece"),
		}})},
	}
}

func groupSamples() []sample {
	return []sample{
		{"ack", control(&msg.Ack{Group: group, View: 13, From: 1, Held: []uint64{10, 1 << 35}, Used: []uint64{9, 0}, Wanted: true})},
		{"ack clear", control(&msg.Ack{Group: group, View: 13, Held: []uint64{1}, Used: []uint64{1}, Clear: 12})},
		{"ack clear in part", control(&msg.Ack{Group: group, View: 1300, Held: []uint64{1}, Used: []uint64{1}, Clear: 1000, Wanted: true})},
		{"flush-ok", control(&msg.FlushOK{Group: group, Attempt: 14, From: second, View: 13, Held: []uint64{5, 6}, Settled: true})},
		{"dep-ask", control(&msg.DepAsk{Dep: msg.Dep{Group: group, View: 13, Time: vclock.Time{5, 7}}})},
		{"dep-done", control(&msg.DepDone{Dep: msg.Dep{Group: group, View: 13, Time: vclock.Time{5, 7}}})},
		{"cut", control(&msg.Cut{
			Group: group, Attempt: 14, View: 13, Counts: []uint64{5, 7},
			Forward: []msg.Forwarding{{Sender: 1, Holder: first, To: second, From: 6}},
		})},
		{"hand-over", control(&msg.HandOver{Group: group, View: 13, To: first, Heir: second, Joined: 12})},
		{"submit a replacement", control(&msg.Submit{Ops: []msg.Op{{Kind: msg.OpReplace, Proc: second, Group: group, Index: 12, Old: first, Since: 7}}})},
		{"submit a cast to a list", control(&msg.Submit{Ops: []msg.Op{{
			Kind: msg.OpList, Proc: caller, List: &msg.List{Num: 9, Dests: []msg.ListDest{{Dest: group, View: 13}, {Dest: second}}},
		}}})},
		{"submit who is slow", control(&msg.Submit{Ops: []msg.Op{
			{Kind: msg.OpAside, Proc: second, Group: group, Index: 12, Old: first, Since: 13},
			{Kind: msg.OpDismiss, Proc: second, Group: group, Index: 12, Old: first, Since: 13},
		}})},
		{"cut-ack", control(&msg.CutAck{Group: group, Attempt: 14, From: second})},
		{"install", control(&msg.Install{Group: group, Attempt: 14, Settled: true, Seen: []msg.Seen{{Caller: caller, Last: 41, View: 12}}})},
		{"request", data(&msg.Request{
			Index: 13, Dest: group, Caller: caller, First: 40, Order: msg.Total, Safe: true, Call: true, View: 13, Time: vclock.Time{5, 7},
			N: 2, Body: body("withdraw", "pay"),
		})},
		{"install with sessions", control(&msg.Install{Group: group, Attempt: 14, For: 14, Clients: msg.SessionTable{Opened: 9, Sessions: []msg.SessionState{
			{ID: 3, Proc: caller, At: 12, Base: 40, Last: 41, Acked: 39, Holder: second, Was: first, Until: 7}, {ID: 2, Last: 300, Holder: caller},
		}}})},
		{"request of a session", data(&msg.Request{
			Index: 13, Dest: group, Relay: first, Joined: 7, Caller: caller, First: 40, Order: msg.Total, Safe: true, Call: true, View: 13, N: 1,
			Session: &msg.Session{Op: msg.SessionRequest, ID: 3, Acked: 38, Holder: caller}, Body: body("withdraw"),
		})},
		{"request for a list", data(&msg.Request{
			Index: 13, Dest: group, Relay: first, Joined: 7, Caller: caller, First: 40, Order: msg.Causal, Safe: true, View: 13, N: 1,
			Listed: &msg.Listed{Num: 9}, Body: body("withdraw"),
		})},
		{"request-held", control(&msg.RequestHeld{Dest: group, Caller: caller, Upto: 41})},
		{"replies", data(&msg.Replies{
			Group: group, From: second, To: caller, Of: 13, View: 14, Time: vclock.Time{5, 7},
			Items: []msg.Reply{{Cast: 40, Body: []byte("done")}, {View: 13, Cast: 2, Null: true}, {View: 13, Cast: 3, Body: []byte("last")}},
		})},
	}
}

func transferSamples() []sample {
	return []sample{
		{"xfer-ask", control(&msg.XferAsk{Group: group, View: 13, Joiner: second, Donor: first, Xfer: 2})},
		{"xfer-begin", bulk(&msg.XferBegin{
			Group: group, Joiner: second, Donor: first, Xfer: 2, View: 13, Counts: []uint64{5, 7},
		})},
		{"xfer-block", bulk(&msg.XferBlock{Group: group, Joiner: second, Xfer: 2, Bytes: []byte("state")})},
		{"xfer-end", bulk(&msg.XferEnd{Group: group, Joiner: second, Xfer: 2, Size: 5})},
		{"xfer-end failed", bulk(&msg.XferEnd{Group: group, Joiner: second, Xfer: 3, Err: "no space left"})},
		{"xfer-credit", control(&msg.XferCredit{Group: group, Joiner: second, Xfer: 2, Upto: 4 << 20})},
		{"xfer-replies", bulk(&msg.XferReplies{Group: group, Joiner: second, Xfer: 2, Sessions: []msg.SessionReplies{
			{ID: 3, Last: 41, Items: []msg.Reply{{Cast: 40, Body: []byte("done")}, {Cast: 41, Null: true}}}, {ID: 4},
		}})},
		{"session-told", control(&msg.SessionTold{Dest: group, Caller: caller, Of: 17, ID: 3, Last: 41, Status: msg.SessionEnded})},
		{"xfer-credit stop", control(&msg.XferCredit{Group: group, Joiner: second, Xfer: 2, Stop: true})},
	}
}

package wire

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// kinds has the name of each kind of message, for errors, and its lane.
var kinds = [msg.KindEnd]struct {
	name string
	lane msg.Lane
}{
	msg.KindHeartbeat:   {"heartbeat", msg.LaneControl},
	msg.KindJoin:        {"join", msg.LaneControl},
	msg.KindRefuse:      {"refuse", msg.LaneControl},
	msg.KindPrepare:     {"prepare", msg.LaneControl},
	msg.KindPromise:     {"promise", msg.LaneControl},
	msg.KindPropose:     {"propose", msg.LaneControl},
	msg.KindAccept:      {"accept", msg.LaneControl},
	msg.KindNack:        {"nack", msg.LaneControl},
	msg.KindCommit:      {"commit", msg.LaneControl},
	msg.KindFetch:       {"fetch", msg.LaneControl},
	msg.KindDecided:     {"decided", msg.LaneControl},
	msg.KindSnapshot:    {"snapshot", msg.LaneControl},
	msg.KindAccuse:      {"accuse", msg.LaneControl},
	msg.KindSubmit:      {"submit", msg.LaneControl},
	msg.KindData:        {"data", msg.LaneData},
	msg.KindPart:        {"part", msg.LaneData},
	msg.KindAck:         {"ack", msg.LaneControl},
	msg.KindFlushOK:     {"flush-ok", msg.LaneControl},
	msg.KindCut:         {"cut", msg.LaneControl},
	msg.KindCutAck:      {"cut-ack", msg.LaneControl},
	msg.KindInstall:     {"install", msg.LaneControl},
	msg.KindRequest:     {"request", msg.LaneData},
	msg.KindRequestHeld: {"request-held", msg.LaneControl},
	msg.KindReplies:     {"replies", msg.LaneData},
	msg.KindXferAsk:     {"xfer-ask", msg.LaneControl},
	msg.KindXferBegin:   {"xfer-begin", msg.LaneBulk},
	msg.KindXferBlock:   {"xfer-block", msg.LaneBulk},
	msg.KindXferEnd:     {"xfer-end", msg.LaneBulk},
	msg.KindXferCredit:  {"xfer-credit", msg.LaneControl},
	msg.KindDepAsk:      {"dep-ask", msg.LaneControl},
	msg.KindDepDone:     {"dep-done", msg.LaneControl},
	msg.KindBond:        {"bond", msg.LaneControl},
	msg.KindXferReplies: {"xfer-replies", msg.LaneBulk},
	msg.KindSessionTold: {"session-told", msg.LaneControl},
	msg.KindHandOver:    {"hand-over", msg.LaneControl},
}

// known reports whether k is a kind of this version.
func known(k msg.Kind) bool { return k < msg.KindEnd && kinds[k].name != "" }

// appendMessage appends the fields of m but a body at the end, which it
// returns. Only kinds of the data and bulk lanes have one.
func appendMessage(b []byte, m msg.Message) (head, body []byte) {
	switch m := m.(type) {
	case *msg.Heartbeat:
		return appendHeartbeat(b, m), nil
	case *msg.Join:
		return appendJoin(b, m), nil
	case *msg.Refuse:
		return appendRefuse(b, m), nil
	case *msg.Prepare:
		return appendPrepare(b, m), nil
	case *msg.Promise:
		return appendPromise(b, m), nil
	case *msg.Propose:
		return appendPropose(b, m), nil
	case *msg.Accept:
		return appendAccept(b, m), nil
	case *msg.Nack:
		return appendNack(b, m), nil
	case *msg.Commit:
		return appendCommit(b, m), nil
	case *msg.Fetch:
		return appendFetch(b, m), nil
	case *msg.Decided:
		return appendDecided(b, m), nil
	case *msg.Snapshot:
		return appendSnapshot(b, m), nil
	case *msg.Accuse:
		return appendAccused(b, m.Accused), nil
	case *msg.Submit:
		return appendSubmit(b, m), nil
	case *msg.Data:
		return appendData(b, m)
	case *msg.Part:
		return appendPart(b, m)
	case *msg.Ack:
		return appendAck(b, m), nil
	case *msg.FlushOK:
		return appendFlushOK(b, m), nil
	case *msg.Cut:
		return appendCut(b, m), nil
	case *msg.CutAck:
		return appendCutAck(b, m), nil
	case *msg.Install:
		return appendInstall(b, m), nil
	case *msg.Request:
		return appendRequest(b, m)
	case *msg.RequestHeld:
		return appendRequestHeld(b, m), nil
	case *msg.Replies:
		return appendReplies(b, m)
	}
	return appendLater(b, m)
}

// appendLater appends those of state transfer, and of kinds that came after it.
func appendLater(b []byte, m msg.Message) (head, body []byte) {
	switch m := m.(type) {
	case *msg.XferAsk:
		return appendXferAsk(b, m), nil
	case *msg.XferBegin:
		return appendXferBegin(b, m), nil
	case *msg.XferBlock:
		return appendXferBlock(b, m)
	case *msg.XferEnd:
		return appendXferEnd(b, m), nil
	case *msg.XferCredit:
		return appendXferCredit(b, m), nil
	case *msg.DepAsk:
		return appendDep(b, m.Dep), nil
	case *msg.DepDone:
		return appendDep(b, m.Dep), nil
	case *msg.Bond:
		return appendBond(b, m), nil
	case *msg.XferReplies:
		return appendXferReplies(b, m), nil
	case *msg.SessionTold:
		return appendSessionTold(b, m), nil
	case *msg.HandOver:
		return appendHandOver(b, m), nil
	}
	panic(fmt.Sprintf("wire: no form for %T", m))
}

// message reads the kind and the fields of one message of lane.
func (r *reader) message(lane msg.Lane) msg.Message {
	k := msg.Kind(r.byte())
	if r.err != nil {
		return nil
	}
	if !known(k) {
		r.fail("unknown kind of message")
		return nil
	}
	r.kind = k
	r.check(kinds[k].lane == lane, "on the wrong lane")
	m := r.fields(k)
	if r.err == nil {
		r.kind = 0
	}
	return m
}

// fields reads the fields of a message of kind k.
func (r *reader) fields(k msg.Kind) msg.Message {
	switch k {
	case msg.KindHeartbeat:
		return readHeartbeat(r)
	case msg.KindJoin:
		return readJoin(r)
	case msg.KindRefuse:
		return readRefuse(r)
	case msg.KindPrepare:
		return readPrepare(r)
	case msg.KindPromise:
		return readPromise(r)
	case msg.KindPropose:
		return readPropose(r)
	case msg.KindAccept:
		return readAccept(r)
	case msg.KindNack:
		return readNack(r)
	case msg.KindCommit:
		return readCommit(r)
	case msg.KindFetch:
		return readFetch(r)
	case msg.KindDecided:
		return readDecided(r)
	case msg.KindSnapshot:
		return readSnapshot(r)
	case msg.KindAccuse:
		return &msg.Accuse{Accused: readAccused(r)}
	case msg.KindSubmit:
		return readSubmit(r)
	case msg.KindData:
		return readData(r)
	case msg.KindPart:
		return readPart(r)
	case msg.KindAck:
		return readAck(r)
	case msg.KindFlushOK:
		return readFlushOK(r)
	case msg.KindCut:
		return readCut(r)
	case msg.KindCutAck:
		return readCutAck(r)
	case msg.KindInstall:
		return readInstall(r)
	case msg.KindRequest:
		return readRequest(r)
	case msg.KindRequestHeld:
		return readRequestHeld(r)
	case msg.KindReplies:
		return readReplies(r)
	case msg.KindXferAsk:
		return readXferAsk(r)
	case msg.KindXferBegin:
		return readXferBegin(r)
	case msg.KindXferBlock:
		return readXferBlock(r)
	case msg.KindXferEnd:
		return readXferEnd(r)
	case msg.KindXferCredit:
		return readXferCredit(r)
	case msg.KindDepAsk:
		return &msg.DepAsk{Dep: readDep(r)}
	case msg.KindDepDone:
		return &msg.DepDone{Dep: readDep(r)}
	case msg.KindBond:
		return readBond(r)
	case msg.KindXferReplies:
		return readXferReplies(r)
	case msg.KindSessionTold:
		return readSessionTold(r)
	case msg.KindHandOver:
		return readHandOver(r)
	case msg.KindEnd:
	}
	r.fail("unknown kind of message")
	return nil
}

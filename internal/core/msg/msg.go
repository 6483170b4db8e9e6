// Package msg holds the messages that sites exchange: one type for each, no
// field with two meanings. A message is never changed once it was sent, so
// that one value can go to many sites and stay with its sender until it is
// no longer needed. docs/PROTOCOL.md has the table of all of them.
package msg

// A Lane is one of the ordered streams between two sites. Each is FIFO and
// survives broken connections; between lanes there is no order.
type Lane uint8

// The lanes.
const (
	LaneControl Lane = iota // membership, flushes, acknowledgements: never waits for data
	LaneData                // casts, requests, replies
	LaneBulk                // state transfer
	Lanes
)

// Kind numbers the message types on the wire.
type Kind uint8

// The kinds. Numbers are part of the protocol version: never reuse one.
const (
	KindHeartbeat Kind = iota + 1
	KindJoin
	KindRefuse
	KindPrepare
	KindPromise
	KindPropose
	KindAccept
	KindNack
	KindCommit
	KindFetch
	KindDecided
	KindSnapshot
	KindAccuse
	KindSubmit
	KindData
	KindPart
	KindAck
	KindFlushOK
	KindCut
	KindCutAck
	KindInstall
	KindRequest
	KindRequestHeld
	KindReplies
	KindXferAsk
	KindXferBegin
	KindXferBlock
	KindXferEnd
	KindXferCredit
	KindDepAsk
	KindDepDone
	KindBond
	KindXferReplies
	KindSessionTold
	KindHandOver
	KindEnd // one past the last
)

// Message is one of the types of this package.
type Message interface {
	Kind() Kind
}

// Kind of each message.
func (*Heartbeat) Kind() Kind   { return KindHeartbeat }
func (*Join) Kind() Kind        { return KindJoin }
func (*Refuse) Kind() Kind      { return KindRefuse }
func (*Prepare) Kind() Kind     { return KindPrepare }
func (*Promise) Kind() Kind     { return KindPromise }
func (*Propose) Kind() Kind     { return KindPropose }
func (*Accept) Kind() Kind      { return KindAccept }
func (*Nack) Kind() Kind        { return KindNack }
func (*Commit) Kind() Kind      { return KindCommit }
func (*Fetch) Kind() Kind       { return KindFetch }
func (*Decided) Kind() Kind     { return KindDecided }
func (*Snapshot) Kind() Kind    { return KindSnapshot }
func (*Accuse) Kind() Kind      { return KindAccuse }
func (*Submit) Kind() Kind      { return KindSubmit }
func (*Data) Kind() Kind        { return KindData }
func (*Part) Kind() Kind        { return KindPart }
func (*Ack) Kind() Kind         { return KindAck }
func (*FlushOK) Kind() Kind     { return KindFlushOK }
func (*Cut) Kind() Kind         { return KindCut }
func (*CutAck) Kind() Kind      { return KindCutAck }
func (*Install) Kind() Kind     { return KindInstall }
func (*Request) Kind() Kind     { return KindRequest }
func (*RequestHeld) Kind() Kind { return KindRequestHeld }
func (*Replies) Kind() Kind     { return KindReplies }
func (*XferAsk) Kind() Kind     { return KindXferAsk }
func (*XferBegin) Kind() Kind   { return KindXferBegin }
func (*XferBlock) Kind() Kind   { return KindXferBlock }
func (*XferEnd) Kind() Kind     { return KindXferEnd }
func (*XferCredit) Kind() Kind  { return KindXferCredit }
func (*DepAsk) Kind() Kind      { return KindDepAsk }
func (*DepDone) Kind() Kind     { return KindDepDone }
func (*Bond) Kind() Kind        { return KindBond }
func (*XferReplies) Kind() Kind { return KindXferReplies }
func (*SessionTold) Kind() Kind { return KindSessionTold }
func (*HandOver) Kind() Kind    { return KindHandOver }

// A Frame is what a lane carries: on LaneControl all that one step of the sender
// had to say to this receiver, or a part of that when it is much, on the others one
// message each.
//
// Only control frames tell about the sender: Got acknowledges the receiver's
// frames, lane by lane, and Index is the sender's last applied log entry, by
// which the receiver notices that it lags.
type Frame struct {
	Lane  Lane
	Got   [Lanes]uint64
	Index uint64
	Msgs  []Message
}

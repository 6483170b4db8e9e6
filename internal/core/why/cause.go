package why

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core/id"
)

// Reason tells kinds of causes apart.
type Reason string

// The reasons.
const (
	NoMajority  Reason = "no majority"
	Stalled     Reason = "stalled"
	Predecessor Reason = "predecessor"
	Unstable    Reason = "not stable"
	NoPosition  Reason = "no position"
	ViewEnd     Reason = "end of view"
	OtherGroup  Reason = "other group"
	Unsecured   Reason = "conservative"
	Carries     Reason = "too many groups"
	NoReport    Reason = "no report"
	NoCut       Reason = "no cut"
	NoCutAck    Reason = "cut not acknowledged"
	NoInstall   Reason = "not installed"
	OnTheWay    Reason = "reports on the way"
	Lead        Reason = "lead"
	Lacks       Reason = "casts to come"
	Program     Reason = "program"
	NotHandled  Reason = "not handled"
	NoReply     Reason = "no reply"
	Donor       Reason = "donor"
	Coordinator Reason = "coordinator"
	NoAccept    Reason = "not accepted"
	NoPromise   Reason = "no promise"
	Witness     Reason = "one witness"
	Crowd       Reason = "many at once"
	Unbearable  Reason = "no majority without"
	Backoff     Reason = "excluded before"
	NameTaken   Reason = "name taken"
	Outweighs   Reason = "outweighs"
	Relay       Reason = "relay"
	Behind      Reason = "log entries to come"
	Seeds       Reason = "seeds"
	Excluded    Reason = "excluded"
	Grant       Reason = "lease"
	Ready       Reason = "ready"
	Relaying    Reason = "relay behind"
	Lost        Reason = "lost"
	InFlush     Reason = "flush"
	Lists       Reason = "casts to lists"
	OwnCast     Reason = "own cast"
	Answers     Reason = "answers"
	EarlyAnswer Reason = "early answer"
)

// Cause is one thing that somebody waits for, and who could end it.
type Cause struct {
	Why    Reason     `json:"why"`
	Who    []Who      `json:"who,omitempty"`
	Group  id.Address `json:"g,omitempty"`
	Name   string     `json:"group,omitempty"` // the group's
	Number uint64     `json:"n,omitempty"`     // of a cast, an attempt, an entry; votes in touch
	Of     uint64     `json:"of,omitempty"`    // votes needed
	Text   string     `json:"text,omitempty"`  // what else there is to say
}

// String says what is waited for.
func (c Cause) String() string { return c.string(false) }

// string is String, or says what was waited for.
func (c Cause) string(over bool) string {
	has := "has"
	switch {
	case over:
		has = "had"
	case len(c.Who) > 1:
		has = "have"
	}
	text := c.text(Names(c.Who), has)
	if c.Text != "" {
		text += " (" + c.Text + ")"
	}
	return text
}

// text is the cause without its addition. It is one table of sentences.
func (c Cause) text(who, has string) string {
	switch c.Why {
	case NoMajority:
		return fmt.Sprintf("out of touch with %s: votes in touch %d, needed %d", who, c.Number, c.Of)
	case Stalled:
		return "this node is stalled"
	case Predecessor:
		return fmt.Sprintf("cast %d of %s %s to come first", c.Number, who, has)
	case Unstable:
		return fmt.Sprintf("not stable: %s %s not acknowledged it", who, has)
	case NoPosition:
		return fmt.Sprintf("the sequencer %s %s given it no position", who, has)
	case ViewEnd:
		return "it comes with the end of the view"
	case OtherGroup:
		return fmt.Sprintf("it depends on what has to be delivered in group %s first", c.group())
	case Unsecured:
		return fmt.Sprintf("conservative: %s may not hold what it depends on in group %s", who, c.group())
	case Carries:
		return fmt.Sprintf("its sender knows of too much in %d groups", c.Number)
	case NoReport:
		return fmt.Sprintf("flush %d: %s %s not reported what is held there (FlushOK)", c.Number, who, has)
	case NoCutAck:
		return fmt.Sprintf("flush %d: %s %s not acknowledged the cut (CutAck)", c.Number, who, has)
	case NoCut:
		return fmt.Sprintf("flush %d: %s %s not got the cut", c.Number, who, has)
	case NoInstall:
		return fmt.Sprintf("flush %d: %s %s not installed the view", c.Number, who, has)
	case OnTheWay:
		return fmt.Sprintf("flush %d: %s, who leads it, %s not heard all reports, though all were sent", c.Number, who, has)
	case Lead:
		return fmt.Sprintf("flush %d: %s leads it, and has what it needs of this member", c.Number, who)
	case Lacks:
		return fmt.Sprintf("casts up to %d of %s are on the way", c.Number, who)
	}
	return c.membershipText(who, has)
}

// membershipText has the sentences about programs, the log and the system.
func (c Cause) membershipText(who, has string) string {
	switch c.Why {
	case Program:
		return "a handler has not returned, or the one before it"
	case NotHandled:
		return fmt.Sprintf("it is not known to be handled by the program of %s", who)
	case NoReply:
		return fmt.Sprintf("%s %s not answered", who, has)
	case Donor:
		return fmt.Sprintf("%s feeds it the state", who)
	case Coordinator:
		return fmt.Sprintf("the coordinator %s has to put it there", who)
	case NoAccept:
		return fmt.Sprintf("%s %s not accepted it", who, has)
	case NoPromise:
		return fmt.Sprintf("%s %s not promised to obey", who, has)
	case Witness:
		return fmt.Sprintf("missed by %s only: another has to miss it too, or time to pass", who)
	case Crowd:
		return fmt.Sprintf("with %s too many are silent at once: that is taken for the network, for a while", who)
	case Unbearable:
		return "without it and the others that are missed there is no majority"
	case Backoff:
		return "it was excluded for silence more than once, and has to wait the longer each time"
	case NameTaken:
		return fmt.Sprintf("%s has its name and is not known to be gone", who)
	case Outweighs:
		return "it must not outweigh those that are known to be in; it comes in with a later view"
	case Relay:
		return fmt.Sprintf("%s relays it, and has not said that all members hold it", who)
	case Behind:
		return fmt.Sprintf("entries after %d are missing, asked of %s", c.Number, who)
	case Seeds:
		return "no seed has let it in"
	case Excluded:
		return "its former incarnation has ended"
	case Ready:
		return fmt.Sprintf("%s holds the state, and waits for the casts it covers", who)
	case Relaying:
		return fmt.Sprintf("%s has to be delivered first what its caller has seen", who)
	case Lists:
		return "casts to lists that its sender may know of have to be delivered here first"
	case OwnCast:
		return fmt.Sprintf("its program made a Causal cast before, which it has not been delivered in group %s", c.group())
	case EarlyAnswer:
		return fmt.Sprintf("an answer is here, and comes after what has to be delivered in group %s first", c.group())
	case Answers:
		return "its program has given answers that wait"
	case Lost:
		return "it is never delivered: what it depends on was lost with its sender"
	case InFlush:
		return fmt.Sprintf("flush %d was under way: what waits comes with the end of the view", c.Number)
	case Grant:
		return fmt.Sprintf("the lease granted to %s has not ended", who)
	}
	return string(c.Why)
}

func (c Cause) group() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Group.String()
}

// advice is what to do about a reason, where there is something.
func advice(r Reason) string {
	switch r {
	case NoMajority, Stalled:
		return "look at the network between these nodes; this one goes on by itself when it hears a majority again"
	case Program:
		return "look for a handler that blocks; one that has to wait should call Defer and return"
	case NotHandled:
		return "look at the handlers of that program: senders wait for the slowest member once their window is full"
	case NoReply:
		return "look at the handlers there; a call that need not hear of all should want fewer replies"
	case Unstable, NoReport, NoCutAck:
		return "look at that node and the network to it; if it is gone it will be excluded"
	case NameTaken:
		return "choose another name, or end the other process"
	case Backoff:
		return "find out why it fell silent: an overloaded machine or link"
	case Seeds:
		return "start a node at one of the seeds, or correct the addresses"
	case Unbearable:
		return "bring back one of the nodes that are missed"
	default:
		return ""
	}
}

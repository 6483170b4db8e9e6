package cohort

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// session is the client's side of a session: what has no answer yet, to be asked
// again when the node comes back. All of it is under the system's mu.
type session struct {
	n      *system
	owner  uint16 // the process whose client it is
	number uint16 // the process that speaks for it
	group  Address
	id     uint64
	asks   []*ask // by number
	next   uint64 // number of the next one
	first  uint64 // of its asks when it ended
	takes  bool   // the session is another program's, as far as is known
	room   *gather.Window
	life   *life   // that it speaks in, nil while the node is coming back
	holder Address // the first process that spoke for it, or wanted to
	closes bool    // behind all asks
	opened chan struct{}
	ready  bool // opened is closed
	ended  error
	unsure bool // it ended with casts of which nobody said that they are done
}

// ask is one request of a session.
type ask struct {
	number uint64
	body   []byte
	call   *pending // nil for a cast, and for a call that was given up or is done
	callID uint64
	held   bool // by the group, as far as it was asked in this incarnation
	size   int
}

// maxAsks is how many requests of a session may be under way.
const maxAsks = 128

// Session returns a client for the same group whose requests are carried out
// exactly once, also when this node is cut off and comes back as another
// incarnation: it then goes on with the session and asks again, and members that
// have carried a request out give the answer they gave. All requests are Total
// and safe. Members should answer each request in its handler, not later, so that
// who is given their state is given the answer with it.
//
// An empty token opens a new session. The token of another client, as its Token
// returned it, takes that one's session over, in another program or after a
// restart; whoever spoke for it before is cut off from it, also when its node comes
// back later. If ctx ends first that may have happened; the token is still good.
//
// A call in the session has one of three outcomes. It was done: no error, or
// ErrNobody when nobody has an answer. It was not done and never will be: ErrLeft,
// when the session was closed, taken over, or had expired. It is unknown:
// ErrUnknown, when nobody remembers the session, or ctx's error. ErrLost says that the
// group's state is gone, and with it what the request did. A cast is done
// later than it returns, and Close tells of all casts at once. The error of
// Session itself is ErrLeft when the session has ended, there are too many or the
// group is gone, ErrUnknown while the node is coming back, a *ConfigError for a wrong
// token, or ctx's.
func (c *Client) Session(ctx context.Context, token string) (*Client, error) {
	n := c.n
	ticket := n.host.Ticket()
	s := &session{n: n.system, owner: n.number, group: c.addr, next: 1, opened: make(chan struct{})}
	s.room = gather.NewPool(new(sync.Mutex)).Window(flow.RequestWindow)
	if len(c.more) > 0 {
		return nil, &ConfigError{Field: "destination", What: "of a session has to be one group, not several"}
	}
	if !c.addr.IsGroup() {
		return nil, &ConfigError{Field: "address", What: "is a process's: only groups keep sessions"}
	}
	if s.takes = token != ""; s.takes && !s.parse(token) {
		return nil, &ConfigError{Field: "token", What: "is none of this group"}
	}
	l, err := n.current()
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	if s.number, err = n.nextProcess(); err == nil {
		n.sessions = append(n.sessions, s)
		s.speak(l)
	}
	n.mu.Unlock()
	if err != nil {
		return nil, err
	}
	opened := n.await(ctx, ticket, s.opened)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case !opened:
		if token == "" { // else it stands, for who has it or takes it with the token
			s.close()
		}
		s.finish(ErrLeft)
		return nil, ctx.Err()
	case s.ended != nil:
		return nil, s.ended
	}
	out := &Client{addr: c.addr}
	out.peer = peer{n: n, bounds: ofOutsiders, session: s, dest: c.dest}
	return out, nil
}

// Token names the client's session and the first of its requests that has no
// answer yet: who takes the session over with it has to begin by repeating what was
// asked from that request on, in its order, and gets the answers to what was carried
// out, unless the client from which it was taken has had them since. Keep it with
// what is asked, then: requests that the one has made and the other does not know of
// pass for what that one asks under their numbers. It is empty without a session.
func (c *Client) Token() string {
	s := c.session
	if s == nil {
		return ""
	}
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	return fmt.Sprintf("%v/%d/%d", s.group, s.id, s.unanswered())
}

// unanswered is the first request that has no answer yet, or the next one.
func (s *session) unanswered() uint64 {
	switch {
	case len(s.asks) > 0:
		return s.asks[0].number
	case s.first > 0:
		return s.first
	}
	return s.next
}

// parse reads what Token wrote.
func (s *session) parse(token string) bool {
	group, rest, ok := strings.Cut(token, "/")
	var a id.Address
	if !ok || a.UnmarshalText([]byte(group)) != nil || a != s.group {
		return false
	}
	n, err := fmt.Sscanf(rest, "%d/%d", &s.id, &s.next)
	return err == nil && n == 2 && s.id > 0 && s.next > 0
}

// Close ends the client's session behind the requests made before, and waits
// until they have their answers: nil means that all casts of the session were done.
// The error is ErrUnknown if it had ended before that was known of each of them,
// taken over, say. What is asked after Close gets ErrLeft. If ctx ends first the
// closing goes on, and the error is ctx's. Without a session it does nothing.
func (c *Client) Close(ctx context.Context) error {
	s := c.session
	if s == nil {
		return nil
	}
	ticket := c.n.host.Ticket()
	done := make(chan struct{})
	c.n.mu.Lock()
	if s.ended == nil {
		s.room.OnClose(done)
		s.close()
	} else {
		close(done)
	}
	c.n.mu.Unlock()
	if !c.n.await(ctx, ticket, done) {
		return ctx.Err()
	}
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	if s.unsure {
		return ErrUnknown
	}
	return nil
}

// close ends the session behind what was asked.
func (s *session) close() {
	s.closes = true
	if l := s.life; l != nil {
		l.node.Post(core.CloseSession{Proc: l.process(s.number), Dest: s.group})
	}
}

// speak makes an incarnation speak for the session, and asks again what has no
// answer.
func (s *session) speak(l *life) {
	if s.ended != nil {
		return
	}
	s.life = l
	proc := l.process(s.number)
	if s.holder == 0 {
		s.holder = proc
	}
	l.node.Post(core.OpenSession{Proc: proc, Dest: s.group, Session: s.id, Next: s.unanswered(), Holder: s.holder, Takes: s.takes})
	for _, a := range s.asks {
		a.held = false
		s.post(a)
	}
	if s.closes {
		s.close()
	}
}

// post gives a request to the core.
func (s *session) post(a *ask) {
	ev := core.Cast{Proc: s.life.process(s.number), Dest: s.group, Order: msg.Total, Safe: true, N: 1, Body: slices.Clone(a.body), InSession: true}
	if a.call != nil {
		s.n.lastID++
		a.callID = s.n.lastID
		s.n.calls[a.callID] = a.call
		a.call.session = s
		a.call.replies = nil
		ev.Calls = []core.CallSpec{{ID: a.callID, Want: a.call.want}}
	}
	s.life.node.Post(ev)
}

// ask makes a request. It waits for room, not for an incarnation: a request made
// while the node is coming back is asked when it is back.
func (s *session) ask(ctx context.Context, order Order, body []byte, pend *pending) error {
	if order != Total {
		return &ConfigError{Field: "order", What: "has to be Total in a session"}
	}
	a := &ask{body: body, call: pend, size: max(flow.RequestWindow/maxAsks, (&msg.Run{N: 1, Body: body}).Size())}
	if err := acquire(ctx, s.n.host, s.room, a.size); err != nil {
		if ctx.Err() == nil {
			err = ErrLeft // the session ended while we waited
		}
		return err
	}
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	if s.ended != nil || s.closes {
		s.room.Release(a.size)
		return ErrLeft
	}
	a.number = s.next
	s.next++
	s.asks = append(s.asks, a)
	if s.life != nil {
		s.post(a)
	}
	return nil
}

// giveUp: nobody waits for the answer any more. The request stays under way.
func (s *session) giveUp(pend *pending) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	for _, a := range s.asks {
		if a.call != pend {
			continue
		}
		a.call = nil
		delete(s.n.calls, a.callID)
		s.withdraw(a)
	}
	s.prune()
}

// withdraw tells the core that nobody waits for an answer.
func (s *session) withdraw(a *ask) {
	if l := s.life; l != nil {
		l.node.Post(core.CancelCall{Proc: l.process(s.number), Dest: s.group, ID: a.callID})
	}
}

// prune forgets the oldest requests that the group holds and that nobody waits
// for an answer to.
func (s *session) prune() {
	n := 0
	for n < len(s.asks) && s.asks[n].held && s.asks[n].call == nil {
		s.room.Release(s.asks[n].size)
		n++
	}
	s.asks = s.asks[n:]
}

// find is the session that the process speaks for, or nil. The caller holds mu.
func (n *system) find(proc Address) *session {
	i := slices.IndexFunc(n.sessions, func(s *session) bool { return s.number == proc.Local() })
	if i < 0 {
		return nil
	}
	return n.sessions[i]
}

// answered takes the end of a session's call; false means that it is not over:
// the incarnation is, and the next one asks again.
func (s *session) answered(pend *pending, end call.End, halting bool) bool {
	if end == call.Unknown && halting && !s.n.closed {
		return false
	}
	for _, a := range s.asks {
		if a.call == pend {
			a.call, a.held = nil, true
		}
	}
	s.prune()
	return true
}

func (n *system) sessionOpened(i core.SessionOpened) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s := n.find(i.Proc); s != nil && !s.ready {
		s.id, s.takes, s.ready = i.Session, false, true
		close(s.opened)
	}
}

func (n *system) sessionEnded(i core.SessionEnded) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s := n.find(i.Proc); s != nil {
		s.finish(ErrLeft)
	}
}

// sessionHeld notes that the group holds the oldest requests.
func (n *system) sessionHeld(i core.Freed) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.find(i.Proc)
	if s == nil {
		return
	}
	bytes := i.Bytes
	for _, a := range s.asks {
		size := (&msg.Run{N: 1, Body: a.body}).Size()
		if a.held {
			continue
		}
		if bytes -= size; bytes < 0 {
			break
		}
		a.held = true
	}
	s.prune()
}

// finish ends the session here. Calls that still wait end as unknown.
func (s *session) finish(why error) {
	if s.ended != nil {
		return
	}
	s.ended, s.first = why, s.unanswered()
	if !s.ready {
		s.ready = true
		close(s.opened)
	}
	for _, a := range s.asks {
		switch {
		case a.call != nil:
			delete(s.n.calls, a.callID)
			a.call.finish(ErrUnknown)
		case !a.held:
			s.unsure = true
		}
	}
	s.asks = nil
	s.room.Close()
	s.n.sessions = slices.DeleteFunc(s.n.sessions, func(x *session) bool { return x == s })
}

// closeSessions ends the sessions of one process, here at once. In the group they
// end when what was asked in them is carried out.
func (n *system) closeSessions(owner uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range slices.Clone(n.sessions) {
		if s.owner == owner {
			for _, a := range s.asks {
				if a.call != nil {
					s.withdraw(a)
				}
			}
			s.close()
			s.finish(ErrLeft)
		}
	}
}

// endSessions ends all sessions of a node that does not come back.
func (n *system) endSessions(why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range slices.Clone(n.sessions) {
		s.finish(why)
	}
}

// silence notes that an incarnation has ended.
func (n *system) silence() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.sessions {
		s.life = nil
	}
}

// speakAgain goes on with all sessions in a new incarnation. One that was still
// being opened is opened anew: nothing was asked in it yet.
func (n *system) speakAgain(l *life) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range slices.Clone(n.sessions) {
		if s.life != l { // else it has just been opened
			s.speak(l)
		}
	}
}

package sim

import (
	"bytes"
	"fmt"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// client is a user's program outside a group, with a session. It outlives the
// sites that its host runs: a new one goes on with the session, and asks again
// what has no answer yet.
type client struct {
	h       *host
	site    *site // through which it speaks
	proc    id.Address
	group   id.Address
	name    string     // the group's
	session uint64     // 0 until it is known
	holder  id.Address // its first process
	takes   bool       // the session is another's, as far as is known
	given   bool       // another takes the session over: nothing more is asked
	asks    []*ask     // without an answer, by number
	next    uint64     // number of the next one
	calls   uint64
	ended   bool
}

// ask is one request.
type ask struct {
	number  uint64
	payload []byte
	want    int
	call    uint64 // 0: a cast
	done    bool
}

// maxAsks bounds what a client asks at a time.
const maxAsks = 16

// firstClient is the number of the first process of a site that is a client's.
const firstClient = 1000

func newClient(h *host, g *view.Group) *client {
	h.w.did("open %d %s", h.index+1, g.Name)
	c := &client{h: h, group: g.Group, name: g.Name, next: 1}
	c.speak()
	return c
}

// takeClient has the program of a host take over the session that another has, and
// ask again what that one got no answer to.
func takeClient(h *host, from *client) {
	h.w.did("open %d %s as %d", h.index+1, from.name, from.h.index+1)
	h.client = &client{h: h, group: from.group, name: from.name, session: from.session, takes: true, next: from.next}
	for _, a := range from.asks {
		again := *a
		h.client.asks = append(h.client.asks, &again)
	}
	h.client.speak()
}

// toTake is a session with a group that another program has and that is to be taken
// over, or nil: every third one is, when somebody comes who has none.
func (w *World) toTake(h *host, group id.Address) *client {
	for _, other := range w.hosts {
		c := other.client
		if other != h && c != nil && c.site == other.site && c.site.running() && c.group == group && c.session%3 == 2 && !c.ended && !c.given {
			return c
		}
	}
	return nil
}

// speak opens the session at the site that runs, or goes on with it there.
func (c *client) speak() {
	c.site = c.h.site
	c.proc = id.Process(c.site.id, uint16(firstClient+len(c.site.clients)))
	c.site.clients = append(c.site.clients, c)
	first := c.next
	if len(c.asks) > 0 {
		first = c.asks[0].number
	}
	if c.holder == 0 {
		c.holder = c.proc
	}
	c.site.post(core.OpenSession{Proc: c.proc, Dest: c.group, Session: c.session, Next: first, Holder: c.holder, Takes: c.takes})
	for _, a := range c.asks {
		c.post(a)
	}
}

// ask asks something new, for so many replies; for none it casts.
func (c *client) ask(payload []byte, want int) {
	a := &ask{number: c.next, payload: payload, want: want}
	c.next++
	c.asks = append(c.asks, a)
	c.post(a)
}

func (c *client) post(a *ask) {
	ev := core.Cast{Proc: c.proc, Dest: c.group, Order: msg.Total, Safe: true, N: 1, Body: msg.AppendCast(nil, a.payload), InSession: true}
	if a.want != 0 {
		c.calls++
		a.call = c.calls
		ev.Calls = []core.CallSpec{{ID: a.call, Want: a.want}}
	}
	c.site.post(ev)
}

func (c *client) close() { c.site.post(core.CloseSession{Proc: c.proc, Dest: c.group}) }

// handle takes what its site has for it.
func (c *client) handle(i core.Item) {
	switch i := i.(type) {
	case core.SessionOpened:
		if i.Proc == c.proc {
			c.session, c.takes = i.Session, false
		}
	case core.SessionEnded:
		if i.Proc == c.proc {
			c.ended = true
		}
	case core.Called:
		if i.Proc == c.proc {
			c.called(i)
		}
	}
	if s := c.h.w.story; s != nil {
		s.served(c, i)
	}
}

func (c *client) called(i core.Called) {
	for _, a := range c.asks {
		if a.call != i.Event.ID {
			continue
		}
		switch {
		case i.Event.Member == 0:
			a.done = i.Event.End != call.Unknown // else it asks again, if it can
		case i.Event.Outcome == call.Replied && !a.echoed(i.Event.Body) && (c.h.w.story == nil || !signed(i.Event.Body)):
			c.h.w.failure = fmt.Sprintf("reply: %v asked %d of session %d and got the answer to something else", c.proc, a.number, c.session)
		}
	}
	last := -1
	for k, a := range c.asks {
		if a.done {
			last = k
		} else if a.want != 0 {
			break
		}
	}
	c.asks = c.asks[last+1:]
}

// echoed reports whether an answer is the one to a: programs answer with what a
// request begins with.
func (a *ask) echoed(answer []byte) bool {
	return bytes.Equal(answer, a.payload[:min(8, len(a.payload))])
}

// serve lets the client of a host do something.
func (w *World) serve(h *host) {
	c := h.client
	switch {
	case c == nil:
		if g := h.site.core.Lookup(groupName(w.dice.N(w.Groups))); g != nil {
			if from := w.toTake(h, g.Group); from != nil {
				from.given = true
				takeClient(h, from)
			} else {
				h.client = newClient(h, g)
			}
		}
	case c.site != h.site:
		if c.session == 0 || w.dice.Chance(150) {
			h.client = nil // forgotten: it will expire
			return
		}
		w.did("open %d %s again", h.index+1, c.name)
		c.speak()
	case c.ended:
		h.client = nil
	case c.given:
	case w.dice.Chance(15):
		w.did("close %d", h.index+1)
		c.close()
		h.client = nil
	case len(c.asks) < maxAsks:
		payload := make([]byte, 16)
		for k := range payload {
			payload[k] = byte(w.dice.N(256))
		}
		want := wanted(w.dice)
		if w.dice.Chance(200) {
			want = 0
		}
		c.didAsk(payload, want)
		c.ask(payload, want)
	}
}

// sessions compares what members know of client sessions, and demands that those
// whose clients are gone have expired.
func (w *World) sessions() string {
	type held struct {
		who  id.Address
		text string
	}
	first := map[[2]uint64]held{} // by group and view
	for _, h := range w.hosts {
		if !h.site.running() {
			continue
		}
		for _, p := range h.site.programs {
			for _, m := range p.groups {
				t := h.site.core.Sessions(m.group, p.proc)
				if m.left || m.view.View == nil || t == nil {
					continue
				}
				for _, x := range t.Sessions {
					if x.Proc != 0 && !h.site.view.Has(x.Proc.Site()) {
						return fmt.Sprintf("sessions: %v still has session %d of %v, which is gone", p.proc, x.ID, x.Proc)
					}
				}
				k, now := [2]uint64{uint64(m.group), m.view.View.Index}, held{p.proc, fmt.Sprint(*t)}
				if f, ok := first[k]; !ok {
					first[k] = now
				} else if f.text != now.text {
					return fmt.Sprintf("sessions: %v and %v are in view %d of %v and know of %s, %s", f.who, p.proc, k[1], m.group, f.text, now.text)
				}
			}
		}
	}
	return ""
}

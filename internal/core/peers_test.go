package core

import (
	"fmt"
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/wire"
)

// crowd is some sites, with connections on which nothing takes time.
type crowd struct {
	t     *testing.T
	sites []*Site
	in    map[id.Site][]Event
	now   effect.Time
	conns uint64
	most  int // bytes of what all control frames of a step to one site were together
}

// newCrowd has n sites, of which the first founds the system.
func newCrowd(t *testing.T, n int) *crowd {
	c := &crowd{t: t, in: map[id.Site][]Event{}, now: 1}
	for s := id.Site(1); s <= id.Site(n); s++ {
		name := fmt.Sprint("site ", s)
		c.sites = append(c.sites, New(Defaults(view.Member{Site: s, Name: name, Addr: name, Weight: 1})))
		if s > 1 {
			c.in[s] = []Event{Contact{Site: 1, Addr: "site 1"}}
		}
	}
	c.in[1] = []Event{Found{System: 7}}
	return c
}

// run steps all sites so many times.
func (c *crowd) run(steps int) {
	for range steps {
		c.now += effect.Millisecond
		for _, s := range c.sites {
			var out Output
			in := Input{Now: c.now, Events: c.in[s.me]}
			c.in[s.me] = nil
			s.Step(&in, &out)
			c.carry(s, &out)
		}
	}
}

// carry takes what a step of a site says to the others.
func (c *crowd) carry(s *Site, out *Output) {
	for _, d := range out.Dials {
		if !slices.ContainsFunc(c.sites, func(s *Site) bool { return s.me == d.Site }) {
			continue
		}
		c.conns++
		c.in[d.Site] = append(c.in[d.Site], Offered{Conn: c.conns, From: s.me, Addr: s.cfg.Me.Addr, System: s.System(), Lane: d.Lane})
		c.in[s.me] = append(c.in[s.me], Connected{Conn: c.conns, To: d.Site, Lane: d.Lane})
	}
	together := map[id.Site]int{}
	for _, x := range out.Writes {
		head, body, err := wire.FrameParts(nil, x.Frame)
		size := len(head) + len(body)
		if err != nil || (len(x.Frame.Msgs) > 1 && size > flow.ControlFrame) {
			c.t.Errorf("%v writes a frame of %d messages and %d bytes: %v", s.me, len(x.Frame.Msgs), size, err)
		}
		if x.Frame.Lane == msg.LaneControl {
			together[x.To] += size
			c.most = max(c.most, together[x.To])
		}
		c.in[x.To] = append(c.in[x.To], &Frame{Conn: x.Conn, From: s.me, Frame: x.Frame, Bytes: size})
	}
}

// Many groups with many sessions change at once, when a site joins them and when one
// crashes: what is said of all of them is no frame that nobody would take.
func TestControlFramesAreCut(t *testing.T) {
	const groups, sessions = 64, 600
	c := newCrowd(t, 4)
	c.run(200)
	join := func(s id.Site) {
		for k := range groups {
			c.in[s] = append(c.in[s], JoinGroup{Proc: id.Process(s, 1), Name: fmt.Sprint("shard ", k)})
		}
		c.run(200)
	}
	join(1)
	for _, m := range c.sites[0].groups.list {
		for k := range uint16(sessions) { // as processes at site 2 would open them
			proc := id.Process(2, k+1)
			m.clients.Speak(&msg.Session{Op: msg.SessionOpen, Proc: proc, At: 1 << 20, Holder: proc})
			m.seen.add(proc, 0, m.cur.view.Index)
		}
	}
	expect := func(what string, s *Site, members int) {
		t.Helper()
		for _, m := range s.groups.list {
			if n, open := len(m.cur.view.Members), len(m.clients.Open()); n != members || open != sessions {
				t.Fatalf("%s: site %v has a group of %d with %d sessions", what, s.me, n, open)
			}
		}
		if n := len(s.groups.list); n != groups || c.most <= flow.ControlFrame {
			t.Errorf("%s: site %v is in %d groups, and nobody had to say more than %d bytes at once", what, s.me, n, c.most)
		}
		c.most = 0
	}
	third, fourth := c.sites[2], c.sites[3]
	join(3)
	expect("a site joined", third, 2)
	join(4)
	expect("another joined", fourth, 3)
	c.sites = slices.Delete(c.sites, 2, 3)
	c.in[1] = append(c.in[1], Gone{Site: 3})
	c.run(300)
	expect("a site crashed", fourth, 2)
}

// A site dies after it has asked to be let in, and its connections are refused before it is:
// that is told once, and is not forgotten when it comes in.
func TestGoneBeforeItIsIn(t *testing.T) {
	c := newCrowd(t, 2)
	asks := func(ev Event) bool {
		f, ok := ev.(*Frame)
		return ok && slices.ContainsFunc(f.Frame.Msgs, func(m msg.Message) bool { _, ok := m.(*msg.Join); return ok })
	}
	for !slices.ContainsFunc(c.in[1], asks) {
		c.run(1)
	}
	c.in[1] = append(c.in[1], Gone{Site: 2})
	c.sites = c.sites[:1]
	c.run(500) // silence is borne for twice as long
	if first := c.sites[0]; !first.Excludes(2) {
		t.Errorf("the dead is in: %v", first)
	}
}

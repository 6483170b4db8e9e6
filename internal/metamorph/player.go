package metamorph

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// player runs the processes of a workload. Items may come from many goroutines.
type player struct {
	w World
	v *Variant

	mu    sync.Mutex
	sites []Site // by machine; nil where none runs
	procs []*proc
	cur   int // act
	fault error
}

// proc is one process; it may leave and come back.
type proc struct {
	p      *player
	number int
	site   Site
	addr   id.Address
	group  id.Address // 0: in none
	view   *view.Group
	ready  bool // holds the state
	gone   bool // killed
	seq    uint32
	sent   [][]byte    // by number, from 1
	queue  []core.Cast // what the window holds back
	out    int
	open   int // calls
	calls  uint64
	state  state
	load   []byte
	log    log
}

// state is what a joiner is given: how many casts of each process were
// delivered, and a sum over all.
type state struct {
	counts [processes]uint32
	sum    uint64
}

func (s *state) bytes() (b []byte) {
	b, _ = binary.Append(nil, binary.LittleEndian, s.counts)
	return binary.LittleEndian.AppendUint64(b, s.sum)
}

func (s *state) read(b []byte) error {
	n, err := binary.Decode(b, binary.LittleEndian, &s.counts)
	if err != nil || len(b) != n+8 {
		return errors.New("a state of the wrong length came in")
	}
	s.sum = binary.LittleEndian.Uint64(b[n:])
	return nil
}

func newPlayer(w World, v *Variant) *player {
	p := &player{w: w, v: v, sites: make([]Site, v.machines())}
	for i := range processes {
		p.procs = append(p.procs, &proc{p: p, number: i})
	}
	return p
}

// act does one act and waits for its end.
func (p *player) act(number int, a act) error {
	p.mu.Lock()
	p.cur = number
	p.mu.Unlock()
	if number == 0 {
		if err := p.startAll(); err != nil {
			return err
		}
	}
	for _, i := range a.join {
		if err := p.join(p.procs[i]); err != nil {
			return err
		}
	}
	p.mu.Lock()
	want := p.want(a)
	for _, x := range p.members() {
		if slices.Contains(a.leave, x.number) {
			x.site.Post(core.LeaveGroup{Proc: x.addr, Group: x.group})
		}
		if a.cast != nil {
			x.castAll(a.cast(x.number))
		}
	}
	if a.chain > 0 {
		p.members()[0].link()
	}
	p.mu.Unlock()
	for _, i := range a.kill {
		p.kill(p.procs[i])
	}
	return p.wait(a.what, func() bool { return p.over(a, want) })
}

// startAll runs the sites of all machines.
func (p *player) startAll() error {
	for m := range p.sites {
		s, err := p.w.Start(m, func(items []core.Item) { p.take(m, items) })
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.sites[m] = s
		for _, x := range p.procs {
			if p.v.place(x.number) == m {
				x.site, x.addr = s, id.Process(s.ID(), uint16(x.number+1))
			}
		}
		p.mu.Unlock()
	}
	return nil
}

// join brings a process into the group and waits until all have the view.
func (p *player) join(x *proc) error {
	p.mu.Lock()
	n := len(p.members()) + 1
	p.mu.Unlock()
	x.site.Post(core.JoinGroup{Proc: x.addr, Name: "all", Stateful: true})
	return p.wait(name(x.number)+" joins", func() bool {
		list := p.members()
		for _, x := range list {
			if x.view == nil || len(x.view.Members) != n || !x.ready {
				return false
			}
		}
		return len(list) == n
	})
}

func (p *player) kill(x *proc) {
	p.mu.Lock()
	x.gone, x.group, x.view = true, 0, nil
	p.mu.Unlock()
	x.site.Kill()
}

// wait is World.Wait, under the lock, and ends early when something is wrong.
func (p *player) wait(what string, ready func() bool) error {
	err := p.w.Wait(what, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.fault != nil || ready()
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != nil {
		return p.fault
	}
	return err
}

// members are the processes in the group.
func (p *player) members() (list []*proc) {
	for _, x := range p.procs {
		if x.group != 0 {
			list = append(list, x)
		}
	}
	return list
}

// want is how many casts of each process all members have been delivered after
// the act.
func (p *player) want(a act) (want [processes]uint32) {
	for _, x := range p.members() {
		want[x.number] = x.seq
		if a.cast != nil {
			want[x.number] += uint32(len(a.cast(x.number)))
		}
	}
	for i := range a.chain {
		list := p.members()
		want[list[i%len(list)].number]++
	}
	return want
}

// over reports whether the act has come to its end: all was delivered, answered
// and shown.
func (p *player) over(a act, want [processes]uint32) bool {
	list := p.members()
	for _, x := range list {
		if x.open > 0 || x.out > 0 || len(x.queue) > 0 || x.view == nil || len(x.view.Members) != len(list) {
			return false
		}
		for _, y := range list {
			if x.state.counts[y.number] != want[y.number] {
				return false
			}
		}
	}
	return !slices.ContainsFunc(a.leave, func(i int) bool { return p.procs[i].group != 0 })
}

// take is what a site has for its processes.
func (p *player) take(machine int, items []core.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range items {
		for _, x := range p.procs {
			if p.v.place(x.number) == machine && !x.gone {
				if err := x.item(i); err != nil && p.fault == nil {
					p.fault = fmt.Errorf("%s: %w", name(x.number), err)
				}
			}
		}
	}
}

// item handles an item, if it is for this process.
func (x *proc) item(i core.Item) error {
	switch i := i.(type) {
	case core.Joined:
		if i.Proc == x.addr {
			x.group, x.view, x.ready = i.Group, nil, false
		}
	case core.Viewed:
		if i.Proc == x.addr {
			x.viewed(i)
		}
	case core.Casts:
		if i.Proc == x.addr {
			return x.casts(i)
		}
	case core.Capture:
		if i.Proc == x.addr {
			x.site.Post(core.StateBlock{Proc: x.addr, Group: x.group, Joiner: i.Joiner, Xfer: i.Xfer, Bytes: x.state.bytes(), Last: true})
		}
	case core.RestoreBlock:
		if i.Proc == x.addr {
			x.load = append(x.load, i.Bytes...)
			x.site.Post(core.StateRead{Proc: x.addr, Group: x.group, Xfer: i.Xfer, Bytes: len(i.Bytes)})
		}
	case core.RestoreEnd:
		if i.Proc == x.addr {
			x.site.Post(core.Restored{Proc: x.addr, Group: x.group, Xfer: i.Xfer})
			return x.state.read(x.load)
		}
	case core.Freed:
		if i.Proc == x.addr {
			x.out -= i.Bytes
			x.pump()
		}
	case core.Called:
		if i.Proc == x.addr {
			x.called(i.Event)
		}
	case core.Left:
		if i.Proc == x.addr {
			x.group, x.view, x.load, x.out = 0, nil, nil, 0
			x.log.note("left (%s)", i.Why)
		}
	case core.Halted:
		return fmt.Errorf("its site halted: %s", i.Why)
	}
	return nil
}

func (x *proc) viewed(i core.Viewed) {
	x.view = i.View
	x.ready = i.View.Members[i.View.Rank(x.addr)].Ready
	x.log.view(x.p, i)
}

// casts notes what is delivered, answers calls and sends the next of a chain.
func (x *proc) casts(i core.Casts) error {
	rest := i.Run.Body
	for k := range int(i.Run.N) {
		payload, next, ok := msg.NextCast(rest)
		if rest = next; !ok || len(payload) < 8 {
			return errors.New("a malformed run was delivered")
		}
		from, seq := int(payload[0]), binary.LittleEndian.Uint32(payload[4:])
		x.state.counts[from] = seq
		x.state.sum += uint64(seq) * uint64(2*from+1) * uint64(len(payload))
		x.log.cast(x.p.cur, delivery{from, seq, kind{i.Run.Order, i.Run.Safe, i.Run.Call}})
		if sent := x.p.procs[from].sent; int(seq) > len(sent) || !bytes.Equal(payload, sent[seq-1]) {
			return fmt.Errorf("cast %d of %s was delivered otherwise than sent", seq, name(from))
		}
		if i.Run.Call {
			x.site.Post(core.Answer{Proc: x.addr, Request: i.Request(k), Body: []byte(name(x.number))})
		}
		if turn := int(payload[1]); turn > 0 && turn < workload[x.p.cur].chain {
			if list := x.p.members(); list[turn%len(list)] == x {
				x.link()
			}
		}
	}
	x.site.Post(core.Used{Proc: x.addr, Group: x.group, Since: i.Since, Items: 1})
	return nil
}

// link casts the next of a chain: the one after the last it was delivered.
func (x *proc) link() {
	turn := len(x.log.in(x.p.cur)) + 1
	ev := x.event(kind{order: msg.Causal})
	x.add(&ev, byte(turn), 0)
	x.queue = append(x.queue, ev)
	x.pump()
}

// castAll hands over casts as the variant says.
func (x *proc) castAll(kinds []kind) {
	for i := 0; i < len(kinds); {
		ev := x.event(kinds[i])
		for j := i; i < len(kinds) && i-j < max(1, x.p.v.Batch) && kinds[i] == kinds[j]; i++ {
			pad := 0
			if i%10 == 5 {
				pad = x.p.v.Pad
			}
			x.add(&ev, 0, pad)
		}
		x.queue = append(x.queue, ev)
	}
	x.pump()
}

func (x *proc) event(k kind) core.Cast {
	ev := core.Cast{Proc: x.addr, Dest: x.group, Order: k.order, Safe: k.safe}
	if k.call {
		ev.Calls = []core.CallSpec{}
	}
	return ev
}

// add puts one more cast into an event: who sends it, its turn in a chain, its
// number.
func (x *proc) add(ev *core.Cast, turn byte, pad int) {
	x.seq++
	payload := append([]byte{byte(x.number), turn, 0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte{byte(x.seq)}, pad)...)
	binary.LittleEndian.PutUint32(payload[4:], x.seq)
	x.sent = append(x.sent, payload)
	ev.N++
	ev.Body = msg.AppendCast(ev.Body, payload)
	if ev.Calls != nil {
		x.calls++
		x.open++
		ev.Calls = append(ev.Calls, core.CallSpec{ID: x.calls, Want: call.All})
	}
}

// pump hands over what the window allows.
func (x *proc) pump() {
	for len(x.queue) > 0 {
		ev := x.queue[0]
		size := (&msg.Run{N: ev.N, Body: ev.Body}).Size()
		if w := x.p.v.Window; w > 0 && x.out > 0 && x.out+size > w {
			return
		}
		x.out += size
		x.queue = x.queue[1:]
		x.site.Post(ev)
	}
}

// called notes the outcomes of calls.
func (x *proc) called(e call.Event) {
	switch {
	case e.Member != 0:
		x.log.reply(e.ID, fmt.Sprintf("%s of %s: %q", e.Outcome, x.p.who(e.Member), e.Body))
	default:
		x.open--
		x.log.reply(e.ID, "end: "+e.End.String())
	}
}

// who names a process.
func (p *player) who(a id.Address) string {
	for _, x := range p.procs {
		if x.addr == a {
			return name(x.number)
		}
	}
	return "a stranger"
}

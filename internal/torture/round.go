package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/crew"
)

// round is one system from its start to its end. One goroutine owns it.
type round struct {
	o      Options
	ctx    context.Context
	number int
	apart  bool   // its processes are as on machines of their own
	dir    string // of traces
	began  time.Time
	story  io.Writer // all that happens; Options.Story gets less

	crew    *crew.Crew[report]
	net     *Network
	dice    *rand.Rand
	slots   []*slot
	agenda  []deed
	weather []*weather
	started int // processes so far: origins and traces are numbered
	guests  int // so far

	counts   map[Fault]int
	majority majority
	acked    acknowledged
	times    []int64 // of successes, in milliseconds since 1970
	ops      uint64
	unknown  uint64
	twice    []string
	troubles []string
	restless []string // what did not come to rest in the end

	quiet time.Time            // when all had come to rest
	alive []id.Site            // who ran then
	final map[string][]summary // their states, by name
}

// deed is something to do at a time.
type deed struct {
	at time.Time
	do func() error
}

// acknowledged are the updates that must last, by group and origin.
type acknowledged []map[uint32]numbers

func (a acknowledged) count() (n uint64) {
	for _, byOrigin := range a {
		for _, updates := range byOrigin { // order does not matter: a sum
			n += updates.count()
		}
	}
	return n
}

func newRound(ctx context.Context, o Options, number int, dir string, story io.Writer) (*round, error) {
	c, err := crew.New[report](ctx)
	if err != nil {
		return nil, err
	}
	seed := o.Seed + uint64(number)<<32
	r := &round{
		o: o, ctx: ctx, number: number, apart: isApart(o.Seed, number), dir: dir, story: story, began: time.Now(),
		crew: c, net: NewNetwork(seed), dice: rand.New(rand.NewPCG(seed, 0x746f7274757265)),
		counts: map[Fault]int{},
	}
	for range groups {
		r.acked = append(r.acked, map[uint32]numbers{})
	}
	return r, nil
}

// run runs the round until all its processes have ended.
func (r *round) run(storm time.Duration) error {
	defer r.net.Close()
	defer r.crew.Close()
	r.say("round %d: %d members and %d clients in processes of their own, %s", r.number+1, r.o.Sites, clients, r.where())
	if err := r.gather(); err != nil {
		return err
	}
	if err := r.storm(storm); err != nil {
		return err
	}
	return r.rest()
}

// say tells people what happens.
func (r *round) say(format string, args ...any) {
	r.note(format, args...)
	if !r.o.Verbose {
		fmt.Fprintf(r.o.Story, "%6.2f s  %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
	}
}

// note writes into the round's story, and tells people who want to know it all.
func (r *round) note(format string, args ...any) {
	line := fmt.Sprintf("%6.2f s  %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
	_, _ = io.WriteString(r.story, line) // the traces are what counts
	if r.o.Verbose {
		_, _ = io.WriteString(r.o.Story, line)
	}
}

// gather starts all processes and waits until they are in.
func (r *round) gather() error {
	for i := range r.o.Sites {
		s, err := r.add("m"+strconv.Itoa(i+1), member)
		if err != nil {
			return err
		}
		if err := r.launch(s); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if err := r.wait(startFor, func() bool { return s.joined }); err != nil {
			return fmt.Errorf("founding a system: %w", err)
		}
	}
	for i := range clients {
		s, err := r.add("c"+strconv.Itoa(i+1), client)
		if err != nil {
			return err
		}
		if err := r.launch(s); err != nil {
			return err
		}
	}
	if err := r.wait(startFor, r.gathered); err != nil {
		return fmt.Errorf("starting %d members and %d clients: %w (%s)", r.o.Sites, clients, err, r.census())
	}
	return nil
}

// gathered reports whether all processes are in, and all members agree on that.
func (r *round) gathered() bool {
	list, views := r.sound()
	members := 0
	for _, s := range r.slots {
		switch {
		case !s.runs():
			return false
		case !s.well():
			return false
		case s.kind == guest && !s.seated(views):
			return false
		case s.kind != client:
			members++
		}
	}
	for _, v := range views {
		if len(v.Members) != members || len(v.Ready) != members {
			return false
		}
	}
	return len(list) == r.o.Sites
}

// add makes a place for a process, with an address of the loopback network that
// nobody else uses, so that its ports stay free while it is down.
func (r *round) add(name string, k kind) (*slot, error) {
	pid := os.Getpid()
	ip := fmt.Sprintf("127.%d.%d.%d", 64+pid>>8&63, pid&255, len(r.slots)+1)
	listen, addr, err := freeAddrs(ip)
	if err != nil {
		return nil, err
	}
	r.net.Add(name, addr, listen)
	s := &slot{name: name, kind: k, listen: listen, addr: addr}
	r.slots = append(r.slots, s)
	return s, nil
}

// launch starts the process of a slot, anew if there was one before.
func (r *round) launch(s *slot) error {
	if err := r.net.Open(s.name); err != nil {
		return err
	}
	p, err := r.crew.Start(s.name, r.o.Worker...)
	if err != nil {
		return err
	}
	r.started++
	o := order{
		Name: s.name, Listen: s.listen, Advertise: s.addr, Client: s.kind == client, Guest: s.kind == guest, Apart: r.apart,
		Trace:  filepath.Join(r.dir, fmt.Sprintf("%s-%d.jsonl", s.name, r.started)),
		Origin: uint32(r.started), Seed: r.dice.Uint64(),
	}
	if r.started == 2 {
		o.Forget = r.o.Forget
	}
	for _, other := range r.slots {
		if other != s && other.kind == member && other.joined {
			o.Seeds = append(o.Seeds, other.addr)
		}
	}
	s.origin = o.Origin
	s.proc, s.killed, s.leaves, s.paused = p, false, false, false
	s.joined, s.hushed, s.settled = false, false, false
	s.address, s.views, s.state, s.why = 0, nil, nil, ""
	_ = p.Tell(o) // one that has ended already is told by its end
	return nil
}

// at puts something on the agenda.
func (r *round) at(after time.Duration, do func() error) {
	r.agenda = append(r.agenda, deed{time.Now().Add(after), do})
}

// errLate: what was waited for did not happen in time.
var errLate = errors.New("it took too long")

// wait works until done says so. The error is errLate, crew.ErrInterrupted, or
// that of a deed.
func (r *round) wait(limit time.Duration, done func() bool) error {
	end := time.Now().Add(limit)
	for !done() {
		if time.Now().After(end) {
			return errLate
		}
		if err := r.step(end); err != nil {
			return err
		}
	}
	return nil
}

// step takes a report or does what is due, and waits for either until end.
func (r *round) step(end time.Time) error {
	next := -1
	for i, d := range r.agenda {
		if d.at.Before(end) {
			next, end = i, d.at
		}
	}
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	select {
	case t := <-r.crew.Told():
		return r.take(t)
	case <-timer.C:
		if next < 0 {
			return nil
		}
		do := r.agenda[next].do
		r.agenda = slices.Delete(r.agenda, next, next+1)
		return do()
	case <-r.ctx.Done():
		return crew.ErrInterrupted
	}
}

// take notes a report, or the end of a process.
func (r *round) take(t crew.Tiding[report]) error {
	i := slices.IndexFunc(r.slots, func(s *slot) bool { return s.proc == t.From })
	if i < 0 {
		return nil
	}
	s := r.slots[i]
	if t.Gone {
		return r.gone(s)
	}
	switch w := t.Report; w.Event {
	case eventStarted:
		s.address = w.Address
	case eventJoined:
		s.joined, s.address = true, w.Address
		r.note("%s is in, as %v (process %d)", s.name, w.Address, t.From.Pid())
	case eventFailed:
		s.why = w.Why
	case eventHushed:
		s.hushed = true
	case eventSettled:
		s.settled = true
	case eventState:
		s.hold(w.State)
	case eventStatus:
		s.take(w)
		r.tally(s, w)
	}
	return nil
}

// tally adds what a status says is new.
func (r *round) tally(s *slot, w report) {
	for k, list := range w.Acked {
		updates := r.acked[k][s.origin]
		for _, n := range list {
			updates.add(n)
		}
		if len(list) > 0 {
			r.acked[k][s.origin] = updates
		}
	}
	r.times = append(r.times, w.Times...)
	r.ops += w.Ops
	r.unknown += w.Unknown
	r.twice = append(r.twice, w.Twice...)
	for _, text := range w.Trouble {
		r.trouble("%s: %s", s.name, text)
	}
}

// trouble notes a broken promise.
func (r *round) trouble(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.note("WRONG: %s", text)
	r.troubles = append(r.troubles, text)
}

// gone takes the end of a process: one that was killed is started anew, unless
// it was meant to end for good.
func (r *round) gone(s *slot) error {
	p := s.proc
	s.proc, s.address = nil, 0
	r.net.Shut(s.name)
	if leaves := s.over || s.leaves; !s.killed && (!leaves || p.Err() != nil) {
		r.trouble("%v", p.Failure())
	}
	if s.over {
		r.slots = slices.DeleteFunc(r.slots, func(o *slot) bool { return o == s })
		return nil
	}
	r.at(time.Duration(r.dice.Int64N(int64(restartWithin))), func() error { return r.launch(s) })
	return nil
}

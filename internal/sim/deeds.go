package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// command finds what carries out a command, nil when there is none. Arguments
// are the words after its name.
func command(name string) func(*Story, []string) error {
	return map[string]func(*Story, []string) error{
		"sites": (*Story).doSites, "start": (*Story).doStart, "run": (*Story).doRun,
		"crash": (*Story).doCrash, "restart": (*Story).doStart, "depart": (*Story).doDepart,
		"pause": (*Story).doPause, "resume": (*Story).doResume, "jump": (*Story).doJump, "slow": (*Story).doSlow,
		"cut": (*Story).doCut, "split": (*Story).doSplit, "heal": (*Story).doHeal, "break": (*Story).doBreak,
		"lag": (*Story).doLag, "hold": (*Story).doHold, "release": (*Story).doRelease,
		"before": (*Story).doBefore, "after": (*Story).doAfter,
		"join": (*Story).doJoin, "replace": (*Story).doReplace, "leave": (*Story).doLeave, "flush": (*Story).doFlush,
		"cast": (*Story).doCast, "call": (*Story).doCall, "answers": (*Story).doAnswers, "state": (*Story).doState,
		"hosts": (*Story).doHosts, "found": (*Story).doFound, "hasty": (*Story).doHasty, "clock": (*Story).doClock,
		"impatient": (*Story).doImpatient,
		"noise":     (*Story).doNoise, "at": (*Story).doAt, "calm": (*Story).doCalm,
		"open": (*Story).doOpen, "ask": (*Story).doAsk, "close": (*Story).doClose,
		"read": (*Story).doRead, "linger": (*Story).doLinger, "drift": (*Story).doDrift, "why": (*Story).doWhy,
		"cancel": (*Story).doCancel, "spoil": (*Story).doSpoil, "rest": (*Story).doRest, "rested": (*Story).doRested,
		"expect": (*Story).doExpect, "judge": func(s *Story, _ []string) error { return s.judge() },
	}[name]
}

// want checks the number of arguments.
func want(args []string, n int, usage string) error {
	if len(args) < n {
		return errors.New("usage: " + usage)
	}
	return nil
}

// doStart starts a new incarnation: start 4, or restart 4.
func (s *Story) doStart(args []string) error {
	if err := want(args, 1, "start N"); err != nil {
		return err
	}
	list, err := s.hosts(args[0])
	for _, h := range list {
		if h.site.running() {
			return fmt.Errorf("site %d runs already", h.index+1)
		}
		h.start(false)
	}
	return err
}

func (s *Story) doRun(args []string) error {
	if err := want(args, 1, "run 50ms"); err != nil {
		return err
	}
	d, err := duration(args[0])
	s.run(d)
	return err
}

// doCrash kills sites at once; what they have written still arrives, if not
// abruptly. Silently means that the machine is down: nobody refuses connections
// in its name.
func (s *Story) doCrash(args []string) error {
	if err := want(args, 1, "crash 1,2 [silently] [abruptly]"); err != nil {
		return err
	}
	list, err := s.hosts(args[0])
	for _, h := range list {
		h.crash(slices.Contains(args, "silently"), func() bool { return !slices.Contains(args, "abruptly") })
	}
	return err
}

func (s *Story) onSite(args []string, usage string, do func(*site)) error {
	if err := want(args, 1, usage); err != nil {
		return err
	}
	x, err := s.running(args[0])
	if err == nil {
		do(x)
	}
	return err
}

func (s *Story) doDepart(args []string) error {
	return s.onSite(args, "depart N", func(x *site) { x.post(core.Depart{}) })
}

func (s *Story) doPause(args []string) error {
	return s.onSite(args, "pause N", func(x *site) { x.host.pause(true) })
}

func (s *Story) doResume(args []string) error {
	return s.onSite(args, "resume N", func(x *site) { x.host.pause(false) })
}

// doJump puts a site's clock ahead: jump N 2s.
func (s *Story) doJump(args []string) error {
	if err := want(args, 2, "jump N 2s"); err != nil {
		return err
	}
	d, err := duration(args[1])
	if err != nil {
		return err
	}
	h, err := s.host(args[0])
	if err == nil {
		h.offset += d
	}
	return err
}

// doSlow makes a program take its time for each item: slow N 5ms.
func (s *Story) doSlow(args []string) error {
	if err := want(args, 2, "slow N 5ms"); err != nil {
		return err
	}
	d, err := duration(args[1])
	if err != nil {
		return err
	}
	p, err := s.program(args[0])
	if err == nil {
		p.slow = d / effect.Microsecond
	}
	return err
}

// doCut cuts links: cut 1 2 in both directions, cut 1->2 in one. Frames wait.
func (s *Story) doCut(args []string) error { return s.links(args, true) }

func (s *Story) links(args []string, cut bool) error {
	var on []hold
	switch {
	case len(args) == 2:
		a, err1 := s.host(args[0])
		b, err2 := s.host(args[1])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		on = []hold{{from: a.index, to: b.index}, {from: b.index, to: a.index}}
	case len(args) == 1:
		h, err := s.between(args[0])
		if err != nil {
			return err
		}
		on = []hold{h}
	default:
		return errors.New("usage: cut 1 2, cut 1->2, heal 1 2, heal")
	}
	for a := range s.w.hosts {
		for b := range s.w.hosts {
			if a != b && slices.ContainsFunc(on, func(h hold) bool { return h.covers(a, b) }) {
				s.w.setCut(a, b, cut)
			}
		}
	}
	return nil
}

// doSplit cuts all links between two sides: split 1,2 3,4,5.
func (s *Story) doSplit(args []string) error {
	if err := want(args, 2, "split 1,2 3,4,5"); err != nil {
		return err
	}
	left, err1 := s.hosts(args[0])
	right, err2 := s.hosts(args[1])
	for _, a := range left {
		for _, b := range right {
			s.w.setCut(a.index, b.index, true)
			s.w.setCut(b.index, a.index, true)
		}
	}
	return errors.Join(err1, err2)
}

func (s *Story) doHeal(args []string) error {
	if len(args) > 0 {
		return s.links(args, false)
	}
	clear(s.w.cuts)
	return nil
}

// doLag says how long frames take in one direction: lag 1->2 20ms.
func (s *Story) doLag(args []string) error {
	if err := want(args, 2, "lag 1->2 20ms"); err != nil {
		return err
	}
	h, err1 := s.between(args[0])
	d, err2 := duration(args[1])
	for a := range s.w.hosts {
		for b := range s.w.hosts {
			if h.covers(a, b) {
				s.lags[[2]int{a, b}] = d
			}
		}
	}
	return errors.Join(err1, err2)
}

// doHold keeps back what is written from now on: hold 1->2 Propose.
func (s *Story) doHold(args []string) error {
	h, err := s.selection(args, "hold 1->2 Propose")
	if err == nil {
		s.held = append(s.held, h)
	}
	return err
}

func (s *Story) selection(args []string, usage string) (h hold, err error) {
	if err := want(args, 2, usage); err != nil {
		return h, err
	}
	if h, err = s.between(args[0]); err != nil {
		return h, err
	}
	h.kind, err = kind(args[1])
	return h, err
}

func (s *Story) doRelease(args []string) error {
	h := hold{from: -1, to: -1}
	var err error
	if len(args) > 0 {
		h, err = s.between(args[0])
	}
	if len(args) > 1 && err == nil {
		h.kind, err = kind(args[1])
	}
	if err == nil {
		s.release(h)
	}
	return err
}

// doBefore and doAfter carry out a command when a site is about to write, or has
// just written, a message of a kind: after 1->3 Commit: crash 1. What the site
// would have written next is not written if it is dead by then.
func (s *Story) doBefore(args []string) error { return s.moment(args, true) }
func (s *Story) doAfter(args []string) error  { return s.moment(args, false) }

func (s *Story) moment(args []string, before bool) error {
	head, do, ok := strings.Cut(strings.Join(args, " "), ": ")
	if !ok {
		return errors.New("usage: after 1->2 Commit: crash 1")
	}
	h, err := s.selection(strings.Fields(head), "after 1->2 Commit: crash 1")
	if err == nil {
		s.moments = append(s.moments, moment{h, before, do})
	}
	return err
}

func (s *Story) doJoin(args []string) error {
	const usage = "join 1,2 g [conservatively] [patient 2s [dismissing]]"
	if err := want(args, 2, usage); err != nil {
		return err
	}
	conservative := slices.Contains(args, "conservatively")
	patience := core.Patience{Dismiss: slices.Contains(args, "dismissing")}
	if i := slices.Index(args, "patient"); i >= 0 {
		if err := want(args, i+2, usage); err != nil {
			return err
		}
		d, err := duration(args[i+1])
		if err != nil {
			return err
		}
		patience.After = d
	}
	list, err := s.programs(args[0])
	for _, p := range list {
		if p.named(args[1]) != nil {
			return fmt.Errorf("site %s is in %s already", p.name(), args[1])
		}
		s.w.join(p, args[1], conservative, patience)
	}
	return err
}

func (s *Story) doLeave(args []string) error {
	p, m, err := s.member(args, "leave 1 g")
	if err == nil {
		s.w.leave(p, m)
	}
	return err
}

func (s *Story) doFlush(args []string) error {
	p, m, err := s.member(args, "flush 1 g")
	if err == nil {
		s.w.flush(p, m)
	}
	return err
}

// doCancel gives up a call to a group, the last one or so many before it: cancel 1 g 2.
func (s *Story) doCancel(args []string) error {
	if err := want(args, 3, "cancel 1 g 0"); err != nil {
		return err
	}
	p, err := s.program(args[0])
	if err != nil {
		return err
	}
	dest, err := s.destination(p.s, args[1])
	if err != nil {
		return err
	}
	back, err := strconv.ParseUint(args[2], 10, 32)
	if err != nil || back >= p.calls {
		return fmt.Errorf("%s made no %s calls before the last one", p.name(), args[2])
	}
	p.s.post(core.CancelCall{Proc: p.proc, Dest: dest, ID: p.calls - back})
	return nil
}

// orders are their names.
var orders = []string{"fifo", "causal", "total", "barrier"}

func order(word string) (msg.Order, bool) {
	i := slices.Index(orders, word)
	return msg.FIFO + msg.Order(max(i, 0)), i >= 0
}

// doCast casts words, each one cast of one run: cast 1 g causal safe a b c. A
// word like big*300000 stands for a cast of so many bytes.
func (s *Story) doCast(args []string) error { return s.cast(args, 0, false) }

// doCall calls a group, or the process at a site: call 3 g all total a,
// call 3 @2 1 fifo a. Calls are numbered from 1 for each caller.
func (s *Story) doCall(args []string) error {
	if err := want(args, 4, "call 3 g all total [safe] a"); err != nil {
		return err
	}
	wanted, err := wantedIn(args[2])
	if err != nil {
		return err
	}
	return s.cast(slices.Delete(slices.Clone(args), 2, 3), wanted, true)
}

func (s *Story) cast(args []string, wanted int, calls bool) error {
	if err := want(args, 4, "cast 1 g causal [safe] a b c"); err != nil {
		return err
	}
	p, err := s.program(args[0])
	if err != nil {
		return err
	}
	if strings.Contains(args[1], ",") {
		return s.castList(p, args)
	}
	dest, err := s.destination(p.s, args[1])
	if err != nil {
		return err
	}
	o, ok := order(args[2])
	if !ok {
		return fmt.Errorf("no order is called %q", args[2])
	}
	ev := core.Cast{Proc: p.proc, Dest: dest, Order: o}
	words := args[3:]
	if ev.Safe = words[0] == "safe"; ev.Safe {
		words = words[1:]
	}
	for _, word := range words {
		payload, err := payload(word)
		if err != nil {
			return err
		}
		ev.N++
		ev.Body = msg.AppendCast(ev.Body, payload)
		if calls {
			p.calls++
			ev.Calls = append(ev.Calls, core.CallSpec{ID: p.calls, Want: wanted})
		}
	}
	p.out[dest] += (&msg.Run{N: ev.N, Body: ev.Body}).Size()
	p.s.post(p.s.w.lend(ev))
	return nil
}

// payload is what a word stands for.
func payload(word string) ([]byte, error) {
	b := []byte(word)
	if _, size, ok := strings.Cut(word, "*"); ok {
		n, err := strconv.Atoi(size)
		if err != nil || n < len(word) {
			return nil, fmt.Errorf("%q has no size", word)
		}
		b = append(b, make([]byte, n-len(word))...)
	}
	return b, nil
}

// castList casts words to several, each alone: cast 1 g,h,@3 total a b. A list of
// one ends with a comma.
func (s *Story) castList(p *program, args []string) error {
	if args[2] != "total" {
		return errors.New("usage: cast 1 g,h,@3 total a b")
	}
	var dests []id.Address
	for word := range strings.SplitSeq(strings.TrimSuffix(args[1], ","), ",") {
		to, err := s.destination(p.s, word)
		if err != nil {
			return err
		}
		dests = append(dests, to)
	}
	for _, word := range args[3:] {
		b, err := payload(word)
		if err != nil {
			return err
		}
		p.calls++
		p.s.post(core.CastList{Proc: p.proc, ID: p.calls, Dests: dests, Body: msg.AppendCast(nil, b)})
	}
	return nil
}

// destination reads the name of a group, or @2 for the process at site 2.
func (s *Story) destination(x *site, word string) (id.Address, error) {
	if host, ok := strings.CutPrefix(word, "@"); ok {
		if a, ok := exact(host); ok {
			return a, nil
		}
		to, err := s.program(host)
		if err != nil {
			return 0, err
		}
		return to.proc, nil
	}
	g := x.core.Lookup(word)
	if g == nil {
		return 0, fmt.Errorf("site %s knows no group %q", label(x.id), word)
	}
	return g.Group, nil
}

// doAnswers sets how a program answers calls: answers 3 mute, null, copy or
// normally. A mute one that is told to answer normally answers what is open.
func (s *Story) doAnswers(args []string) error {
	if err := want(args, 2, "answers 3 mute|null|copy|normally"); err != nil {
		return err
	}
	x, err := s.running(args[0])
	if err != nil {
		return err
	}
	at := label(x.id)
	s.manners[at] = args[1]
	if args[1] == "normally" {
		delete(s.manners, at)
	}
	open := s.open[at]
	delete(s.open, at)
	for _, q := range open { // a mute one goes on waiting
		s.answer(q.p, q.r, nil)
	}
	return nil
}

// doState sets how large states are that are captured from now on, in bytes.
func (s *Story) doState(args []string) error {
	if err := want(args, 1, "state 5000000"); err != nil {
		return err
	}
	n, err := strconv.Atoi(args[0])
	s.stateSize = n
	return err
}

package events

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/crew"
	"github.com/cohortkit/cohort/internal/netem"
)

// system is a system of processes under measurement.
type system struct {
	*crew.Crew[report]
	ctx     context.Context
	b       *Bench
	apart   bool            // members are as on machines of their own
	network *netem.Emulator // between members, or nil
	procs   []*proc         // all there were
	members []*proc         // those who joined and run, oldest first
}

// proc is a process of it.
type proc struct {
	*crew.Process
	host    string // where it is in the network, or ""
	addr    string
	address cohort.Address
	over    bool // it is meant to end
	answer  *report
	viewed  int64 // when it told didView
}

// within makes a system, and ends all its processes after do.
func (b *Bench) within(ctx context.Context, do func(*system) error) error {
	c, err := crew.New[report](ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	s := &system{Crew: c, ctx: ctx, b: b}
	if b.Network == nil {
		return do(s)
	}
	s.apart, s.network = true, netem.New(b.Network.Network, b.Network.Congestion)
	if err := s.network.Start(); err != nil {
		return err
	}
	defer s.network.Close()
	return do(s)
}

// together does the same in several other systems at once, but in a network: that needs
// the processors for one. When one fails, the others are interrupted.
func (s *system) together(n int, do func(*system) error) error {
	if s.network != nil {
		return do(s)
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := s.b.within(ctx, do); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if s.ctx.Err() != nil {
		return crew.ErrInterrupted
	}
	return context.Cause(ctx)
}

// launch starts a process, and a node in it. It returns what that reports.
func (s *system) launch() (*proc, *report, error) {
	name := fmt.Sprintf("m%d", len(s.procs))
	p, err := s.spawn(name)
	if err != nil {
		return nil, nil, err
	}
	s.procs = append(s.procs, p)
	o := order{Do: doStart, Name: name, Host: p.host, Apart: s.apart}
	for _, m := range s.members {
		o.Seeds = append(o.Seeds, m.addr)
	}
	list, err := s.ask(o, p)
	if err != nil {
		return nil, nil, err
	}
	p.addr, p.address = list[0].Addr, list[0].Address
	return p, &list[0], nil
}

// spawn starts a process, in the network if there is one.
func (s *system) spawn(name string) (*proc, error) {
	process, err := s.StartAt(crew.Place{Apart: s.network != nil}, name, s.b.Worker...)
	if err != nil {
		return nil, err
	}
	p := &proc{Process: process}
	if s.network != nil {
		p.host, s.b.congestion, err = s.network.Attach(process.Pid())
	}
	return p, err
}

// ended waits until a process has ended that is meant to.
func (s *system) ended(p *proc) error {
	err := s.Until("ending "+p.Name, s.take, p.Ended)
	if err == nil && s.network != nil {
		s.network.Detach(p.host)
	}
	return err
}

// form starts all members and has them join groups.
func (s *system) form(groups int, o order) error {
	for len(s.members) < members {
		p, _, err := s.launch()
		if err != nil {
			return err
		}
		if o.Bulk > 0 {
			if _, err := s.ask(order{Do: doHold, Bulk: o.Bulk, Fill: len(s.members) == 0}, p); err != nil {
				return err
			}
		}
		if _, err := s.enter(p, groups, o); err != nil {
			return err
		}
	}
	return s.settle(members)
}

// batch is how many groups are joined before the process is heard of again.
const batch = 100

// enter has a process become a member. It returns the last report.
func (s *system) enter(p *proc, groups int, o order) (report, error) {
	last, err := s.join(p, groups, o)
	if err == nil {
		s.members = append(s.members, p)
	}
	return last, err
}

// join has a process join groups.
func (s *system) join(p *proc, groups int, o order) (last report, err error) {
	for from := 0; from < groups; from += batch {
		list, err := s.ask(order{Do: doJoin, From: from, Upto: min(groups, from+batch), State: o.State}, p)
		if err != nil {
			return last, err
		}
		last = list[0]
	}
	return last, nil
}

// settle waits until all see all in all groups.
func (s *system) settle(n int) error {
	list, err := s.ask(order{Do: doReady, Members: n}, s.members...)
	for i, r := range list {
		s.members[i].address = r.Address
	}
	return err
}

// replace starts a member in place of one that is gone.
func (s *system) replace(gone *proc, groups int, o order) error {
	s.members = slices.DeleteFunc(s.members, func(p *proc) bool { return p == gone })
	return s.form(groups, o)
}

// retire ends a process at once, and waits for that.
func (s *system) retire(p *proc) error {
	p.over = true
	_ = p.Kill() // it may have ended
	return s.ended(p)
}

// ask tells processes the same and waits for their answers.
func (s *system) ask(o order, who ...*proc) ([]report, error) {
	for _, p := range who {
		p.answer = nil
		if err := p.Tell(o); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	unanswered := func(p *proc) bool { return p.answer == nil }
	if err := s.Until(o.Do, s.take, func() bool { return !slices.ContainsFunc(who, unanswered) }); err != nil {
		return nil, err
	}
	list := make([]report, len(who))
	for i, p := range who {
		list[i] = *p.answer
	}
	return list, nil
}

// take notes a report.
func (s *system) take(t crew.Tiding[report]) error {
	i := slices.IndexFunc(s.procs, func(p *proc) bool { return p.Process == t.From })
	p := s.procs[i]
	switch {
	case t.Gone && !p.over:
		return p.Failure()
	case t.Gone:
	case t.Report.Fault != "":
		return fmt.Errorf("%s: %s", p.Name, t.Report.Fault)
	case t.Report.Did == didView:
		p.viewed = t.Report.At
	case t.Report.Did != "":
		p.answer = &t.Report
	}
	return nil
}

// others are the members but for one.
func (s *system) others(p *proc) []*proc {
	return slices.DeleteFunc(slices.Clone(s.members), func(o *proc) bool { return o == p })
}

// breathe lets what is left of the last event come to its end.
func (s *system) breathe() error { return s.During(s.b.Span/10, s.take) }

func (s *system) during(d time.Duration) error { return s.During(d, s.take) }

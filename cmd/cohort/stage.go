package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/crew"
	"github.com/cohortkit/cohort/internal/twenty/load"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

// stage is a demo under way: who takes part, and what is known of them.
type stage struct {
	*crew.Crew[event]
	o     demoOptions
	out   io.Writer
	began time.Time

	members []*actor // in the order they were started
	client  *actor
	views   map[uint64]bool // numbers of all views told

	totals   load.Totals // last told
	progress load.Totals // when progress was last printed
	final    bool

	victim     *actor
	killedAt   int64 // nanoseconds since 1970
	viewChange time.Duration
	promoted   *actor // the standby that acts instead
	newcomer   *actor
}

// actor is a process of a demo.
type actor struct {
	*crew.Process
	address cohort.Address
	addr    string
	ready   bool
	bytes   int64       // of state received
	view    *viewReport // the last one told
	without int64       // when it had the first view without the victim
	over    bool        // it is meant to end
}

// say tells what happens.
func (s *stage) say(format string, args ...any) {
	fmt.Fprintf(s.out, "%6.2f s  %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

// traced are the arguments that make a process write a trace.
func (s *stage) traced(name string) []string {
	if s.o.trace == "" {
		return nil
	}
	return []string{"--trace", s.o.trace + name + ".jsonl"}
}

// member starts one more member.
func (s *stage) member() (*actor, error) {
	name := "m" + strconv.Itoa(len(s.members)+1)
	args := []string{
		"twenty", "serve", "--child", "--json", "--listen", "127.0.0.1:0",
		"--name", name, "--data", s.o.data, "--members", strconv.Itoa(service.DefaultActing),
	}
	if seeds := s.addrs(); len(seeds) > 0 {
		args = append(args, "--seeds", strings.Join(seeds, ","))
	}
	p, err := s.Start(name, append(args, s.traced(name)...)...)
	if err != nil {
		return nil, err
	}
	a := &actor{Process: p}
	s.members = append(s.members, a)
	return a, nil
}

// addrs are the addresses of the members that run.
func (s *stage) addrs() (list []string) {
	for _, a := range s.members {
		if a.addr != "" && !a.over {
			list = append(list, a.addr)
		}
	}
	return list
}

// load starts the client and waits until it asks.
func (s *stage) load() error {
	args := []string{
		"twenty", "load", "--seeds", strings.Join(s.addrs(), ","),
		"--askers", strconv.Itoa(s.o.askers), "--updaters", strconv.Itoa(s.o.updaters),
	}
	p, err := s.Start("client", append(args, s.traced("client")...)...)
	if err != nil {
		return err
	}
	s.client = &actor{Process: p}
	return s.Until("starting the client", s.take, func() bool { return s.client.addr != "" })
}

// find is the actor that a process is, or that an address belongs to.
func (s *stage) find(is func(*actor) bool) *actor {
	if i := slices.IndexFunc(s.members, is); i >= 0 {
		return s.members[i]
	}
	if s.client != nil && is(s.client) {
		return s.client
	}
	return nil
}

// names writes processes by name.
func (s *stage) names(list []cohort.Address) string {
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = x.String()
		if a := s.find(func(a *actor) bool { return a.address == x }); a != nil {
			names[i] = a.Name
		}
	}
	return strings.Join(names, " ")
}

// take notes a report and tells what a person should know.
func (s *stage) take(t crew.Tiding[event]) error {
	a := s.find(func(a *actor) bool { return a.Process == t.From })
	switch {
	case a == nil:
	case t.Gone:
		if !a.over || a.Err() != nil && a != s.victim {
			return a.Failure()
		}
	case t.Report.Event == eventStarted:
		a.address, a.addr = t.Report.Address, t.Report.Addr
	case t.Report.Event == eventReady:
		a.ready, a.bytes = true, t.Report.Bytes
		if a.bytes > 0 {
			s.say("%s has the state: %s bytes, %.0f ms after it was started",
				a.Name, thousands(int(a.bytes)), ms(time.Duration(t.Report.At-a.Began.UnixNano())))
		}
	case t.Report.Event == eventView:
		s.viewed(a, t.Report)
	case t.Report.Event == eventTotals:
		s.totals = *t.Report.Totals
		s.tellProgress()
	case t.Report.Event == eventDone:
		s.totals, s.final = *t.Report.Totals, true
	case t.Report.Event == eventLeft:
		s.say("%s left in order", a.Name)
	}
	return nil
}

// viewed notes a view. Views that are new to all are told.
func (s *stage) viewed(a *actor, e event) {
	a.view = e.View
	if s.victim != nil && a.without == 0 && !e.View.has(s.victim.address) {
		a.without = e.At
	}
	if s.views[e.View.Number] {
		return
	}
	s.views[e.View.Number] = true
	if s.final {
		return
	}
	ready := e.View.ready()
	acting := ready[:min(len(ready), service.DefaultActing)]
	text := fmt.Sprintf("view %d: %s act", e.View.Number, s.names(acting))
	if standby := ready[len(acting):]; len(standby) > 0 {
		text += "; standing by: " + s.names(standby)
	}
	if joining := len(e.View.Members) - len(ready); joining > 0 {
		text += fmt.Sprintf("; %d waiting for the state", joining)
	}
	s.say("%s", text)
	if e.View.Why != "" {
		s.say("  %s", s.named(e.View.Why))
	}
}

// named puts the names of processes where text has their sites.
func (s *stage) named(text string) string {
	for _, a := range slices.Concat(s.members, []*actor{s.client}) {
		if a == nil {
			continue
		}
		if site, _, ok := strings.Cut(a.address.String(), "."); ok {
			text = strings.ReplaceAll(text, site, a.Name)
		}
	}
	return text
}

// tellProgress tells the rates since it was last called.
func (s *stage) tellProgress() {
	now, before := s.totals, s.progress
	s.progress = now
	d := (now.Duration - before.Duration).Seconds()
	if d <= 0 {
		return
	}
	s.say("%8s queries/s %6s updates/s   wrong %d   lost %d",
		thousands(int(float64(now.Queries-before.Queries)/d)), thousands(int(float64(now.Updates-before.Updates)/d)), now.Wrong, now.Lost)
}

// ms is a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

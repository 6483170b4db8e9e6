package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

// leaveFor is how long a member takes to leave in order.
const leaveFor = 10 * time.Second

// serveOptions are the flags of twenty serve.
type serveOptions struct {
	listen string
	seeds  []string
	expect int
	least  uint64
	halt   time.Duration
	status string
	name   string
	data   string
	acting int
	trace  string
	json   bool
	child  bool
}

func newServeCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "be a member of the service",
		Long: `Be a member of the service until interrupted. Without --seeds this member founds the
service; with them it joins the one that runs there, and gets the table from it. The first
members that hold the table act, the others are hot standbys.

With --expect several members are started alike, in any order: they found one service when
all are there, and a member that comes later joins it.

To bring a member back, give it a --seeds that runs: a member without them always founds a
service of its own.`,
		Example: `  cohort twenty serve                            found the service at ` + wellKnown + `
  cohort twenty serve --seeds ` + wellKnown + `     join it
  cohort twenty serve --expect 3 --seeds a:7321,b:7321,c:7321 --listen :7321
  cohort twenty serve --data paper --listen 127.0.0.1:7500`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("listen") && len(o.seeds) > 0 && o.expect == 0 {
				o.listen = "127.0.0.1:0"
			}
			return serve(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", wellKnown, "address for other members and clients; with --seeds a free port if not given")
	f.StringSliceVar(&o.seeds, "seeds", nil, "addresses of members to join; without, a new service is founded")
	f.IntVar(&o.expect, "expect", 0, "found the service together with the other --seeds, so many in all, as soon as all are there")
	f.Uint64Var(&o.least, "min-weight", 0, "how many members must be in touch for any to work, besides a majority; the same for all")
	f.DurationVar(&o.halt, "halt-after", 0, "how long to wait for the majority before looking for the service anew; 0 is for ever")
	f.StringVar(&o.name, "name", "", "name in the system; a member that comes back under its name replaces its former self")
	f.StringVar(&o.data, "data", "cars", "the founder's table: cars or paper")
	f.IntVar(&o.acting, "members", service.DefaultActing, "how many members act; the same for all")
	f.StringVar(&o.trace, "trace", "", "write what happens here to this file, for cohort check and cohort trace")
	f.StringVar(&o.status, "status", "", "say here what waits and why, to cohort why --node: a loopback address or the path of a socket")
	f.BoolVar(&o.json, "json", false, "report as JSON lines")
	f.BoolVar(&o.child, "child", false, "end with the standard input instead of a signal")
	_ = f.MarkHidden("child")
	return cmd
}

func serve(cmd *cobra.Command, o serveOptions) (err error) {
	table, err := dataset(o.data)
	if err != nil {
		return err
	}
	if o.acting < 1 {
		return usagef("--members must be at least 1")
	}
	trace, err := openTrace(o.trace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, trace.Close()) }()
	ctx, stop := untilTold(cmd.Context(), o.child, cmd.InOrStdin())
	defer stop()

	seeking, cancel := context.WithTimeout(ctx, 2*seekFor)
	defer cancel()
	node, err := cohort.Start(seeking, cohort.Config{
		Name: o.name, Listen: o.listen, Seeds: o.seeds, Trace: trace.writer(),
		Expect: o.expect, MinWeight: o.least, HaltAfter: o.halt, Status: o.status,
	})
	if err != nil {
		return explainStart(err, o)
	}
	s := &serving{node: node, acting: o.acting, out: cmd.OutOrStdout()}
	if o.json {
		s.report = newReporter(cmd.OutOrStdout())
	}
	s.started(o)
	member, err := service.Serve(ctx, node, service.Config{Acting: o.acting, Table: table, OnView: s.viewed})
	if err != nil {
		return errors.Join(fmt.Errorf("joining the service: %w", err), node.Close())
	}
	s.ready(member)
	<-ctx.Done()
	leaving, cancel := context.WithTimeout(context.Background(), leaveFor)
	defer cancel()
	if err := node.Leave(leaving); err != nil {
		return fmt.Errorf("leaving: %w", err)
	}
	s.left(member)
	return nil
}

// explainStart tells which flag is wrong, and adds what to do about an address in use.
func explainStart(err error, o serveOptions) error {
	failed, ok := errors.AsType[*cohort.ListenError](err)
	if !ok {
		return wrongFlag(err)
	}
	flag := "listen"
	if failed.Addr == o.status {
		flag = "status"
	}
	_, misspelt := errors.AsType[*net.AddrError](err)
	switch taken := errors.Is(err, syscall.EADDRINUSE); {
	case misspelt:
		return usagef("--%s is no address: %v", flag, failed.Err)
	case taken && flag == "status":
		return fmt.Errorf("%w\nIts --status is another one's, or a file: give another address or path, or none", err)
	case taken && len(o.seeds) == 0:
		return fmt.Errorf("%w\nTo join the service that runs there:  cohort twenty serve --seeds %s\nTo found another one:  cohort twenty serve --listen 127.0.0.1:0", err, o.listen)
	}
	return err
}

// untilTold ends with ctx or, for a child process, when its parent closes its
// standard input or is gone. A child leaves signals from the terminal to its
// parent.
func untilTold(ctx context.Context, child bool, stdin io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if !child {
		return ctx, cancel
	}
	signal.Ignore(os.Interrupt)
	go func() {
		_, _ = io.Copy(io.Discard, stdin) // its end is all that matters
		cancel()
	}()
	return ctx, cancel
}

// serving tells what a member does.
type serving struct {
	node   *cohort.Node
	acting int
	out    io.Writer
	report *reporter // nil: tell a person
}

func (s *serving) say(format string, args ...any) {
	if s.report == nil {
		fmt.Fprintf(s.out, time.Now().Format("15:04:05.000 ")+format+"\n", args...)
	}
}

func (s *serving) started(o serveOptions) {
	s.report.report(event{Event: eventStarted, Addr: s.node.Addr(), Address: s.node.Address()})
	if len(o.seeds) == 0 {
		s.say("founded a system at %s; others join with --seeds %[1]s", s.node.Addr())
	} else {
		s.say("in the system of %s, as %v at %s", strings.Join(o.seeds, ", "), s.node.Address(), s.node.Addr())
	}
}

// viewed tells a view and this member's part in it.
func (s *serving) viewed(v cohort.View) {
	s.report.report(event{Event: eventView, View: reportView(v)})
	if s.report != nil {
		return
	}
	acting := service.Acting(v, s.acting)
	me := s.node.Address()
	role := "hot standby"
	if i := slices.Index(acting, me); i >= 0 {
		role = fmt.Sprintf("acting member %d", i)
	} else if !slices.Contains(v.Ready(), me) {
		role = "waiting for the table"
	}
	s.say("view %d: members %d, acting %d; this one is %s", v.Number, len(v.Members), len(acting), role)
	if v.Why != "" {
		s.say("  %s", v.Why)
	}
}

func (s *serving) ready(m *service.Member) {
	s.report.report(event{Event: eventReady, Bytes: m.Received()})
	version, _ := m.Version()
	s.say("ready: holds version %d of the table, %d bytes received; interrupt to leave", version, m.Received())
}

func (s *serving) left(m *service.Member) {
	s.report.report(event{Event: eventLeft})
	c := m.Counters()
	s.say("left; answered %d questions, declined %d, applied %d updates", c.Answered, c.Declined, c.Applied)
}

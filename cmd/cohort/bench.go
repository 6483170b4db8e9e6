package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/bench"
)

// castBenchOptions are the flags of bench.
type castBenchOptions struct {
	bench.Shape
	seconds float64
	latency bool
	durable bool
	json    bool
	profile string
	network networkFlag
	pin     []int
	raw     string // plain TCP's congestion control
}

const castBenchHelp = `Start members as processes on this machine, which cast over TCP on loopback as fast as
they can, and measure what reaches their handlers. They use the public package, as any
program does. Before and after, the same load goes over plain TCP connections, with the same
messages, checks and processes and with large writes: that is what the machine can do.

Every message is checked on arrival: its checksum, its group, the sequence of its sender and,
but for fifo, that it comes after what its sender had seen. For total and barrier the members
compare a hash of who came when. A failed check ends the bench with an error.

The fields of the JSON object that need a word:
  msgs_per_s          delivered to the handler of the slowest member; own casts count
  p50_us, p99_us      from the call to the delivery at the sender; last_: at the last member.
                      Without --window or --latency, most of it is waiting in queues
  cpu_s_per_million   processor seconds of all members for a million deliveries
  allocs_per_msg      objects allocated at all members, for each delivery
  raw_ratio           net_msgs_per_s, what others cast, to the same over plain TCP
  raw_noise           plain TCP after to plain TCP before, or the inverse: at 1.3 a difference
                      of a third means nothing
  raw_congestion      the congestion control of plain TCP's connections: the system's, if
                      --raw-congestion names no other. Cohort's to machines nearby are not
                      paced, whatever the system has, and plain TCP's are if that is bbr
  raw_p50_us          with a window: plain TCP's round trip to all others, before and after
  p50_ratio           p50_us to that
  gomaxprocs          on how many processors Go runs each member at a time: all that it may use,
                      or what the environment's GOMAXPROCS says
  load                of this machine in the minute before

With --pin each member stays on one processor, as if that were all its machine had. Without,
those of plain TCP, which wait for one thing at a time, often gather on one processor, where
nobody has to be woken from another; on machines of their own they could not.

With --network each member is in a network namespace of its own, as on a machine of its own,
and all packets between them go through a relay, plain TCP's as well. It delays each packet,
loses some by chance, and sends those of one member at the rate given, from a queue of 1000
full packets; what is lost the kernel's TCP sends again. What is not given is left alone. This
is on Linux only, needs root and /dev/net/tun, and takes a part of the processors (relay_cpu).
Nothing of it is left when the bench has ended, in whatever way. In the JSON object:
  passage             what members have sent: mb_per_s with all headers; the share of packets
                      that was lost, and dropped by a full queue; how long they were in the
                      queue, and how late the relay was; raw_passage: plain TCP's`

func newCastBenchCommand() *cobra.Command {
	var o castBenchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure casts between processes, beside plain TCP",
		Long:  castBenchHelp,
		Example: `  cohort bench
  cohort bench --order causal --senders one --size 1024 --json
  cohort bench --latency --safe
  cohort bench --latency --elsewhere
  cohort bench --latency --elsewhere --pin 0,1,1
  cohort bench --raw-congestion reno
  cohort bench --network 1ms,0.1%,1gbit`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.durable {
				return usagef("--durable: nothing is kept on disk yet, so there is nothing to measure; leave it out")
			}
			if o.latency && cmd.Flags().Changed("window") {
				return usagef("--latency is --window 1: give one of them")
			}
			if o.latency {
				o.Window = 1
			}
			if o.Batch > 1 && o.Window > 0 {
				return usagef("--batch needs as many casts under way as may be: leave out --window and --latency")
			}
			if !cmd.Flags().Changed("senders") && o.latency {
				o.Senders = bench.One
			}
			if err := o.network.check(cmd); err != nil {
				return err
			}
			if runtime.GOOS != "linux" && (len(o.pin) > 0 || o.raw != "") {
				return usagef("--pin and --raw-congestion work on Linux only")
			}
			if o.Elsewhere && (o.Senders != bench.One || o.Order != bench.Total || o.Groups != 1) {
				return usagef("--elsewhere is for --order total and --senders one, in one group")
			}
			if !(o.seconds >= 0.1 && o.seconds <= 600) {
				return usagef("--seconds is 0.1 to 600")
			}
			if err := o.Check(); err != nil {
				return usagef("%v", err)
			}
			return castBench(cmd, o)
		},
	}
	f := cmd.Flags()
	f.Var(newNumber(&o.Members, 3, 2).upTo(64), "members", "processes, 2 to 64")
	f.Var(newChoice(&o.Order, bench.Total, bench.Orders...), "order", "of the casts")
	f.BoolVar(&o.Safe, "safe", false, "deliver only when no failure can undo it")
	f.BoolVar(&o.durable, "durable", false, "deliver only when it is on disk; not yet: there is no storage, and this is refused")
	f.Var(newNumber(&o.Size, 64, bench.LeastSize).upTo(16<<20), "size", "bytes of a message")
	f.Var(newChoice(&o.Senders, bench.All, bench.One, bench.All), "senders", "who casts; one is the youngest; with --latency the default is one")
	f.Var(newNumber(&o.Window, 0, 0).upTo(1<<16), "window", "casts that a sender has under way; 0 for as many as may be")
	f.Var(newNumber(&o.Batch, 1, 1).upTo(4096), "batch", "casts that a sender hands over by one call, Group.CastEach")
	f.BoolVar(&o.latency, "latency", false, "one cast at a time")
	f.BoolVar(&o.Elsewhere, "elsewhere", false, "with one sender of total casts: their order is another's, which casts now and then as well")
	f.Var(newNumber(&o.Groups, 1, 1).upTo(1000), "groups", "that all members are in; casts go to each in turn")
	f.Float64Var(&o.seconds, "seconds", 5, "how long to measure; plain TCP takes as long again")
	f.BoolVar(&o.json, "json", false, "print the result as one JSON object; the story goes to the standard error")
	f.IntSliceVar(&o.pin, "pin", nil, "`PROCESSORS`, with commas, numbered from 0: one for each member, oldest first, and over again")
	o.network.add(cmd)
	f.StringVar(&o.raw, "raw-congestion", "", "`NAME` of the congestion control of plain TCP's connections; the system's unless given")
	f.StringVar(&o.profile, "profile", "", "`DIR` for processor profiles of the members")
	worker := newWorkerCommand("be a member of a bench", func(in io.Reader, out io.Writer) error { return bench.Work(bench.Ours(), in, out) })
	cmd.AddCommand(worker, newBenchEventsCommand(), newPaperCommand())
	return cmd
}

func castBench(cmd *cobra.Command, o castBenchOptions) error {
	out := cmd.OutOrStdout()
	if o.json {
		out = cmd.ErrOrStderr()
	}
	if o.profile != "" {
		if err := os.MkdirAll(o.profile, 0o777); err != nil {
			return err
		}
	}
	network, err := o.network.get()
	if err != nil {
		return err
	}
	began := time.Now()
	b := bench.Bench{
		Worker: []string{"bench", "worker"}, Measure: time.Duration(o.seconds * float64(time.Second)), Profile: o.profile,
		Network: network, Pin: o.pin, Congestion: o.raw,
	}
	r, err := b.Compare(cmd.Context(), o.Shape, func(system string) {
		fmt.Fprintf(out, "%6.2f s  measuring %s\n", time.Since(began).Seconds(), map[string]string{
			bench.Cohort: fmt.Sprintf("%d members of Cohort", o.Members), bench.Raw: "plain TCP",
		}[system])
	})
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
	}
	tellCastBench(out, r)
	return nil
}

// with says which congestion control, if that is known.
func with(congestion string) string {
	if congestion == "" {
		return ""
	}
	return " with " + congestion
}

// tellCastBench tells a person the result.
func tellCastBench(out io.Writer, r *bench.Result) {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	order := r.Order
	if r.Safe {
		order += ", safe"
	}
	say("")
	say("%s, %d members, %s casting, %s bytes, %g s; every one of %s deliveries checked", order, r.Members, r.Senders,
		thousands(r.Size), r.Seconds, thousands(int(r.Checked)))
	say("  %12s deliveries/s to each handler, %g MB/s", thousands(int(r.MsgsPerS)), r.MBPerS)
	say("  %12.2f of plain TCP%s (%s/s net; %s and %s; noise %.2f)", r.RawRatio, with(r.RawWith), thousands(int(r.Net)),
		thousands(int(r.RawBefore)), thousands(int(r.RawAfter)), r.RawNoise)
	say("  %12.1f us to the delivery at the sender, p99 %.1f us; at the last member %.1f and %.1f us",
		r.P50, r.P99, r.LastP50, r.LastP99)
	if r.P50Ratio > 0 {
		say("  %12.2f of plain TCP's round trip to all others (%.1f and %.1f us)", r.P50Ratio, r.RawP50[0], r.RawP50[1])
	}
	say("  %12.3f s of processor time for a million deliveries; plain TCP %.3f s", r.CPU, r.RawCPU)
	say("  %12.2f allocations for a delivery, %.0f bytes; the largest member had %.0f MB", r.Allocs, r.AllocSize, r.Memory)
	if len(r.Pin) > 0 {
		say("each member stayed on one processor, in turn %v of %d", r.Pin, r.Processors)
	}
	tellPassage(say, r)
	if r.Load > 1 {
		say("The load of this machine was %.1f on %d processors: only the ratios mean something.", r.Load, r.Processors)
	}
}

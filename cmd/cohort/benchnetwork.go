package main

import (
	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/netem"
)

// networkFlag is the value of --network.
type networkFlag struct {
	text       string
	network    netem.Network
	congestion string
}

func (f *networkFlag) String() string { return f.text }

func (f *networkFlag) Type() string { return "DELAY,LOSS%,RATE" }

func (f *networkFlag) Set(text string) (err error) {
	f.text = text
	f.network, err = netem.Parse(text)
	return err
}

// add adds the flags.
func (f *networkFlag) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(f, "network", "between members: delay one way, loss, rate, as 1ms,0.1%,1gbit; needs root")
	flags.StringVar(&f.congestion, "congestion", "", "`NAME` of TCP's congestion control in that network; this machine's unless given")
}

// check says what is wrong with the flags together.
func (f *networkFlag) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("congestion") && f.text == "" {
		return usagef("--congestion is of a --network: give both of them")
	}
	return nil
}

// get returns nil when there is no network, and an error when there cannot be one.
func (f *networkFlag) get() (*bench.Network, error) {
	if f.text == "" {
		return nil, nil
	}
	if err := netem.Check(); err != nil {
		return nil, err
	}
	return &bench.Network{Network: f.network, Congestion: f.congestion}, nil
}

// tellPassage tells a person what went through the network.
func tellPassage(say func(string, ...any), r *bench.Result) {
	if r.Passage == nil {
		return
	}
	say("over a network of %s; TCP with %s", r.Network, r.Passage.Congestion)
	for _, x := range []struct {
		name string
		p    *bench.Passage
	}{{"Cohort", r.Passage}, {"plain TCP", &r.RawPassage[0]}, {"plain TCP", &r.RawPassage[1]}} {
		say("  %12g MB/s sent by %s: %.3f%% lost, %.3f%% dropped, %.0f us in queues; the relay was %.0f us late and took %.2f processors",
			x.p.MBPerS, x.name, x.p.Lost*100, x.p.Dropped*100, x.p.Waited, x.p.Late, x.p.Relay)
	}
}

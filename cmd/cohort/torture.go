package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/torture"
)

// tortureOptions are the flags of torture.
type tortureOptions struct {
	local   bool
	seconds int
	sites   int
	faults  string
	seed    seed
	keep    string
	verbose bool
	json    bool
	forget  uint64
}

func newTortureCommand() *cobra.Command {
	o := tortureOptions{seed: seed(rand.Uint32())}
	cmd := &cobra.Command{
		Use:   "torture",
		Short: "torment real processes, and judge what they did",
		Long: `Start members and clients as separate processes on this machine, which cast and call in
every order, and do to them what the world does. It needs no privileges. The faults:
  kill        SIGKILL to one or two members, or to a client; they are started anew
  stop        SIGSTOP to a process, SIGCONT up to 6 s later
  cut         connections are reset
  partition   nothing gets through to or from some, in one direction or in both; now and
              then among all, so that everybody has to wait
  delay       what a process sends or is sent comes up to 1.6 s late
  loss        segments arrive only when TCP has sent them again, or connections break
  join        a guest joins, and leaves or is killed, perhaps before it has the state; or a
              member leaves, and joins again
A majority of the members is always spared, but for partitions among all.

In one round of each two, drawn from the seed, the processes are apart: they take no notice
of being on one machine, so that nobody sees another's end and the votes of the dead do not
pass. In the other rounds they do.

A run is a series of rounds of at most 30 s. Each has a system of its own; it ends with all
faults healed, and with all processes at rest. Then the traces of the round are judged as
those of the simulator are (cohort check --verbose lists the promises), the states of all
members are compared, and the files are deleted, unless a promise was broken. So memory and
disk stay bounded however long a run is, and nothing is judged across rounds.

The last line of the standard output is one object:
  ops             updates carried out and questions answered
  faults          how often each kind happened
  violations      promises that were broken, also by what did not come to rest in the end
  lost            updates that a member lacks in the end although the system had answered
                  for them: a safe cast was replied to, or all replied, or a flush was done
  duplicated      updates that a member was delivered twice
  max_outage_ms   longest time in which nobody had success although a majority was up and
                  connected
  acknowledged    updates that could have been lost
  unknown         operations that ended with an error, so that nobody knows
  apart           rounds whose processes were as on machines of their own
  stranded        rounds that ended without a majority of the last site view, because a busy
                  machine had excluded members that were well; there nothing need come to rest
  facts, checks, rounds, sites, seconds, seed, kept

The seed decides which faults come when and to whom, as far as real processes let it.
The exit code is 1 if violations, lost or duplicated is not 0 or the run was interrupted,
and 2 for wrong usage.`,
		Example: `  cohort torture --local
  cohort torture --local --seconds 3600 --json
  cohort torture --local --sites 3 --faults kill,partition --verbose`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return tortureLocal(cmd, o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.local, "local", false, "torment processes on this machine; there is no other way yet")
	f.Var(newNumber(&o.seconds, 60, 5).upTo(7*24*3600), "seconds", "how long; the end of the last round comes on top")
	f.Var(newNumber(&o.sites, 5, 3).upTo(9), "sites", "members, 3 to 9")
	f.StringVar(&o.faults, "faults", "all", "what happens to them: a `LIST` with commas, or all")
	f.Var(&o.seed, "seed", "of the faults and the load; by default another one each time")
	f.StringVar(&o.keep, "keep", "", "`DIR` for the traces of rounds in which a promise was broken; by default where temporary files are")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "tell of each fault")
	f.BoolVar(&o.json, "json", false, "print nothing but the object; the story goes to the standard error")
	f.Uint64Var(&o.forget, "forget", 0, "make the second process leave out one update")
	_ = f.MarkHidden("forget")
	cmd.AddCommand(newWorkerCommand("be a process of a run", torture.Work))
	return cmd
}

func tortureLocal(cmd *cobra.Command, o tortureOptions) error {
	if !o.local {
		return usagef("say --local: on this machine is where processes can be tormented")
	}
	faults, err := torture.ParseFaults(o.faults)
	if err != nil {
		return usagef("%v", err)
	}
	story := cmd.OutOrStdout()
	if o.json {
		story = cmd.ErrOrStderr()
	}
	fmt.Fprintf(story, "seed %d\n", o.seed)
	res, err := torture.Run(cmd.Context(), torture.Options{
		Sites: o.sites, For: time.Duration(o.seconds) * time.Second, Faults: faults, Seed: uint64(o.seed),
		Worker: []string{"torture", "worker"}, Keep: o.keep, Story: story, Verbose: o.verbose, Forget: o.forget,
	})
	for _, dir := range res.Kept {
		fmt.Fprintf(story, "kept: cohort check %s/*.jsonl, and %[1]s/story.txt\n", dir)
	}
	if told := json.NewEncoder(cmd.OutOrStdout()).Encode(res); err == nil {
		err = told
	}
	if err == nil && !res.OK() {
		err = errReported
	}
	return err
}

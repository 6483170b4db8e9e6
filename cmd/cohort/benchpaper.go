package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/paper"
)

// paperOptions are the flags of bench paper.
type paperOptions struct {
	seconds float64
	json    bool
	out     string
}

func newPaperCommand() *cobra.Command {
	var o paperOptions
	cmd := &cobra.Command{
		Use:   "paper",
		Short: "repeat the evaluation of the 1987 paper",
		Long: `Measure what the performance section of the 1987 paper on Isis measures, with members
as processes on this machine, over TCP on loopback, through the public package:

  figure 2  throughput of asynchronous Causal casts (CBCAST) against the size, and how long
            Causal, Total and Barrier calls (CBCAST, ABCAST, GBCAST) take with the reply of
            the caller's own member and with those of all, against the number of
            destinations and the size
  figure 3  where the time of one Total cast goes, from the traces of the members
  Table I   what each tool sends, counted in the simulator

It takes about as long as --seconds says. The members write nothing but those traces, which
go when they were read. Every message is checked, as cohort bench does.

With --out it writes DIR/paper.json as well, of which bench/, a module of its own, makes
plots and a page:  cd bench && go run . -paper DIR/paper.json -docs DIR`,
		Example: `  cohort bench paper
  cohort bench paper --seconds 120 --out results
  cohort bench paper --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !(o.seconds >= 1 && o.seconds <= 3600) {
				return usagef("--seconds is 1 to 3600")
			}
			return runPaper(cmd, o)
		},
	}
	f := cmd.Flags()
	f.Float64Var(&o.seconds, "seconds", 30, "how long all may take, about")
	f.BoolVar(&o.json, "json", false, "print the result as one JSON object; the story goes to the standard error")
	f.StringVar(&o.out, "out", "", "`DIR` for paper.json")
	return cmd
}

func runPaper(cmd *cobra.Command, o paperOptions) error {
	story := cmd.OutOrStdout()
	if o.json {
		story = cmd.ErrOrStderr()
	}
	if o.out != "" {
		if err := os.MkdirAll(o.out, 0o777); err != nil {
			return err
		}
	}
	began := time.Now()
	p := paper.Paper{
		Worker: []string{"bench", "worker"}, For: time.Duration(o.seconds * float64(time.Second)),
		Tell: func(what string) { fmt.Fprintf(story, "%6.2f s  %s\n", time.Since(began).Seconds(), what) },
	}
	r, err := p.Run(cmd.Context())
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := writePaper(filepath.Join(o.out, "paper.json"), r); err != nil {
			return err
		}
	}
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
	}
	fmt.Fprintln(story)
	return r.Write(story)
}

// writePaper writes the result for whoever draws it.
func writePaper(name string, r *paper.Result) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o666)
}

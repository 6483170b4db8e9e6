package main

import (
	"flag"
	"fmt"
	"io"
	"time"
)

// options are what the command line asks for.
type options struct {
	rounds  int
	measure time.Duration
	peers   []peer
	docs    string // empty: nothing is written
	paper   string
	history string
}

// parse reads the command line. What is wrong with it is told, with the usage.
func parse(args []string, out io.Writer) (*options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(out)
	f.IntVar(&o.rounds, "rounds", 5, "how often each system is measured under each load, 1 to 1000")
	seconds := f.Float64("seconds", 2, "how long each time, 0.1 to 600, after a warm-up of up to a second")
	only := f.String("only", "", "a regular `expression`: systems with such a name; by default all")
	f.StringVar(&o.docs, "docs", "../docs/bench", "`directory` for what is written; empty for none, which is the default with -only")
	f.StringVar(&o.paper, "paper", "", "`file` that cohort bench paper --out has written: draw it, and measure nothing")
	f.StringVar(&o.history, "history", "", "draw the history in this `file`, and measure nothing")
	if err := f.Parse(args); err != nil {
		return nil, err // told
	}
	given := map[string]bool{}
	f.Visit(func(g *flag.Flag) { given[g.Name] = true })
	if *only != "" && !given["docs"] {
		o.docs = "" // a page of all systems is not for some
	}
	o.measure = time.Duration(*seconds * float64(time.Second))
	var err error
	o.peers, err = choose(*only)
	switch measures := given["rounds"] || given["seconds"] || given["only"]; {
	case f.NArg() > 0:
		err = fmt.Errorf("%q is no flag", f.Arg(0))
	case given["paper"] && given["history"]:
		err = fmt.Errorf("give -paper or -history")
	case given["paper"] && (o.paper == "" || o.docs == ""):
		err = fmt.Errorf("-paper needs a file, and a directory in -docs")
	case given["history"] && (o.history == "" || given["docs"]):
		err = fmt.Errorf("-history needs a file, and draws beside it: leave out -docs")
	case (given["paper"] || given["history"]) && measures:
		err = fmt.Errorf("-paper and -history measure nothing: leave out -rounds, -seconds and -only")
	case o.rounds < 1 || o.rounds > 1000:
		err = fmt.Errorf("-rounds is 1 to 1000")
	case !(*seconds >= 0.1 && *seconds <= 600):
		err = fmt.Errorf("-seconds is 0.1 to 600")
	}
	if err != nil {
		fmt.Fprintln(out, "bench:", err)
		f.Usage()
		return nil, err
	}
	return &o, nil
}

// Command hunt runs seeds until the judges, or the core itself, report one of the
// things it is told to look for. The laboratory's tests build it with a bug
// planted in the core.
//
// It prints the seed and what was reported. Its status is 0 if it found
// something, 1 if not, 2 if it was called wrongly.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/lab"
	"github.com/cohortkit/cohort/internal/sim"
)

func main() {
	faults := flag.String("faults", "chaos", "profile of faults")
	seeds := flag.Int("seeds", 100, "how many seeds to try")
	first := flag.Uint64("first", 0, "the first seed")
	sites := flag.Int("sites", 0, "number of sites")
	want := flag.String("want", "", "properties to look for, with commas; or panic, state, wire")
	flag.Parse()
	profile, err := sim.Profile(*faults)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	wanted := strings.Split(*want, ",")
	ctx, cancel := context.WithCancel(context.Background())
	var found *lab.Failure
	lab.Campaign(ctx, lab.Options{
		Seeds: *seeds, First: *first, Sites: *sites, Faults: profile,
		Progress: func(s *lab.Summary) {
			i := slices.IndexFunc(s.Failures, func(f lab.Failure) bool { return slices.Contains(wanted, f.Property) })
			if i >= 0 && found == nil {
				found = &s.Failures[i]
				cancel()
			}
		},
	})
	cancel()
	if found == nil {
		fmt.Printf("nothing in %d seeds\n", *seeds)
		os.Exit(1)
	}
	text, _, _ := strings.Cut(found.Text, "\n")
	fmt.Printf("seed %d: %s\n", found.Seed, text)
}

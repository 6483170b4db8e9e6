// Command hunt runs seeds until the judges, or the core itself, report one of the
// things it is told to look for. The laboratory's tests build it with a bug
// planted in the core.
//
// With -story it plays one story instead, and looks for anything that goes
// otherwise than told. It prints what it found. Its status is 0 if it found
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
	story := flag.String("story", "", "file with a story to play instead")
	want := flag.String("want", "", "properties to look for, with commas; or panic, state, wire")
	flag.Parse()
	if *story != "" {
		os.Exit(play(*story))
	}
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

// play plays a story and returns the status.
func play(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	told, _, err := sim.RunStory(string(text))
	if err == nil {
		fmt.Println("it goes as it should")
		return 1
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	fmt.Printf("%s\n%s", first, told)
	return 0
}

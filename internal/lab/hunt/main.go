// Command hunt runs seeds until the judges, or the core itself, report one of the
// things it is told to look for. The laboratory's tests build it with a bug
// planted in the core.
//
// With -story it plays one story instead; then "told" stands for anything that
// goes otherwise than told. It prints what it found. Its status is 0 if it found
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
	want := flag.String("want", "", "properties to look for, with commas; or panic, state, stream, wire")
	flag.Parse()
	wanted := strings.Split(*want, ",")
	if *story != "" {
		os.Exit(play(*story, wanted))
	}
	profile, err := sim.Profile(*faults)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
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
func play(path string, wanted []string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	told, _, err := sim.RunStory(string(text))
	switch {
	case err != nil:
	case told == string(text):
		fmt.Println("it goes as it should")
		return 1
	case slices.Contains(wanted, "told"):
		fmt.Println("it goes otherwise")
		return 0
	default:
		fmt.Printf("it goes otherwise, but nothing is reported\n%s", told)
		return 1
	}
	for line := range strings.Lines(err.Error()) {
		what := strings.TrimRight(line, "\n")
		if _, after, ok := strings.Cut(what, ": "); ok && strings.HasPrefix(what, "line ") {
			what = after
		}
		property, _, _ := strings.Cut(what, ":")
		if slices.Contains(wanted, property) || slices.Contains(wanted, "told") {
			fmt.Println(strings.TrimRight(line, "\n"))
			return 0
		}
	}
	fmt.Printf("%v\n%s", err, told)
	return 1
}

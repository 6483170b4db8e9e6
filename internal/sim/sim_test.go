package sim

import (
	"bufio"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/trace"
)

var update = flag.Bool("update", false, "rewrite golden files")

// judge fails the test for all that is wrong with a run.
func judge(t *testing.T, name string, r Result) {
	t.Helper()
	if r.Failure != "" {
		t.Errorf("%s: %s\n%s", name, r.Failure, r.Sites)
	}
	for _, v := range check.Run(r.Records, check.Options{GlobalClock: true, Limit: 1}).Violations {
		t.Errorf("%s: %v\n%s", name, v, r.Sites)
		for _, e := range v.Events {
			rec := r.Records[e]
			t.Logf("  record %d at %d µs, site %v: %T%+v", e, rec.Time/effect.Microsecond, rec.Site, rec.Fact, rec.Fact)
		}
	}
}

func mustProfile(t *testing.T, name string) Faults {
	t.Helper()
	f, err := Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A few runs of every profile, judged; and they exercise what they are for.
func TestProfiles(t *testing.T) {
	for _, f := range Profiles() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			var all Stats
			for seed := range uint64(8) {
				r := Run(Options{Seed: seed, Faults: f, Keep: true, Draw: true})
				judge(t, fmt.Sprintf("%s, seed %d", f.Name, seed), r)
				all.Add(r.Stats)
			}
			for what, n := range map[string]int{
				"group views": all.GroupViews, "transfers": all.Transfers, "FIFO casts": all.FIFO,
				"sessions taken over": all.Taken + unless(f.Crashes), "sessions expired": all.Expired + unless(f.Crashes),
				"Causal casts": all.Causal, "Total casts": all.Total, "Barrier casts": all.Barrier, "safe casts": all.Safe, "calls": all.Calls,
			} {
				if n == 0 {
					t.Errorf("no %s in 8 runs", what)
				}
			}
			for what, is := range map[string]struct {
				wanted bool
				n      int
			}{"crashes": {f.Crashes, all.Crashes}, "pauses": {f.Pauses, all.Pauses}, "partitions": {f.Partitions, all.Partitions}, "breaks": {f.Breaks, all.Breaks}, "sessions": {true, all.Sessions}, "members set aside": {f.Laggards, all.Asides}, "members dismissed": {f.Laggards, all.Dismissals}} {
				if is.wanted != (is.n > 0) {
					t.Errorf("%d %s in 8 runs, wanted: %v", is.n, what, is.wanted)
				}
			}
		})
	}
}

// unless is 1 for what need not be.
func unless(wanted bool) int {
	if !wanted {
		return 1
	}
	return 0
}

// Sizes the profiles do not have: a site alone, a pair, many; several processes
// at each site.
func TestSizes(t *testing.T) {
	for _, o := range []Options{
		{Sites: 1, Groups: 2, Programs: 2}, {Sites: 2, Groups: 1}, {Sites: 3, Programs: 3}, {Sites: 9, Groups: 2, Load: effect.Second},
	} {
		o.Faults, o.Keep, o.Draw = mustProfile(t, "chaos"), true, true
		for seed := range uint64(2) {
			o.Seed = seed
			judge(t, fmt.Sprintf("%d sites, %d programs, seed %d", o.Sites, o.Programs, seed), Run(o))
		}
	}
}

// Seeds that once found a bug find none any more. testdata/seeds.txt says which.
func TestKeptSeeds(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "seeds.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 4 {
			t.Fatalf("seeds.txt: %q: want profile, sites, seed, and why", line)
		}
		sites, err1 := strconv.Atoi(fields[1])
		seed, err2 := strconv.ParseUint(fields[2], 10, 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("seeds.txt: %q: sites and seed are numbers", line)
		}
		r := Run(Options{Seed: seed, Sites: sites, Faults: mustProfile(t, fields[0]), Keep: true, Draw: true})
		judge(t, line, r)
	}
}

// sum is a hash of all that happened in a run.
func sum(t *testing.T, r Result) string {
	t.Helper()
	h := fnv.New64a()
	var line []byte
	for _, rec := range r.Records {
		var err error
		if line, err = trace.Append(line[:0], rec); err != nil {
			t.Fatal(err)
		}
		h.Write(line)
	}
	return fmt.Sprintf("%d records %016x", len(r.Records), h.Sum64())
}

// The same seed gives the same trace: twice in a process, and on all machines.
// The golden sums change whenever the core or the simulator does anything else
// than before: rewrite them with -update.
func TestSameSeedSameTrace(t *testing.T) {
	golden := filepath.Join("testdata", "sums.txt")
	var got strings.Builder
	for _, f := range Profiles() {
		for seed := range uint64(2) {
			o := Options{Seed: seed, Faults: f, Keep: true}
			once, twice := sum(t, Run(o)), sum(t, Run(o))
			if once != twice {
				t.Errorf("%s, seed %d: %s, and then %s", f.Name, seed, once, twice)
			}
			fmt.Fprintf(&got, "%s %d %s\n", f.Name, seed, once)
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(want)))
	for line := range strings.Lines(got.String()) {
		if lines.Scan(); lines.Text() != strings.TrimSpace(line) {
			t.Errorf("%q now, %q in %s: if that was meant, run with -update", strings.TrimSpace(line), lines.Text(), golden)
		}
	}
}

// To ask what waits changes nothing, whatever the moment.
func TestAskingChangesNothing(t *testing.T) {
	for _, name := range []string{"chaos", "partition"} {
		o := Options{Seed: 5, Faults: mustProfile(t, name), Keep: true, Programs: 2}
		silent := sum(t, Run(o))
		o.Ask = true
		r := Run(o)
		if told := sum(t, r); told != silent {
			t.Errorf("%s: %s when asked, %s when not", name, told, silent)
		}
		if r.Asked == 0 {
			t.Errorf("%s: nothing ever waited", name)
		}
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// table is what was measured, as Markdown.
func (c *comparison) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Cohort and others\n\n")
	fmt.Fprintf(&b, "Written by `cd bench && go run .` on %s%s: %d rounds of %g s each, %d processors, %s, three members as processes of one\n",
		c.began.UTC().Format(time.DateOnly), at(c.commit), c.rounds, c.measure.Seconds(), runtime.NumCPU(), runtime.Version())
	fmt.Fprintf(&b, "machine, over TCP on loopback unless a system says otherwise. The machine's load average was %.1f before, and then up to %.1f,\n", c.load[0], c.load[1])
	b.WriteString("the bench's own processes included: compare ratios.\n")
	b.WriteString("How it is measured, and what to make of it: [performance](../performance.md). All figures: [results.json](results.json).\n\n")
	b.WriteString("Medians of the rounds, with the least and the most. *Net* is casts of others delivered to a member in a second, each\n")
	b.WriteString("checked; *of raw* is that to plain TCP's in the same round. Times are from the cast to its delivery at the sender; of\nplain TCP, until all others have answered.\n\n")
	b.WriteString("A member that casts alone soon has Cohort's order, and is delivered its own Total casts at once: how many are under way does not\n")
	b.WriteString("limit it, while plain TCP waits for the answers of all. There, compare *cohort, safe* with plain TCP: it waits for all as well.\n")
	for _, l := range loads() {
		c.loadTable(&b, l)
	}
	b.WriteString("\n![Casts in a second](throughput.svg)\n\n![Casts of one member in a second, no window](flood.svg)\n\n![One cast at a time](latency.svg)\n\n## The systems\n\n")
	for _, p := range c.peers {
		fmt.Fprintf(&b, "- **%s** (%s): %s\n", p.name, p.order, p.what)
	}
	for _, why := range c.absent {
		fmt.Fprintf(&b, "- %s\n", why)
	}
	return b.String()
}

// at is the commit that was measured, in a sentence.
func at(commit string) string {
	if commit == "" {
		return ""
	}
	return " at " + commit
}

func (c *comparison) loadTable(b *strings.Builder, l load) {
	fmt.Fprintf(b, "\n## %s\n\n", strings.ToUpper(l.what[:1])+l.what[1:])
	b.WriteString("| system | order | net/s | of raw | p50 us | p99 us | cpu s per million | allocations | MB |\n")
	b.WriteString("| --- | --- | --: | --: | --: | --: | --: | --: | --: |\n")
	for _, f := range c.figures {
		if f.Load != l.name {
			continue
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", f.System, f.Order,
			shown(f.Net), shown(f.Ratio), shown(f.P50), shown(f.P99), middle(f.CPU), middle(f.Allocs), middle(f.Memory))
		if len(f.Failed) > 0 {
			fmt.Fprintf(b, "| | | *failed %d times: %s* |\n", len(f.Failed), strings.NewReplacer("|", "/", "\n", "; ").Replace(f.Failed[0]))
		}
	}
}

// shown is a list as its median and ends.
func shown(list []float64) string {
	s := spreadOf(list)
	if s.most == 0 {
		return "" // not measured
	}
	return fmt.Sprintf("%s (%s-%s)", short(s.median), short(s.least), short(s.most))
}

func middle(list []float64) string {
	if len(list) == 0 {
		return ""
	}
	return short(spreadOf(list).median)
}

// short is a number in two or three digits, four where that saves a unit. The bounds
// are those above which it would be rounded to the next power of ten.
func short(x float64) string {
	switch {
	case x >= 999.5e3:
		return digits(x/1e6, 3) + " M"
	case x >= 9999.5:
		return digits(x/1e3, 3) + " k"
	case x >= 99.5:
		return fmt.Sprintf("%.0f", x)
	}
	return digits(x, 2)
}

// digits rounds to so many, and writes no exponent.
func digits(x float64, n int) string {
	if rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64); err == nil {
		x = rounded
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// results is the file of all figures.
type results struct {
	Date       time.Time  `json:"date"`
	Go         string     `json:"go"`
	Processors int        `json:"processors"`
	Commit     string     `json:"commit,omitempty"`
	Loads      [2]float64 `json:"loads"` // of the machine, before the first measurement, and the most before any
	Seconds    float64    `json:"seconds"`
	Rounds     int        `json:"rounds"`
	Figures    []*figure  `json:"figures"`
}

// write writes the table, the figures and the plots into a directory.
func (c *comparison) write(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	data, err := json.MarshalIndent(results{
		Date: c.began.UTC(), Go: runtime.Version(), Processors: runtime.NumCPU(), Commit: c.commit, Loads: c.load,
		Seconds: c.measure.Seconds(), Rounds: c.rounds, Figures: c.figures,
	}, "", " ")
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"README.md": []byte(c.table()), "results.json": append(data, '\n')} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	return c.plot(dir)
}

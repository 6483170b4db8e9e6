package paper

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
)

// Write writes the result as tables for people.
func (r *Result) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say := func(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }
	i := r.Isis
	say("Figure 2: asynchronous Causal casts of one member to itself and two others")
	say("bytes\tMB/s\tcasts/s\tplain TCP, MB/s")
	for _, x := range r.Throughput {
		say("%d\t%.1f\t%.0f\t%.1f", x.Size, x.BytesPerS/1e6, x.CastsPerS, x.RawPerS/1e6)
	}
	say("")
	say("Figure 2: one call at a time, median us (p99)")
	fmt.Fprint(t, "members\tbytes")
	for _, c := range r.columns() {
		fmt.Fprintf(t, "\t%s, %s", c.order, c.replies)
	}
	say("")
	for _, at := range r.places() {
		fmt.Fprintf(t, "%d\t%d", at.members, at.size)
		for _, c := range r.columns() {
			if l := r.Find(c.order, c.replies, at.members, at.size); l != nil {
				fmt.Fprintf(t, "\t%.0f (%.0f)", l.P50, l.P99)
			}
		}
		say("")
	}
	say("Plain TCP goes to two others and back in %.0f and %.0f us.", r.RawP50[0], r.RawP50[1])
	say("")
	say("Figure 3: where the time of a Total call goes, median us (p99) of %d casts; the reply is the caller's own", r.Breakdown.Casts)
	for _, s := range r.Breakdown.Steps {
		say("%s\t%.1f (%.0f)\t%s", s.Name, s.P50, s.P99, s.What)
	}
	say("all\t%.1f", r.Breakdown.Call)
	say("")
	say("From the call to the handler of a member that neither casts nor orders, of %d casts that wait for all; 1987: %g ms",
		r.Breakdown.RemoteCasts, i.RemoteTotal)
	for _, s := range r.Breakdown.Remote {
		say("%s\t%.1f (%.0f)\t%s", s.Name, s.P50, s.P99, s.What)
	}
	say("all\t%.1f", r.Breakdown.Delivered)
	say("")
	say("Table I: what the tools take; frames of all sites in a group of %d, counted in the simulator", r.Members)
	say("1987\ttook\tCohort\tcounted\tframes\tmessages")
	for _, x := range r.Table {
		say("%s\t%s\t%s\t%s\t%d\t%s", x.Tool, x.Isis, x.Now, x.Step, x.Frames, x.Sent())
	}
	say("")
	say("The load of the machine was %.1f to %.1f on %d processors.", r.Loads[0], r.Loads[1], r.Processors)
	return t.Flush()
}

// Sent are the messages of a row in words.
func (x *Row) Sent() string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(x.Messages)) {
		words = append(words, fmt.Sprintf("%d %s", x.Messages[name], name))
	}
	return strings.Join(words, ", ")
}

// column is one kind of call.
type column struct{ order, replies string }

func (r *Result) columns() (list []column) {
	for _, o := range Orders {
		list = append(list, column{o, bench.OwnReply}, column{o, bench.AllReplies})
	}
	return list
}

// place is where calls were measured.
type place struct{ members, size int }

func (r *Result) places() (list []place) {
	for _, l := range r.Latency {
		if at := (place{l.Members, l.Size}); !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	slices.SortFunc(list, func(a, b place) int { return cmp.Or(a.size-b.size, a.members-b.members) })
	return list
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func bytesText(n int) string { return count(n, "byte") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

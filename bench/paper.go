package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/paper"
)

// drawPaper draws what cohort bench paper has written to a file, and writes a
// page about it, into a directory.
func drawPaper(file, dir string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var r paper.Result
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(r.Throughput) == 0 || len(r.Latency) == 0 || len(r.Breakdown.Steps) == 0 {
		return fmt.Errorf("%s is not what cohort bench paper writes with --out", file)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, text := range map[string][]byte{"paper.md": []byte(paperPage(&r)), "paper.json": text} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	return plotPaper(&r, dir)
}

// paperPage is the page, as Markdown.
func paperPage(r *paper.Result) string {
	var b strings.Builder
	paperHead(&b, r)
	paperFigure2(&b, r)
	paperFigure3(&b, r)
	paperTable(&b, r)
	b.WriteString(paperFairness)
	return b.String()
}

func paperHead(b *strings.Builder, r *paper.Result) {
	fmt.Fprintf(b, "# The 1987 paper's evaluation, with today's Cohort\n\n")
	fmt.Fprintf(b, "Written by `cohort bench paper --out DIR` and `cd bench && go run . -paper DIR/paper.json` on %s%s: each run once, for %.2f s\n",
		r.Date.Format(time.DateOnly), at(r.Commit), r.Seconds)
	fmt.Fprintf(b, "after a warm-up of half of that, %d processors, %s, members as processes of one machine, over TCP on loopback. The machine's load\naverage was %.1f before and %.1f after",
		r.Processors, r.Go, r.Loads[0], r.Loads[1])
	b.WriteString(", the bench's own processes included: compare ratios; absolute times are illustrations.\n")
	b.WriteString("Every message was checked, as [performance](../performance.md) tells. All figures: [paper.json](paper.json).\n\n")
	fmt.Fprintf(b, "The paper is %s.\n", r.Isis.Paper)
	b.WriteString(`Its figures 2 and 3 are drawings, of which we have what the text says of them and not the curves. So what stands beside
our figures is: the time to deliver an ABCAST at a remote destination, the two link delays, and how many messages between
sites each primitive takes, one after the other. A dotted line is one of these, or computed from
the links alone where it says so.

| 1987 | |
| --- | --: |
`)
	i := &r.Isis
	row := func(what, value string) { fmt.Fprintf(b, "| %s | %s |\n", what, value) }
	row("one way from a process to the protocols process of its site", fmt.Sprintf("%g ms", i.SiteLink))
	row("one way of a packet between sites", fmt.Sprintf("%g ms", i.NetLink))
	row("ABCAST, until delivered at a remote destination", fmt.Sprintf("%g ms", i.RemoteTotal))
	row("messages between sites, one after the other: CBCAST; ABCAST; GBCAST",
		fmt.Sprintf("%d; %d; %d or %d", i.CausalHops, i.TotalHops, i.BarrierHops[0], i.BarrierHops[1]))
	row("the same in Cohort: Causal; Total; Barrier", "1; 2, or 1 of who has the order, as who casts alone soon does; 8 or 9, with the log's and the flush's")
	row("the sender's processor: with asynchronous casts or a local reply; when it waits for other sites",
		fmt.Sprintf("%d to %d %%; %d to %d %%", i.AsyncLoad[0], i.AsyncLoad[1], i.WaitingLoad[0], i.WaitingLoad[1]))
	row("above so many bytes a message is cut into packets", fmt.Sprint(i.Packet))
}

func paperFigure2(b *strings.Builder, r *paper.Result) {
	b.WriteString(`
## Figure 2: throughput and latency

One member casts asynchronously with Causal (CBCAST), to itself and two others, and what counts is delivered at the slowest
of the three. Plain TCP carries the same messages to the two others.

| bytes | MB/s | casts/s | plain TCP, MB/s | of that |
| --: | --: | --: | --: | --: |
`)
	for _, x := range r.Throughput {
		fmt.Fprintf(b, "| %d | %s | %s | %s | %.2f |\n", x.Size, short(x.BytesPerS/1e6), short(x.CastsPerS), short(x.RawPerS/1e6), x.BytesPerS/x.RawPerS)
	}
	b.WriteString(`
![Throughput against size](paper-throughput.svg)

Then the youngest member calls the group, one call at a time. *Own* is what the paper measures: one reply is wanted, and it
comes from the caller's own process; the others decline. *All* waits for the replies of all members. A destination is a
member, the caller one of them. With Total the oldest member casts now and then as well, so that it keeps the order: if the
caller were alone it would have the order after 64 calls, and Total cost what Causal does. Median us from ` + "`Group.Call`" + ` to its return, and p99.

`)
	paperCalls(b, r, "destinations", func(l *paper.Latency) (int, bool) { return l.Members, l.Size == paper.Sizes[0] })
	b.WriteString("\n![Calls against the number of destinations](paper-destinations.svg)\n\nThe same with three members, against the size:\n\n")
	paperCalls(b, r, "bytes", func(l *paper.Latency) (int, bool) { return l.Size, l.Members == 3 })
	fmt.Fprintf(b, "\n![Calls against size](paper-sizes.svg)\n\nPlain TCP takes %s and %s us, before and after, to reach two others and have their answers.\n",
		short(r.RawP50[0]), short(r.RawP50[1]))
}

// paperCalls is a table of calls by something, with a column for each kind.
func paperCalls(b *strings.Builder, r *paper.Result, by string, of func(*paper.Latency) (int, bool)) {
	var head, rule strings.Builder
	var keys []int
	cells := map[int]string{}
	for _, o := range paper.Orders {
		for _, replies := range []string{bench.OwnReply, bench.AllReplies} {
			fmt.Fprintf(&head, " %s, %s |", o, replies)
			rule.WriteString(" --: |")
			for i := range r.Latency {
				l := &r.Latency[i]
				key, in := of(l)
				if !in || l.Order != o || l.Replies != replies {
					continue
				}
				if cells[key] == "" {
					keys = append(keys, key)
				}
				cells[key] += fmt.Sprintf(" %s (%s) |", short(l.P50), short(l.P99))
			}
		}
	}
	fmt.Fprintf(b, "| %s |%s\n| --: |%s\n", by, head.String(), rule.String())
	for _, key := range slices.Sorted(slices.Values(keys)) {
		fmt.Fprintf(b, "| %d |%s\n", key, cells[key])
	}
}

func paperFigure3(b *strings.Builder, r *paper.Result) {
	d := &r.Breakdown
	fmt.Fprintf(b, `
## Figure 3: where the time of a Total cast goes

Three members; the youngest calls, the oldest gives out the order, and keeps it as above. Read from the members' traces and from the clock of their
programs, all on one machine: medians of %d casts that wait for the own reply, and of %d that wait for all; they need not add
up. A core's time is taken when its step is done and what it sends is queued, so its work counts with the step before.

| to the caller's own reply | us | p99 | |
| --- | --: | --: | --- |
`, d.Casts, d.RemoteCasts)
	steps := func(list []paper.Step, all float64) {
		for _, s := range list {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", s.Name, short(s.P50), short(s.P99), s.What)
		}
		fmt.Fprintf(b, "| **all** | **%s** | | |\n", short(all))
	}
	steps(d.Steps, d.Call)
	b.WriteString("\n| to the handler of the third member, which neither casts nor orders | us | p99 | |\n| --- | --: | --: | --- |\n")
	steps(d.Remote, d.Delivered)
	i := &r.Isis
	var untraced float64
	if l := r.Find(bench.Total, bench.OwnReply, 3, paper.Sizes[0]); l != nil {
		untraced = l.P50
	}
	fmt.Fprintf(b, `
In 1987 that way took %g ms: two links within a site (%g ms each), three messages between sites (%g ms each), and the rest,
which by subtraction is %g ms: the protocol itself was next to nothing. Here the two hops are most of it as well, but a hop is
more than a link: plain TCP goes one way in about %s us, half its round trip, and the rest of a hop is reading, decoding,
waking goroutines and the core's step. In and out of the program, a link in 1987, has become the cheapest part.
Untraced, the same call took %s us: the difference is what tracing costs, or noise.

![Where the time goes](paper-steps.svg)
`, i.RemoteTotal, i.SiteLink, i.NetLink, i.RemoteTotal-i.RemoteLinks,
		short((r.RawP50[0]+r.RawP50[1])/4), short(untraced))
}

func paperTable(b *strings.Builder, r *paper.Result) {
	fmt.Fprintf(b, `
## Table I: what the tools send

Frames that all sites together write for a step, in a group of %d members in a system of %d sites, counted in the simulator:
heartbeats and acknowledgements are left out. A multicast of 1987 is several messages between sites; the paper counts
multicasts. The costs are those of [PROTOCOL](../PROTOCOL.md#costs), to which a test holds them.

| 1987 | took | Cohort | counted | frames | messages |
| --- | --- | --- | --- | --: | --- |
`, r.Members, r.Members+1)
	for _, x := range r.Table {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %d | %s |\n", x.Tool, x.Isis, x.Now, x.Step, x.Frames, x.Sent())
	}
}

// paperFairness is what to make of it.
const paperFairness = `
## Where the comparison is fair, and where not

- **Counts are fair**, with one difference: an ABCAST of 1987 collects a proposed priority from every site and then sends the
  final one; ours is numbered by one member. An order record may number many casts, and a frame carry many: one cast at a
  time, as counted here, is the worst case.
- A **GBCAST** orders against everything, and so does a Barrier cast, which takes an entry of the replicated log and a flush:
  more messages than in 1987. In return a partition cannot split the group; the paper leaves partitions out.
- A **join** costs twice: one view with the joiner, in which it gets the state, and one that says that it has it.
- **Times are not fair.** 1987 was one machine for each site and a real network; here all members share the processors of one
  machine and there is no network. Loopback flatters the links; sharing two processors punishes everything that members do at
  the same time, and the more so the more members there are: that the times grow with the number of destinations is at least
  in part this. To compare is the *shape*: what depends on the size, on the number of destinations, on waiting for others, and which
  share of the time goes into messages.
- In 1987 a program talked to the protocols process of its site over a link; a Cohort program has the protocol in it, and what
  was a link is a queue between goroutines.
- *Own* replies of Causal calls do not wait for anybody, so nothing holds back the others' work: it goes on behind the caller,
  on the same processors. The paper's processor loads are not measured again, for the same reason.
- Messages of 1987 beyond 4 KiB were cut into packets; ours beyond 256 KiB. The steep rise between 1,000 and 10,000 bytes that
  the paper tells of has no cause here.
`

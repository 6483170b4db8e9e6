package sim

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// recording is all that chance decides in a run, written down as a story that
// goes the same way: what is done, each deed at its point of the run, and how
// everything else turns out.
type recording struct {
	head  []string
	deeds []string
	last  point // of the last deed
	noise noise
}

// point is a point of a run: so many events of an instant have happened. Those
// that only carry out what is recorded as a deed do not count.
type point struct {
	at   effect.Time
	rank int
}

func (p point) String() string { return fmt.Sprintf("%s+%d", exactTime(p.at), p.rank) }

// exactTime writes a time to the nanosecond, as a story reads it.
func exactTime(t effect.Time) string {
	if t%effect.Microsecond != 0 {
		return fmt.Sprintf("%dns", t)
	}
	return fmt.Sprintf("%dus", t/effect.Microsecond)
}

// Record simulates the run that Run does and returns the story of it: edited or
// not, RunStory tells it again. All runs can be told.
func Record(o Options) (story string, r Result) {
	w := newWorld(o)
	w.recording = &recording{noise: noise{}, last: point{-1, 0}}
	w.recording.begin(w)
	r = w.run()
	return w.recording.text(), r
}

// begin writes down what is thrown before anything happens.
func (r *recording) begin(w *World) {
	r.head = append(r.head, fmt.Sprintf("hosts %d%s", len(w.hosts), w.settings()), "impatient")
	if w.hasty {
		r.head = append(r.head, "hasty")
	}
	for i, h := range w.hosts {
		r.head = append(r.head, fmt.Sprintf("clock %d %dus %dppm", i+1, h.offset/effect.Microsecond, h.rate))
	}
}

// settings are what was thrown for all sites, as a story's first command tells it.
func (w *World) settings() string {
	var b strings.Builder
	each := func(name string, of func(*host) uint64) {
		b.WriteString(" " + name)
		for _, h := range w.hosts {
			fmt.Fprintf(&b, " %d", of(h))
		}
	}
	each("weights", func(h *host) uint64 { return uint64(h.weight) })
	if slices.ContainsFunc(w.hosts, func(h *host) bool { return h.machine != 0 }) {
		each("machines", func(h *host) uint64 { return h.machine })
	}
	if w.grant != 0 {
		fmt.Fprintf(&b, " grant %dus", w.grant/effect.Microsecond)
	}
	if w.drift != 0 {
		fmt.Fprintf(&b, " drift %dppm", w.drift)
	}
	if w.least != 0 {
		fmt.Fprintf(&b, " least %d", w.least)
	}
	if w.haltAfter != 0 {
		fmt.Fprintf(&b, " halt-after %dus", w.haltAfter/effect.Microsecond)
	}
	if w.tenure != 0 {
		fmt.Fprintf(&b, " tenure %d", w.tenure)
	}
	if w.deps != 0 {
		fmt.Fprintf(&b, " deps %d", w.deps)
	}
	fmt.Fprintf(&b, " absent %dms", w.absent/effect.Millisecond)
	if w.Programs != 1 {
		fmt.Fprintf(&b, " programs %d", w.Programs)
	}
	if w.expect != nil {
		b.WriteString(" together")
	}
	return b.String()
}

func (r *recording) text() string {
	var b strings.Builder
	for _, part := range [][]string{r.head, r.noise.lines(), r.deeds} {
		for _, line := range part {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// did writes down a deed, as the story's command for it.
func (w *World) did(format string, args ...any) {
	r := w.recording
	if r == nil {
		return
	}
	if now := (point{w.now, w.rank}); now != r.last {
		r.last = now
		r.deeds = append(r.deeds, "at "+now.String())
	}
	r.deeds = append(r.deeds, fmt.Sprintf(format, args...))
}

// didCast writes down casts or calls.
func (p *program) didCast(dest id.Address, order msg.Order, safe bool, words []string, wanted int, calls bool) {
	if p.s.w.recording == nil {
		return
	}
	to := p.destination(dest)
	line := fmt.Sprintf("cast %s %s ", p.name(), to)
	if calls {
		line = fmt.Sprintf("call %s %s %s ", p.name(), to, many(wanted))
	}
	line += orders[order-msg.FIFO]
	if safe {
		line += " safe"
	}
	p.s.w.did("%s %s", line, strings.Join(words, " "))
}

// didJoin writes down that a program joins a group.
func (p *program) didJoin(name string, conservative bool, patience core.Patience) {
	line := fmt.Sprintf("join %s %s", p.name(), name)
	line += conservatively(conservative)
	if patience.After != 0 {
		line += " patient " + exactTime(patience.After)
	}
	if patience.Dismiss {
		line += " dismissing"
	}
	p.s.w.did("%s", line)
}

// conservatively is the end of a command that says how a process is to join.
func conservatively(is bool) string {
	if is {
		return " conservatively"
	}
	return ""
}

// didCastList writes down a cast to a list.
func (p *program) didCastList(dests []id.Address, word string) {
	if p.s.w.recording == nil {
		return
	}
	var to []string
	for _, d := range dests {
		to = append(to, p.destination(d))
	}
	if len(to) == 1 {
		to = append(to, "") // for the comma
	}
	p.s.w.did("cast %s %s total %s", p.name(), strings.Join(to, ","), word)
}

// destination is how a command names where a program casts to.
func (p *program) destination(a id.Address) string {
	if a.IsGroup() {
		return p.s.core.Group(a).Name
	}
	return "@" + exactly(a)
}

// didAsk writes down a request in a session.
func (c *client) didAsk(payload []byte, wanted int) {
	w := c.h.w
	if w.recording == nil {
		return
	}
	line := fmt.Sprintf("ask %d ", c.h.index+1)
	if wanted != 1 {
		line += many(wanted) + " "
	}
	w.did("%s%s", line, nonce(binary.LittleEndian.Uint64(payload), len(payload)))
}

// nonce is the word for a payload that begins with a number.
func nonce(n uint64, size int) string { return fmt.Sprintf("%s*%d", strconv.FormatUint(n, 36), size) }

// many tells how many replies are wanted.
func many(wanted int) string {
	if wanted == call.All {
		return "all"
	}
	return strconv.Itoa(wanted)
}

// wantedIn is the inverse of many.
func wantedIn(word string) (int, error) {
	if word == "all" {
		return call.All, nil
	}
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("cannot want %q replies", word)
	}
	return n, nil
}

// crash kills the site that runs on a host at this instant. With the machine
// dark, it does not even refuse connections; what it has written arrives if late.
func (h *host) crash(dark bool, late func() bool) {
	if !h.site.running() {
		return
	}
	h.dark = dark
	h.w.told("n%d is killed", h.index+1)
	h.w.record(h.site.id, fact.Crash{})
	h.site.stop(late())
	if h.w.driver != nil {
		h.w.driver.Killed(h.index)
	}
}

// strike kills a host by chance.
func (h *host) strike(before string) {
	if !h.site.running() {
		return
	}
	dark := h.w.dice.Chance(250) && len(h.mates()) == 0
	h.crash(dark, func() bool {
		late := h.w.dice.Chance(500)
		line := fmt.Sprintf("crash %d", h.index+1)
		if dark {
			line += " silently"
		}
		if !late {
			line += " abruptly"
		}
		h.w.did("%s%s", before, line)
		return late
	})
}

package spacetime

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A drawing is what a test sees of an SVG: how many elements of each class
// there are outside the legend, and all text.
type drawing struct {
	svg   []byte
	count map[string]int
	text  []string
}

func (d *drawing) says(s string) bool {
	return slices.ContainsFunc(d.text, func(t string) bool { return strings.Contains(t, s) })
}

// draw draws records and reads the result as XML.
func draw(t *testing.T, records []trace.Record, opt Options) *drawing {
	t.Helper()
	var buf bytes.Buffer
	if err := Draw(&buf, records, opt); err != nil {
		t.Fatal(err)
	}
	d := &drawing{svg: buf.Bytes(), count: make(map[string]int)}
	dec := xml.NewDecoder(&buf)
	depth, legend := 0, 0 // legend is the depth of the legend while inside
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return d
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			depth++
			for _, a := range e.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
				}
				if a.Name.Local != "class" {
					continue
				}
				if a.Value == "legend" {
					legend = depth
				}
				if legend == 0 {
					d.count[a.Value]++
				}
			}
		case xml.EndElement:
			if depth == legend {
				legend = 0
			}
			depth--
		case xml.CharData:
			d.text = append(d.text, string(e))
		}
	}
}

func (d *drawing) want(t *testing.T, want map[string]int) {
	t.Helper()
	for class, n := range want {
		if d.count[class] != n {
			t.Errorf("%d elements of class %s, want %d", d.count[class], class, n)
		}
	}
}

func TestFigure1(t *testing.T) {
	d := draw(t, figure1(), Options{Title: "A group gains and loses members"})
	d.want(t, map[string]int{
		"life": 5, "start": 5, "crash": 2, "halt": 0, "stall": 0,
		"band": 4, "install": 11, "label": 5, "siteview": 11, "suspect": 3, "takeover": 1, "quiet": 1,
		"transfer": 4, "cast": 12, "safe": 1, "break": 0, "stub": 0, "note": 0,
		// Two by p alone, two in {p,q}, six in all five, two in {r,s,t}; each
		// reaches everybody else, as nothing is under way when p and q crash.
		"arrow": 2*0 + 2*1 + 6*4 + 2*2,
	})
	for _, s := range []string{"stock/3 (5)", "time, ms", "p casts 1 in stock, total safe", "crashes: 2"} {
		if !d.says(s) {
			t.Errorf("the drawing does not say %q", s)
		}
	}
	golden := filepath.Join("testdata", "figure1.svg")
	if *update {
		if err := os.WriteFile(golden, d.svg, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(d.svg, want) {
		t.Errorf("the drawing differs from %s; look at it, then run with -update", golden)
	}
}

func TestCrowd(t *testing.T) {
	records := crowd()
	d := draw(t, records, Options{})
	d.want(t, map[string]int{"life": 11, "crash": 3, "halt": 1, "stall": 1, "band": 6, "label": 6, "transfer": 2, "break": 1})
	if n := d.count["arrow"]; n < 100 || n > 500 {
		t.Errorf("%d arrows are too few or too many to read", n)
	}
	if !d.says("of 5,000 casts drawn") || !d.says("idle time, compressed") {
		t.Error("the legend does not say what is left out")
	}
	if again := draw(t, records, Options{}); !bytes.Equal(d.svg, again.svg) {
		t.Error("two drawings of one run differ")
	}
	shuffled := slices.Clone(records)
	slices.SortStableFunc(shuffled, func(a, b trace.Record) int { return int(b.Time/ms - a.Time/ms) })
	if other := draw(t, shuffled, Options{}); other.count["arrow"] < 100 || other.count["stub"] > 0 {
		t.Error("the order of records matters")
	}
	ten := draw(t, records, Options{MaxCasts: 10, Linear: true})
	ten.want(t, map[string]int{"cast": 10, "break": 0})
	if !ten.says("10 of 5,000 casts drawn") {
		t.Error("the legend does not tell of the sample")
	}
}

// Every kind of cast is in a sample that has room for it.
func TestSampleKeepsKinds(t *testing.T) {
	var casts []*cast
	for i := range 1000 {
		c := &cast{order: fact.FIFO, at: int64(i)}
		switch {
		case i == 500:
			c.order = fact.Barrier
		case i%4 == 0:
			c.order = fact.Total
		}
		casts = append(casts, c)
	}
	count := make(map[fact.Order]int)
	out := sample(casts, 40)
	for i, c := range out {
		if lo := int64(i * 25); c.at < lo || c.at >= lo+25 {
			t.Errorf("cast %d of the sample is of time %d", i, c.at)
		}
		count[c.order]++
	}
	if len(out) != 40 || count[fact.Barrier] != 1 || count[fact.Total] < 8 || count[fact.Total] > 12 {
		t.Errorf("sample of %d: %v", len(out), count)
	}
}

func TestWindow(t *testing.T) {
	// Between the view at 30 ms and the crashes; one cast begins before.
	d := draw(t, figure1(), Options{From: 36 * ms, To: 50 * ms})
	d.want(t, map[string]int{"band": 0, "crash": 0, "start": 0, "life": 5, "label": 0, "cast": 4, "send": 3, "safe": 1})
	if err := Draw(io.Discard, figure1(), Options{From: 100 * ms}); !errors.Is(err, ErrEmpty) {
		t.Errorf("a window after the end: %v", err)
	}
	if err := Draw(io.Discard, nil, Options{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("no records: %v", err)
	}
}

// Two groups at three sites, of which one runs two processes.
func twoGroups() []trace.Record {
	a1, a2, b1, c1 := id.Process(1, 1), id.Process(1, 2), id.Process(2, 1), id.Process(3, 1)
	g, h := id.Group(1, 0), id.Group(1, 1)
	at := func(t int64, p id.Address, f fact.Fact) trace.Record {
		return trace.Record{Time: t * us, Site: p.Site(), Fact: f}
	}
	view := func(p, g id.Address, name string, members ...id.Address) fact.Fact {
		return fact.View{Proc: p, Group: g, Name: name, View: 3, Seq: 1, Members: members, Ready: members}
	}
	return []trace.Record{
		at(0, a1, fact.Start{Name: `a<&">`, Founder: true}),
		at(1, b1, fact.Start{Name: "b"}),
		at(2, c1, fact.Start{Name: "c"}),
		at(10, a1, view(a1, g, "bank", a1, b1)),
		at(11, b1, view(b1, g, "bank", a1, b1)),
		at(10, a2, view(a2, h, "news", a2, c1)),
		at(12, c1, view(c1, h, "news", a2, c1)),
		at(20, a1, fact.Send{Proc: a1, Group: g, View: 3, First: 1, N: 4, Order: fact.Causal}),
		at(24, b1, fact.Deliver{Proc: b1, Group: g, View: 3, Sender: a1, First: 1, N: 2, Order: fact.Causal}),
		at(25, b1, fact.Deliver{Proc: b1, Group: g, View: 3, Sender: a1, First: 3, N: 2, Order: fact.Causal}),
		at(26, b1, fact.Deliver{Proc: b1, Group: g, View: 3, Sender: a1, First: 9, N: 2, Order: fact.Causal, Duplicate: true}),
		at(21, c1, fact.Call{Caller: c1, Group: g, ID: 7, Want: -1, Order: fact.Total}),
		at(23, a1, fact.Send{Proc: a1, Group: g, View: 3, First: 5, N: 1, Order: fact.Total, Call: true, Origin: c1, OFirst: 7}),
		at(27, b1, fact.Deliver{Proc: b1, Group: g, View: 3, Sender: a1, First: 5, N: 1, Order: fact.Total, Origin: c1, OFirst: 7}),
		at(28, b1, fact.Reply{Proc: b1, Group: g, Caller: c1, Cast: 7}),
		at(30, c1, fact.Outcome{Caller: c1, Group: g, ID: 7, Member: b1, Kind: "reply"}),
		at(31, c1, fact.Done{Caller: c1, Group: g, ID: 7}),
		at(31, a2, fact.Send{Proc: a2, Group: h, View: 3, First: 1, N: 1, Order: fact.FIFO, Call: true}),
		at(31, a2, fact.Call{Caller: a2, Group: h, ID: 1, Want: 1, Order: fact.FIFO}),
		at(31, a2, fact.Asked{Caller: a2, Group: h, ID: 1, View: 3, Cast: 1}),
		at(33, c1, fact.Deliver{Proc: c1, Group: h, View: 3, Sender: a2, First: 1, N: 1, Order: fact.FIFO}),
		at(34, c1, fact.Reply{Proc: c1, Group: h, Caller: a2, View: 3, Cast: 1}),
		at(36, a2, fact.Outcome{Caller: a2, Group: h, ID: 1, Member: c1, Kind: "reply"}),
		at(40, c1, fact.Leave{Proc: c1, Group: h, Why: "left"}),
		at(41, a1, fact.Crash{}),
		at(50, b1, fact.Quiet{}),
	}
}

func TestGroupsAndCalls(t *testing.T) {
	d := draw(t, twoGroups(), Options{})
	// The crash of the site ends the timelines of both its processes.
	d.want(t, map[string]int{"life": 4, "band": 2, "label": 3, "arrow": 4, "crash": 2, "call": 0, "reply": 0, "request": 0})
	for _, s := range []string{`a<&">.1`, `a<&">.2`, "bank/1 (2)", "time, µs"} {
		if !d.says(s) {
			t.Errorf("the drawing does not say %q", s)
		}
	}
	d = draw(t, twoGroups(), Options{Calls: true})
	d.want(t, map[string]int{"arrow": 4, "call": 2, "done": 1, "reply": 2, "request": 1})

	d = draw(t, twoGroups(), Options{Group: "news"})
	d.want(t, map[string]int{"life": 2, "band": 1, "arrow": 1})
	if !d.says(`a<&">`) || d.says("bank") {
		t.Error("the filter leaves the wrong group")
	}
	same := draw(t, twoGroups(), Options{Group: id.Group(1, 1).String()})
	if !bytes.Equal(d.svg, same.svg) {
		t.Error("a group's address chooses something else than its name")
	}
	err := Draw(io.Discard, twoGroups(), Options{Group: "nobody"})
	if !errors.Is(err, ErrGroup) || !strings.Contains(err.Error(), "bank, news") {
		t.Errorf("unknown group: %v", err)
	}
}

// The order of Total casts is given by one process and taken by another.
func TestHandOver(t *testing.T) {
	a, b, g := id.Process(1, 1), id.Process(2, 1), id.Group(1, 0)
	records := append(twoGroups(),
		trace.Record{Time: 22 * us, Site: a.Site(), Fact: fact.Sequencer{Proc: a, Group: g, View: 3, Of: b}},
		trace.Record{Time: 28 * us, Site: b.Site(), Fact: fact.Sequencer{Proc: b, Group: g, View: 3, Of: b}})
	d := draw(t, records, Options{})
	d.want(t, map[string]int{"gives": 1, "takes": 1})
	for _, s := range []string{`a<&">.1 gives the order of bank to b`, "b takes the order of bank", "gives the order of total casts"} {
		if !d.says(s) {
			t.Errorf("the drawing does not say %q", s)
		}
	}
	draw(t, records, Options{Group: "news"}).want(t, map[string]int{"gives": 0, "takes": 0})
}

// A trace may hold the facts of some sites only, or begin late.
func TestPartial(t *testing.T) {
	var receivers []trace.Record
	for _, r := range figure1() {
		if r.Site != 0x11 && r.Site != 0x12 {
			receivers = append(receivers, r)
		}
	}
	d := draw(t, receivers, Options{})
	d.want(t, map[string]int{"life": 3, "crash": 0, "transfer": 3})
	if d.count["stub"] == 0 {
		t.Error("deliveries without sends are not drawn")
	}
	for _, records := range [][]trace.Record{figure1(), twoGroups()} {
		for i := range records {
			draw(t, records[i:i+1], Options{Calls: true})
			draw(t, records[i:], Options{Calls: true, Title: "late"})
			draw(t, slices.Delete(slices.Clone(records), i, i+1), Options{Calls: true})
		}
	}
}

// A group may have come to its end, or not begun, in the window.
func TestNothingInTheWindow(t *testing.T) {
	d := draw(t, twoGroups(), Options{Group: "news", From: 45 * us})
	d.want(t, map[string]int{"band": 0, "arrow": 0, "life": 1})
	d = draw(t, twoGroups(), Options{To: 1})
	d.want(t, map[string]int{"band": 0, "arrow": 0, "life": 2})
}

func TestWallClock(t *testing.T) {
	records := figure1()
	for i := range records {
		records[i].Time += 1_700_000_000_000_000_000
	}
	d := draw(t, records, Options{})
	if !d.says("time 0 is 2023-11-14 22:13:20") || d.count["tick"] < 5 {
		t.Error("the axis does not say when it begins")
	}
}

// No label meets another one or its line, however many there are.
func TestLabelsStayApart(t *testing.T) {
	var labels []*label
	x := 50.0
	for i := range 150 {
		x += float64(i*i*7%23) + 1
		labels = append(labels, &label{x: x, full: "accounts/123 (9)", brief: "123"})
	}
	lanes, left := placeLabels(labels, 0, 1800)
	if lanes > maxLanes || left > 75 {
		t.Errorf("%d lanes, %d labels left", lanes, left)
	}
	var placed []*label
	for _, l := range labels {
		if l.text == "" {
			continue
		}
		if !l.free(placed) {
			t.Errorf("the label at %v meets another", l.x)
		}
		if l.from < 0 || l.to > 1800 {
			t.Errorf("the label at %v is outside", l.x)
		}
		placed = append(placed, l)
	}
}

func TestScale(t *testing.T) {
	var events []int64
	for i := range int64(50) {
		events = append(events, i*ms, 60_000*ms+i*ms)
	}
	w := span{0, 60_050 * ms}
	s := newScale(w, events, 100, 1100, false)
	if len(s.pieces) != 3 || !s.broken() {
		t.Fatalf("pieces %+v, want a break in the middle", s.pieces)
	}
	last := math.Inf(-1)
	for at := int64(0); at <= w.to; at += 7 * ms {
		if x := s.x(at); x < last || x < 100 || x > 1100.001 {
			t.Fatalf("time %d is at %v after %v", at, x, last)
		} else {
			last = x
		}
	}
	if got := s.x(w.to); math.Abs(got-1100) > 0.001 {
		t.Errorf("the end is at %v", got)
	}
	if s := newScale(w, events, 100, 1100, true); s.broken() {
		t.Error("a linear scale has a break")
	}
	// A few events apart from each other are no reason for breaks.
	if s := newScale(span{0, 30}, []int64{0, 10, 20, 30}, 0, 100, false); s.broken() {
		t.Error("an even run has a break")
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		w    span
		unit string
		want []string
	}{
		{span{0, 50 * ms}, "ms", []string{"0", "10", "20", "30", "40", "50"}},
		{span{0, 2_500 * ms}, "s", []string{"0.0", "0.5", "1.0", "1.5", "2.0", "2.5"}},
		{span{0, 5}, "ns", []string{"0", "1", "2", "3", "4", "5"}},
		{span{3_100, 5_900}, "µs", []string{"4", "5"}},
	} {
		s := newScale(c.w, nil, 0, 500, true)
		ticks, u := s.ticks(0, tickGap)
		var got []string
		for _, tk := range ticks {
			got = append(got, tk.text)
		}
		if u.name != c.unit || !slices.Equal(got, c.want) {
			t.Errorf("%v: %v %s, want %v %s", c.w, got, u.name, c.want, c.unit)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	records := crowd()
	for b.Loop() {
		if err := Draw(io.Discard, records, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

package sim

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// beside is a calm world of five sites and two groups, {1,2,3} and {3,4,5}, that
// measures Total casts to one group while casts to both are made beside them. All
// times are of the simulated world: no other load of the machine changes them.
type beside struct {
	idle
	w      *World
	chance *Dice // when casts to one group are made: the same, whatever happens beside
	lots   *Dice // when casts to both are made, and by whom
	until  effect.Time
	lists  int                    // in a second; 0 for none
	closed bool                   // each member casts again when all were handed its last cast, else at random times
	made   map[uint64]effect.Time // when each cast was made, by its number
	whose  map[uint64]*membership
	handed map[uint64]int
	own    int           // casts that all members were handed before the end
	waits  []effect.Time // of each cast, until each member was handed it
	listed int           // casts to both groups that were made
}

// besidePause is how long a member waits between two casts at most, in microseconds.
const besidePause = 10_000

// span is how long is measured: one after the other, casts are many.
func (b *beside) span() effect.Time {
	if b.closed {
		return effect.Second / 2
	}
	return 8 * effect.Second
}

// idle is what a driver has nothing to do with that is only told what programs are
// handed: those are the world's own.
type idle struct{}

func (idle) Boot(int)                {}
func (idle) Killed(int)              {}
func (idle) Terms(int, *core.Output) {}
func (idle) Ended(int)               {}
func (idle) Told(string)             {}

// Items notes when casts to one group are handed over.
func (b *beside) Items(_ int, items []core.Item) {
	for _, i := range items {
		c, ok := i.(core.Casts)
		if !ok {
			continue
		}
		for rest, k := c.Run.Body, 0; k < int(c.Run.N); k++ {
			payload, next, ok := msg.NextCast(rest)
			if !ok {
				b.w.failure = "malformed run delivered"
				return
			}
			rest = next
			b.take(binary.LittleEndian.Uint64(payload))
		}
	}
}

// take notes that some program is handed a cast. Those to both groups are numbered
// by chance and not known here.
func (b *beside) take(number uint64) {
	at, ok := b.made[number]
	if !ok {
		return
	}
	b.waits = append(b.waits, b.w.now-at)
	if b.handed[number]++; b.handed[number] < 3 || b.w.now > b.until {
		return
	}
	b.own++
	if b.closed {
		b.w.in(0, func() { b.cast(b.whose[number]) })
	}
}

// cast makes one Total cast to the member's group.
func (b *beside) cast(m *membership) {
	number := uint64(len(b.made)) + 1
	b.made[number], b.whose[number] = b.w.now, m
	payload := binary.LittleEndian.AppendUint64(nil, number)
	payload = binary.LittleEndian.AppendUint64(payload, uint64(m.p.proc))
	body := msg.AppendCast(nil, payload)
	m.p.out[m.group] += (&msg.Run{N: 1, Body: body}).Size()
	m.p.s.post(b.w.lend(core.Cast{Proc: m.p.proc, Dest: m.group, Order: msg.Total, N: 1, Body: body}))
}

// repeat does something until the measurement is over, with a pause of most
// microseconds at most, and half of that on average.
func (b *beside) repeat(dice *Dice, most int64, do func()) {
	b.w.in(dice.Between(0, most)*effect.Microsecond, func() {
		if b.w.now < b.until {
			do()
			b.repeat(dice, most, do)
		}
	})
}

// list makes a Total cast to both groups, at any site.
func (b *beside) list() {
	p := Pick(b.lots, b.w.hosts).site.programs[0]
	var both []id.Address
	for _, name := range []string{"g1", "g2"} {
		both = append(both, p.s.core.Lookup(name).Group)
	}
	b.listed++
	p.castList(both, 16)
}

// measure runs the world.
func (b *beside) measure(t *testing.T) {
	t.Helper()
	w := newWorld(Options{Seed: 1, Sites: 5})
	w.driver, w.ended = b, true // nothing happens but what is done here
	b.w, b.chance, b.lots = w, NewDice(2), NewDice(3)
	b.made, b.whose, b.handed = map[uint64]effect.Time{}, map[uint64]*membership{}, map[uint64]int{}
	var members []*membership
	for i, h := range w.hosts {
		h.start(i == 0)
		w.runUntil(w.now + 300*effect.Millisecond)
	}
	for i, name := range []string{"g1", "g1", "g1", "g2", "g2", "g2"} {
		p := w.hosts[max(i-i/3, 0)].site.programs[0]
		w.join(p, name, false, core.Patience{})
		w.runUntil(w.now + 300*effect.Millisecond)
		members = append(members, p.named(name))
	}
	b.until = w.now + b.span()
	for _, m := range members {
		if m.group == 0 {
			t.Fatalf("%v is not in %s", m.p.proc, m.name)
		}
		if b.closed {
			b.cast(m)
		} else {
			b.repeat(b.chance, besidePause, func() { b.cast(m) })
		}
	}
	if b.lists > 0 {
		b.repeat(b.lots, 2_000_000/int64(b.lists), b.list)
	}
	w.runUntil(b.until)
	r := w.finish()
	if r.Failure != "" {
		t.Errorf("%s\n%s", r.Failure, r.Sites)
	}
	slices.Sort(b.waits)
	if len(b.waits) != 3*len(b.made) {
		t.Errorf("%d casts were handed over %d times, want three each", len(b.made), len(b.waits))
	}
	if r.Lists != b.listed {
		t.Errorf("%d casts to both groups were made, and %d done", b.listed, r.Lists)
	}
}

// percentile is in microseconds.
func (b *beside) percentile(p int) int64 {
	return b.waits[(len(b.waits)-1)*p/100] / effect.Microsecond
}

// Casts to several groups do not slow Total casts to one, as far as they do not take
// room from them: with a hundred a second the median, the 99th percentile and the
// number of casts that are made one after the other stay within a tenth. With a
// thousand, nearly as many as there are others, the median stays within a half.
// docs/parts/lists.md has the figures.
func TestListsBesideTotalCasts(t *testing.T) {
	rates := []int{0, 10, 100, 1000}
	if testing.Short() {
		rates = []int{0, 100}
	}
	var table strings.Builder
	var alone, queued *beside
	for _, lists := range rates {
		open, closed := &beside{lists: lists}, &beside{lists: lists, closed: true}
		open.measure(t)
		closed.measure(t)
		fmt.Fprintf(&table, "| %d | %d µs | %d µs | %d µs | %d |\n", lists, open.percentile(50), open.percentile(99),
			closed.percentile(50), int64(closed.own)*effect.Second/closed.span())
		if lists == 0 {
			alone, queued = open, closed
			continue
		}
		within := func(what string, is, was, most int64) {
			t.Helper()
			if is*100 > was*most {
				t.Errorf("with %d lists a second %s is %d, and %d without: more than %d %%", lists, what, is, was, most)
			}
		}
		most := int64(110)
		if lists > 100 {
			most = 150
		}
		within("the median", open.percentile(50), alone.percentile(50), most)
		within("the 99th percentile", open.percentile(99), alone.percentile(99), most)
		within("the time for as many casts", int64(queued.own), int64(closed.own), most)
	}
	t.Log("lists a second, median, 99th percentile, and one after the other: median and casts a second\n" + table.String())
}

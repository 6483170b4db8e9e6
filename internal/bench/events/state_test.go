package events

import (
	"bytes"
	"encoding/binary"
	"maps"
	"testing"
	"time"
)

// payload is one of the load.
func payload(who, k uint64, at int64) []byte {
	le := binary.LittleEndian
	b := le.AppendUint64(le.AppendUint64(le.AppendUint64(nil, who), k), uint64(at))
	return append(b, make([]byte, payloadSize-len(b))...)
}

func TestState(t *testing.T) {
	const size = 100_003
	from, to := &state{}, &state{}
	if err := from.hold(size, true); err != nil {
		t.Fatal(err)
	}
	if err := to.hold(size, false); err != nil {
		t.Fatal(err)
	}
	for k := range uint64(keys + 5) {
		from.put(payload(1, k, int64(k)))
	}
	if len(from.table) != keys || from.table[4] != keys+4 || from.sum() == to.sum() {
		t.Fatalf("%d keys, %d", len(from.table), from.table[4])
	}
	write, err := from.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	then := maps.Clone(from.table)
	from.put(payload(1, 4, 99)) // after the snapshot
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if err := (&state{}).Restore(bytes.NewReader(b.Bytes())); err == nil {
		t.Error("restored without room")
	}
	if err := to.Restore(bytes.NewReader(b.Bytes()[:b.Len()-1])); err == nil {
		t.Error("restored half of it")
	}
	if err := to.Restore(&b); err != nil || !maps.Equal(to.table, then) || to.sum() != from.sum() || from.fed() != 1 {
		t.Errorf("%v, %d keys, sums %d and %d", err, len(to.table), to.sum(), from.sum())
	}
	addr, err := from.serve("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if took, err := to.fetch(addr); err != nil || took <= 0 || to.sum() != from.sum() {
		t.Errorf("%v, %v", took, err)
	}
	if _, err := to.fetch(addr); err == nil {
		t.Error("fetched from nobody")
	}
}

func TestTimesAround(t *testing.T) {
	x := times{ring: make([]timing, 4)}
	for _, c := range []timing{
		{0, 1},     // forgotten
		{10, 5},    // before
		{12, 9},    // before, and it ended last
		{18, 1000}, // under way when it began
		{2001, 7},  // after it
	} {
		x.add(c)
	}
	var r report
	x.around(&order{Since: 0, Began: 100, Until: 2000}, &r)
	if r.P99 != 9 || r.Max != 1000 {
		t.Errorf("p99 before %d, largest %d", r.P99, r.Max)
	}
	r = report{}
	x.around(&order{Since: 16, Began: 2000, Until: 2001}, &r)
	if r.P99 != 1000 || r.Max != 7 {
		t.Errorf("p99 before %d, largest %d", r.P99, r.Max)
	}
}

// Only own casts are timed.
func TestDelivered(t *testing.T) {
	l := newLoad()
	l.times.ring = make([]timing, 4)
	now := time.Now().UnixNano()
	l.delivered(payload(l.who+1, 1, now))
	l.delivered(payload(l.who, 1, now-5)[:payloadSize-1])
	if l.times.n != 0 {
		t.Error("the cast of another was timed")
	}
	l.delivered(payload(l.who, 1, now-5))
	if l.times.n != 1 || l.times.ring[0].at != now-5 || l.times.ring[0].took < 5 {
		t.Errorf("%+v", l.times.ring[0])
	}
}

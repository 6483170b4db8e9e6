package bench

import "testing"

// The times that are kept are bounded, and spread over all of a run, however long.
func TestTimingsAreSpread(t *testing.T) {
	for _, c := range []struct{ stride, first, casts uint64 }{
		{1, 0, 10}, {1, 17, keptTimings}, {1, 17, keptTimings + 1}, {1, 0, 3*keptTimings + 5}, {8, 800, 9 * keptTimings}, {3, 300, 40 * keptTimings},
	} {
		k := timings{every: c.stride}
		last := c.first
		for range c.casts {
			k.add(timing{seq: last, took: 1})
			last += c.stride
		}
		n := uint64(len(k.list))
		if n > keptTimings || n < min(c.casts, keptTimings/2) {
			t.Errorf("of %d times %d are kept", c.casts, n)
		}
		if first, end := k.list[0].seq, k.list[n-1].seq; first-c.first >= k.every || last-end > k.every {
			t.Errorf("of casts %d to %d those from %d to %d are kept, one of %d", c.first, last, first, end, k.every)
		}
		for i, x := range k.list[1:] {
			if x.seq-k.list[i].seq != k.every {
				t.Fatalf("after cast %d comes %d, one of %d being kept", k.list[i].seq, x.seq, k.every)
			}
		}
	}
}

// Members begin to keep times at different casts, and have no more room at different
// ones: what is kept at one of two for fewer casts is kept at the other as well.
func TestMembersKeepTheSameTimes(t *testing.T) {
	early, late := timings{every: 1}, timings{every: 1}
	for seq := range uint64(2*keptTimings + 3) {
		early.add(timing{seq: seq})
		if seq >= 5 {
			late.add(timing{seq: seq})
		}
	}
	kept := map[uint64]bool{}
	for _, x := range late.list {
		kept[x.seq] = true
	}
	both := 0
	for _, x := range early.list {
		if kept[x.seq] {
			both++
		}
	}
	if early.every == late.every || both < keptTimings/2-5 {
		t.Errorf("one of %d and one of %d are kept, %d at both", early.every, late.every, both)
	}
}

// A ledger keeps the times of the casts that have one, and tells them in pieces.
func TestLedgerKeepsTimes(t *testing.T) {
	l, faults := judged(small)
	l.timed.Store(true)
	stride := small.stride()
	for seq := range 3 * stride {
		b := newPayload(small.Size, 1)
		m := message{sender: 1, seq: seq}
		if seq%stride == 0 {
			m.at = 1
		}
		m.write(b)
		l.deliver(0, b)
	}
	told := 0
	l.timings(0, 2, func(b []byte) { told += len(b) / timingSize })
	if list := l.groups[0].lanes[1].times.list; faults != nil || told != 3 || len(list) != 3 || list[2].seq != 2*stride {
		t.Errorf("of %d are told %d: %v, %v", len(list), told, list, faults)
	}
}

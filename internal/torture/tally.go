package torture

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// tally is what a worker has to report.
type tally struct {
	mu       sync.Mutex
	acked    [][]uint64 // by group
	times    []int64
	ops      uint64
	unknown  uint64
	troubles []string
	said     []string // troubles that are told once
}

// ack notes that the system answered for updates: they must last.
func (t *tally) ack(group int, updates ...uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.acked[group] = append(t.acked[group], updates...)
}

// success notes the end of an operation, and how many it counts for.
func (t *tally) success(ops int) {
	now := time.Now().UnixMilli()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ops += uint64(ops)
	if k := len(t.times); k == 0 || t.times[k-1] != now {
		t.times = append(t.times, now)
	}
}

// failure notes an operation of which nobody knows whether it was carried out.
func (t *tally) failure() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unknown++
}

// trouble notes a broken promise.
func (t *tally) trouble(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.troubles = append(t.troubles, fmt.Sprintf(format, args...))
}

// once is trouble, but for what was said before.
func (t *tally) once(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.said, text) {
		t.said = append(t.said, text)
		t.troubles = append(t.troubles, text)
	}
}

// into moves what is new into a report.
func (t *tally) into(r *report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Acked = make([][]uint64, len(t.acked))
	for k := range t.acked {
		r.Acked[k], t.acked[k] = t.acked[k], nil
	}
	r.Times, t.times = t.times, nil
	r.Ops, t.ops = t.ops, 0
	r.Unknown, t.unknown = t.unknown, 0
	r.Trouble, t.troubles = t.troubles, nil
}

package events

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort"
)

// payloadSize is of a cast of the load, bytes: who cast it, its key, when.
const payloadSize = 64

// keptTimes is how many times of own casts are kept, those of the last seconds.
const keptTimes = 1 << 20

// load is the casts that a member makes to the group 0.
type load struct {
	who   uint64 // the process, as in the payloads
	stop  chan struct{}
	over  chan error
	times times
}

// times are when own casts were made and how long they took to be delivered here.
type times struct {
	mu   sync.Mutex
	ring []timing
	n    int // so far
}

type timing struct{ at, took int64 }

func newLoad() *load { return &load{who: uint64(os.Getpid())} }

// begin casts until end: one each pause, or as many as may be.
func (l *load) begin(m *member, pause time.Duration) {
	if l.times.ring == nil {
		l.times.ring = make([]timing, keptTimes)
	}
	stop, over := make(chan struct{}), make(chan error, 1)
	l.stop, l.over = stop, over
	go func() { over <- l.run(m.groups[0], pause, stop) }()
}

// run casts. A node that was excluded casts on when it is back.
func (l *load) run(g *cohort.Group, pause time.Duration, stop <-chan struct{}) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b := make([]byte, payloadSize)
	le := binary.LittleEndian
	le.PutUint64(b, l.who)
	for k := uint64(0); ; k++ {
		select {
		case <-stop:
			return nil
		default:
		}
		le.PutUint64(b[8:], k)
		le.PutUint64(b[16:], uint64(time.Now().UnixNano()))
		err := g.Cast(ctx, cohort.Total, entryPut, b)
		if errors.Is(err, cohort.ErrUnknown) {
			err = rest(ctx, comeBackFor)
		}
		if err == nil && pause > 0 {
			err = rest(ctx, pause)
		}
		if err != nil {
			return err
		}
	}
}

// end ends the load, if there is one, and returns what went wrong.
func (l *load) end() error {
	if l.stop == nil {
		return nil
	}
	close(l.stop)
	l.stop = nil
	return <-l.over
}

// delivered takes a payload, and times it if it is this process's.
func (l *load) delivered(b []byte) {
	le := binary.LittleEndian
	if len(b) != payloadSize || le.Uint64(b) != l.who {
		return
	}
	at := int64(le.Uint64(b[16:]))
	l.times.add(timing{at, time.Now().UnixNano() - at})
}

func (t *times) add(x timing) {
	t.mu.Lock()
	t.ring[t.n%len(t.ring)] = x
	t.n++
	t.mu.Unlock()
}

// around fills in how long casts took that were delivered before something began,
// and those that were under way until it ended.
func (t *times) around(o *order, r *report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var before []int64
	for _, x := range t.ring[:min(t.n, len(t.ring))] {
		switch done := x.at + x.took; {
		case done >= o.Since && done < o.Began:
			before = append(before, x.took)
		case done >= o.Began && x.at <= o.Until:
			r.Max = max(r.Max, time.Duration(x.took))
		}
	}
	if len(before) > 0 {
		slices.Sort(before)
		r.P99 = time.Duration(before[len(before)*99/100])
	}
}

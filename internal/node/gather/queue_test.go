package gather

import (
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// TestEachIsOneByOne casts lists by CastEach and their payloads one by one, and finds
// the same events, and as much of the windows left.
func TestEachIsOneByOne(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	full := 0
	for range 200 {
		var each, one Queue
		limit := 1 + chance.IntN(1<<19)
		we, wo := way, way
		we.Window, wo.Window = NewPool(new(sync.Mutex)).Window(limit), NewPool(new(sync.Mutex)).Window(limit)
		for range 1 + chance.IntN(5) {
			k := Kind{Order: msg.Total, Safe: chance.IntN(2) == 0}
			list := make([][]byte, chance.IntN(200))
			for i := range list {
				list[i] = payload(chance.IntN(5000))
			}
			n := 0
			for _, p := range list {
				if !one.Cast(&wo, k, head, p) {
					full++
					break
				}
				n++
			}
			for left := list[:n]; len(left) > 0; {
				m := each.CastEach(&we, k, head, left)
				if m == 0 {
					t.Fatalf("%d casts are taken one by one, %d fewer each", n, len(left))
				}
				left = left[m:]
			}
			if n < len(list) && each.CastEach(&we, k, head, list[n:]) != 0 {
				t.Fatalf("more than %d casts are taken each", n)
			}
			if we.Window.used != wo.Window.used {
				t.Fatalf("of the window %d bytes are used each, %d one by one", we.Window.used, wo.Window.used)
			}
		}
		if got, want := casted(&each), casted(&one); !reflect.DeepEqual(got, want) {
			t.Fatalf("%d events each, %d one by one, or others", len(got), len(want))
		}
	}
	if full == 0 {
		t.Error("no window was ever full")
	}
}

// casted are the events of a queue without the memory that they are in.
func casted(q *Queue) (list []core.Event) {
	for _, ev := range q.Take(nil) {
		c := ev.(core.Cast)
		c.Loan = nil
		list = append(list, c)
	}
	return list
}

// What is put between casts comes between them, and parts their runs.
func TestQueueKeepsOrder(t *testing.T) {
	var q Queue
	w := way
	w.Window = NewPool(new(sync.Mutex)).Window(1000)
	if !q.Empty() {
		t.Error("a new queue is not empty")
	}
	for range 2 {
		q.Cast(&w, total, head, nil)
		q.Cast(&w, total, head, nil)
		if q.Empty() {
			t.Error("a queue with casts is empty")
		}
		q.Put(core.Depart{}, core.Depart{})
	}
	q.Cast(&w, total, head, nil)
	q.Cast(&w, Kind{Order: msg.Causal}, head, nil)
	var got []int
	for _, ev := range q.Take(nil) {
		c, _ := ev.(core.Cast)
		got = append(got, int(c.N))
	}
	if want := []int{2, 0, 0, 2, 0, 0, 1, 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("events of %v casts, want %v", got, want)
	}
	if !q.Empty() {
		t.Error("what was taken is still there")
	}
}

package fifo

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDrop compares a queue with a slice that nothing is ever taken off.
func TestDrop(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	for _, most := range []int{1, 5, kept, kept + 1, 3 * kept} {
		var queue, all []*int
		dropped := 0
		for range 3000 {
			for range chance.IntN(most + 1) {
				all = append(all, new(int))
				queue = append(queue, all[len(all)-1])
			}
			n := chance.IntN(min(len(queue), most) + 1)
			before := queue
			queue = Drop(queue, n)
			dropped += n
			if !slices.Equal(queue, all[dropped:]) {
				t.Fatalf("%d of up to %d dropped: %v is left, want %v", n, most, queue, all[dropped:])
			}
			for _, p := range before {
				if queue != nil && p != nil && slices.Contains(all[:dropped], p) {
					t.Fatal("the queue's memory still holds what was dropped")
				}
			}
		}
	}
}

// A short queue needs no memory but what it has; a long one gives back what it had.
func TestMemory(t *testing.T) {
	var queue []int
	if n := testing.AllocsPerRun(100, func() {
		for range 3 {
			queue = append(queue, 1, 2, 3)
			queue = Drop(queue, 3)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if queue = Drop(make([]int, kept+1), kept+1); cap(queue) > 0 {
		t.Errorf("a queue that was long keeps room for %d", cap(queue))
	}
}

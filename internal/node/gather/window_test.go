package gather

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/cohortkit/cohort/internal/core/flow"
)

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestWindow(t *testing.T) {
	w := NewPool(new(sync.Mutex)).Window(100)
	if !w.Take(60) || w.Take(41) || !w.Take(40) {
		t.Error("100 bytes are not what a window of 100 takes")
	}
	some, much := w.Room(30), w.Room(200)
	if isClosed(some) || isClosed(much) {
		t.Error("a full window has room")
	}
	w.Release(60)
	if !isClosed(some) || !isClosed(much) {
		t.Error("who waits is not told of room")
	}
	if !isClosed(w.Room(60)) || isClosed(w.Room(61)) {
		t.Error("a window with 60 bytes left has another room than that")
	}
	if w.Take(200) {
		t.Error("what is larger than the window goes beside others")
	}
	w.Release(500) // of casts to an earlier window of that name
	if !w.Take(200) || w.Take(1) {
		t.Error("what is larger than the window does not go alone")
	}
}

func TestForgottenWait(t *testing.T) {
	w := NewPool(new(sync.Mutex)).Window(1)
	w.Take(1)
	gone, stays := w.Room(1), w.Room(1)
	w.Forget(gone)
	w.Release(1)
	if isClosed(gone) || !isClosed(stays) {
		t.Error("another wait was forgotten")
	}
}

func TestClosedWindow(t *testing.T) {
	w := NewPool(new(sync.Mutex)).Window(10)
	w.Take(10)
	room, before, after := w.Room(5), make(chan struct{}), make(chan struct{})
	w.OnClose(before)
	if w.Closed() || isClosed(before) {
		t.Error("it is closed from the start")
	}
	w.Close()
	w.OnClose(after)
	if !w.Closed() || !isClosed(room) || !isClosed(before) || !isClosed(after) || !isClosed(w.Room(1)) {
		t.Error("not all are told that it is closed")
	}
	if w.Release(10); w.Take(1) {
		t.Error("a closed window has room")
	}
}

// Only a window of no use to anybody is retired.
func TestRetiredWindow(t *testing.T) {
	w := NewPool(new(sync.Mutex)).Window(10)
	w.Take(10)
	room := w.Room(5)
	if w.Retire() || w.Retired() || isClosed(room) {
		t.Error("it is retired while it is used")
	}
	if w.Release(10); !w.Retire() || !w.Retired() || !w.Closed() {
		t.Error("it is not retired when it is not")
	}
	if w.Take(1) || !isClosed(w.Room(1)) || w.Retire() {
		t.Error("it has room, or somebody waits for ever")
	}
	other := NewPool(new(sync.Mutex)).Window(10)
	if other.Close(); other.Retire() || other.Retired() {
		t.Error("a window that has ended is retired")
	}
}

// full is a pool of which windows that nobody takes anything from have all they may.
func full() (p *Pool, stuck []*Window) {
	p = NewPool(new(sync.Mutex))
	for range flow.Pool/(1<<20-flow.Share) + 1 {
		w := p.Window(1 << 20)
		for w.Take(1 << 10) {
		}
		stuck = append(stuck, w)
	}
	return p, stuck
}

// Windows that are full for good leave the others their shares.
func TestSharesAreLeft(t *testing.T) {
	p, stuck := full()
	if p.used > flow.Pool || p.used < flow.Pool-1<<10 {
		t.Errorf("windows have %d bytes beyond their shares, and may have %d", p.used, flow.Pool)
	}
	for _, w := range []*Window{p.Window(1 << 20), p.Window(1 << 20)} {
		for k := range flow.Share >> 10 {
			if !w.Take(1 << 10) {
				t.Fatalf("a window has not got its share, but %d KiB", k)
			}
		}
		if w.Take(1 << 10) {
			t.Error("there is more than the pool has")
		}
	}
	if w := p.Window(1 << 20); !w.Take(600 << 10) {
		t.Error("a cast cannot go alone")
	}
	if w := p.Window(4 << 10); !w.Take(1<<10) || w.Take(4<<10) {
		t.Error("a window that is smaller than a share has more than its limit")
	}
	for _, w := range stuck {
		w.Close()
	}
	if used := 600<<10 - flow.Share; p.used != used { // of the cast that went alone
		t.Errorf("closed windows have %d bytes of the pool", p.used-used)
	}
}

// Of what comes back, who has waited longest is told, and nobody in vain: what one does
// not take, the next is told of.
func TestPoolTellsInTurn(t *testing.T) {
	p, stuck := full()
	var rooms []<-chan struct{}
	var windows []*Window
	for range 3 {
		w := p.Window(1 << 20)
		w.Take(flow.Share)
		windows, rooms = append(windows, w), append(rooms, w.Room(8<<10))
	}
	told := func() (n int) {
		for _, r := range rooms {
			if isClosed(r) {
				n++
			}
		}
		return n
	}
	if stuck[0].Release(4 << 10); told() != 0 {
		t.Error("somebody is told of less than he waits for")
	}
	if stuck[0].Release(6 << 10); told() != 1 || !isClosed(rooms[0]) {
		t.Errorf("%d are told of room for one", told())
	}
	if windows[0].Forget(rooms[0]); told() != 2 || !isClosed(rooms[1]) {
		t.Errorf("%d are told when the first has not taken it", told())
	}
	windows[1].Take(8 << 10)
	if stuck[1].Release(16 << 10); told() != 3 {
		t.Errorf("%d are told in the end", told())
	}
}

// Who is larger than the share is told when there is room for what is beyond it.
func TestPoolTellsOfWhatIsBeyondTheShare(t *testing.T) {
	p, stuck := full()
	w := p.Window(1 << 20)
	w.Take(flow.Share - 6<<10)
	room := w.Room(20 << 10) // 14 KiB of the pool
	for range 13 {
		stuck[0].Release(1 << 10)
	}
	if isClosed(room) || w.Take(20<<10) {
		t.Error("13 KiB are enough for 14")
	}
	if stuck[0].Release(2 << 10); !isClosed(room) || !w.Take(20<<10) {
		t.Error("who waits is not told of room for him")
	}
}

// Who was told, and meanwhile waits for his window, has left the pool's room to others.
func TestPoolTellsTheNext(t *testing.T) {
	p, stuck := full()
	narrow, other := p.Window(flow.Share+16<<10), p.Window(1<<20)
	narrow.Take(flow.Share)
	other.Take(flow.Share)
	first, second := narrow.Room(12<<10), other.Room(8<<10)
	if stuck[0].Release(14 << 10); !isClosed(first) || isClosed(second) {
		t.Fatal("it is not the first alone who is told")
	}
	narrow.Take(6 << 10)
	if narrow.Room(12 << 10); !isClosed(second) {
		t.Error("nobody is told of what the first has left")
	}
}

// A cast that goes alone takes no more of the pool than its window may.
func TestOneLargeCastLeavesThePool(t *testing.T) {
	p := NewPool(new(sync.Mutex))
	large, other := p.Window(1<<20), p.Window(1<<20)
	if !large.Take(64<<20) || p.used != 1<<20-flow.Share {
		t.Errorf("it has %d KiB of the pool", p.used>>10)
	}
	for range 2 {
		if !other.Take(flow.Share) {
			t.Error("others have nothing but their shares")
		}
	}
	if large.Release(64 << 20); p.used != flow.Share {
		t.Errorf("%d bytes of the pool are used in the end", p.used)
	}
}

// Who is told by his window waits for the pool no more, though somebody before him does.
func TestWhoIsToldLeavesThePool(t *testing.T) {
	p, _ := full()
	first, live := p.Window(1<<20), p.Window(1<<20)
	first.Take(flow.Share)
	first.Room(8 << 10) // for ever
	for range 100 {
		live.Take(flow.Share)
		room := live.Room(1 << 10)
		if live.Release(flow.Share); !isClosed(room) {
			t.Fatal("who waits is not told by his window")
		}
	}
	if n := p.waiting.Len(); n != 1 {
		t.Errorf("%d wait for the pool, want 1", n)
	}
}

// TestNobodyWaitsForEver has many casts wait for little room: of their windows, and of
// the pool. Some give up.
func TestNobodyWaitsForEver(t *testing.T) {
	p, stuck := full()
	for range 32 {
		stuck[0].Release(1 << 10)
	}
	var all sync.WaitGroup
	for i := range 40 {
		w := p.Window(1 << 20)
		w.Take(flow.Share - 4<<10)
		for k := range 3 {
			all.Go(func() {
				chance := rand.New(rand.NewPCG(uint64(i), uint64(k)))
				for range 200 {
					size := 1 + chance.IntN(12<<10)
					for !w.Take(size) {
						if room := w.Room(size); chance.IntN(4) > 0 {
							<-room
						} else {
							w.Forget(room)
						}
					}
					runtime.Gosched()
					w.Release(size)
				}
			})
		}
	}
	all.Wait()
	if n := p.waiting.Len(); n > 0 {
		t.Errorf("%d wait", n)
	}
}

// What Use takes at once is what it takes by the rule.
func TestUseAtOnce(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	windows := func(limits []int) (list []*Window) {
		p := NewPool(new(sync.Mutex))
		for _, limit := range limits {
			list = append(list, p.Window(limit))
		}
		return list
	}
	taken, refused := 0, 0
	for range 300 {
		limits := make([]int, 1+chance.IntN(2*flow.Pool/flow.Window))
		for i := range limits {
			limits[i] = 1 + chance.IntN(2*flow.Window)
		}
		at, by := windows(limits), windows(limits)
		for range 1000 {
			i, size := chance.IntN(len(limits)), 1+chance.IntN(8*flow.Share)
			switch chance.IntN(100) {
			case 0:
				at[i].Close()
				by[i].Close()
			case 1, 2, 3:
				at[i].Release(size)
				by[i].Release(size)
			}
			ok := at[i].Use(size)
			if ok != by[i].use(size) || at[i].used != by[i].used || at[i].pool.used != by[i].pool.used {
				t.Fatalf("%d bytes: %v at once, with %d used and %d of the pool; %d and %d by the rule",
					size, ok, at[i].used, at[i].pool.used, by[i].used, by[i].pool.used)
			}
			if ok {
				taken++
			} else {
				refused++
			}
		}
	}
	if taken < 1000 || refused < 1000 {
		t.Errorf("%d taken, %d refused", taken, refused)
	}
}

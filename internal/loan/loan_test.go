package loan

import (
	"sync"
	"testing"
)

func TestSizes(t *testing.T) {
	for _, size := range []int{0, 1, Least, Least + 1, 64 << 10, 256<<10 + 100, 1<<20 + 100, Largest} {
		b := Take(size)
		if b == nil || len(b.Bytes()) != 0 || cap(b.Bytes()) < size || (size >= Least && cap(b.Bytes()) > 4*size) {
			t.Errorf("a block for %d bytes has room for %d", size, cap(b.Bytes()))
		}
		b.Return()
	}
	if Take(Largest+1) != nil {
		t.Error("there are larger blocks than the largest")
	}
}

// TestNobodySharesABlock has many take, fill, share, keep and return blocks: what
// a holder has written stands until it returns.
func TestNobodySharesABlock(t *testing.T) {
	var wg sync.WaitGroup
	for me := range 8 {
		wg.Go(func() {
			for round := range 2000 {
				b := Take(Least)
				mine := append(b.Bytes(), byte(me), byte(round))
				b.Hold()
				done := make(chan bool)
				go func() {
					defer close(done)
					if mine[0] != byte(me) || mine[1] != byte(round) {
						t.Errorf("block of %d holds %v", me, mine)
					}
					if round%3 == 0 {
						b.Keep()
					}
					b.Return()
				}()
				if round%2 == 0 {
					<-done
				}
				if mine[0] != byte(me) || mine[1] != byte(round) {
					t.Errorf("block of %d holds %v", me, mine)
				}
				b.Return()
				<-done
				if round%3 == 0 && (mine[0] != byte(me) || mine[1] != byte(round)) {
					t.Errorf("a block that was kept serves again")
				}
			}
		})
	}
	wg.Wait()
}

func TestReturnedTooOften(t *testing.T) {
	b := Take(1)
	b.Keep() // so that nobody else gets it
	b.Return()
	defer func() {
		if recover() == nil {
			t.Error("a block may be returned by more than hold it")
		}
	}()
	b.Return()
}

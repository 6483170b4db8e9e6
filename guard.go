package cohort

import (
	"sync"
	"sync/atomic"
)

// guard is a mutex with a number for all that it guards, which is another after
// each time that somebody may have changed it. Who has read something under the
// lock may go on using it without, for as long as the number stays the same.
type guard struct {
	sync.Mutex
	turn atomic.Uint64
}

// Unlock ends a turn.
func (g *guard) Unlock() {
	g.turn.Add(1)
	g.Mutex.Unlock()
}

// unlockUnchanged is Unlock for who has only read.
func (g *guard) unlockUnchanged() { g.Mutex.Unlock() }

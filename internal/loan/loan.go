// Package loan lends memory for the bodies of casts, and takes it back, so that a
// busy site fills the same few megabytes again and again and the garbage collector
// has little to do. What is not given back is the garbage collector's: to forget a
// block is no mistake, to give it back too early is.
package loan

import (
	"sync"
	"sync/atomic"
)

// sizes are those of blocks, in bytes: a little more than powers of two, so that
// bodies of such a size fit with what stands before them.
var sizes = [...]int{4 << 10, 8 << 10, 17 << 10, 34 << 10, 68 << 10, 132 << 10, 260 << 10, Largest}

const (
	// Least is the size below which a block is not worth its bookkeeping.
	Least = 4 << 10
	// Largest is the most a block can hold: a cast of a megabyte, and what is before it.
	Largest = 1028 << 10
)

// pools hold the blocks that were given back, by size. The collector empties
// them when they are not used.
var pools [len(sizes)]sync.Pool

// Block is memory on loan to one or several holders, each of which returns it
// once; the last makes it free. It is a msg.Loan. Its methods are safe for
// concurrent use.
type Block struct {
	bytes   []byte
	pool    *sync.Pool
	holders atomic.Int32
	kept    atomic.Bool
}

// Take returns a block of at least size bytes with one holder. It is nil when
// size is more than Largest.
func Take(size int) *Block {
	for i, s := range sizes {
		if size > s {
			continue
		}
		b, _ := pools[i].Get().(*Block)
		if b == nil {
			b = &Block{bytes: make([]byte, s), pool: &pools[i]}
		}
		b.holders.Store(1)
		return b
	}
	return nil
}

// Bytes is the memory, all of it and with no length.
func (b *Block) Bytes() []byte { return b.bytes[:0] }

// Hold adds a holder. Only who holds the block may call it.
func (b *Block) Hold() { b.holders.Add(1) }

// Keep makes the block a gift: it is never lent again.
func (b *Block) Keep() {
	if !b.kept.Load() { // a load is cheaper, and this is called for each message
		b.kept.Store(true)
	}
}

// Return ends one holder's loan.
func (b *Block) Return() {
	switch n := b.holders.Add(-1); {
	case n < 0:
		panic("loan: a block was returned by more than held it")
	case n == 0 && !b.kept.Load():
		spoil(b.bytes)
		b.pool.Put(b)
	}
}

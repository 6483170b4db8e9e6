// Package fifo is what slices lack to be queues: they are appended to at the end, and
// Drop takes from the front, so that a queue that is short goes on in the same memory.
package fifo

// kept is how many elements a queue may have for its memory to be kept.
const kept = 16

// Drop returns the queue without its first n elements, which are cleared. Nobody else
// may hold a part of the queue: what is left may be moved.
func Drop[T any](queue []T, n int) []T {
	left := len(queue) - n
	switch {
	case n == 0:
		return queue
	case left > kept: // what was before goes when the queue grows
		clear(queue[:n])
		return queue[n:]
	case left == 0 && cap(queue) > kept:
		return nil
	}
	copy(queue, queue[n:])
	clear(queue[left:])
	return queue[:left]
}

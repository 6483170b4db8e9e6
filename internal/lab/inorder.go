package lab

import (
	"context"
	"iter"
)

// inOrder yields work(0) … work(n-1) in this order, computed by so many workers
// at a time. They never run ahead of the consumer by more than twice their
// number. It ends early when ctx does; when it returns no work is under way.
func inOrder[T any](ctx context.Context, workers, n int, work func(int) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		free := make(chan struct{}, workers)
		results := make(chan chan T, workers)
		go func() {
			defer close(results)
			for i := range n {
				select {
				case free <- struct{}{}:
				case <-ctx.Done():
					return
				}
				one := make(chan T, 1)
				results <- one
				go func() {
					one <- work(i)
					<-free
				}()
			}
		}()
		going := true
		for one := range results {
			r := <-one
			if going = going && ctx.Err() == nil && yield(r); !going {
				cancel() // and wait for those that run
			}
		}
	}
}

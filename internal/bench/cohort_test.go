package bench

import (
	"testing"
	"testing/synctest"
)

// Who casts one at a time while the order is to stay elsewhere waits for who has it.
func TestTheOrderStaysElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newCohort(&Seat{Shape: Shape{Groups: 1, Window: 1, Elsewhere: true}}).(*cohortMember)
		casts := make(chan int)
		go func() {
			for k := 1; k <= 4*longest; k++ {
				m.stayBehind()
				casts <- k
			}
			close(casts)
		}()
		last, until := 0, func() (last int) {
			for {
				synctest.Wait()
				select {
				case k, open := <-casts:
					if !open {
						return last
					}
					last = k
				default:
					return last
				}
			}
		}
		if last = until(); last != longest {
			t.Errorf("%d casts without one of the oldest's, not %d", last, longest)
		}
		m.reminded()
		if last = until(); last != 2*longest {
			t.Errorf("after the oldest's cast %d are made in all, not %d", last, 2*longest)
		}
		for k := 3; k <= 4; k++ {
			m.reminded()
			if last = until(); last != k*longest {
				t.Errorf("after another one %d are made in all, not %d", last, k*longest)
			}
		}
	})
}

// Others wait for nobody.
func TestWhoNeedNotStayBehind(*testing.T) {
	for _, s := range []Shape{{Groups: 1, Window: 1}, {Groups: 1, Elsewhere: true}} {
		m := newCohort(&Seat{Shape: s}).(*cohortMember)
		for range 10 * longest {
			m.stayBehind()
		}
	}
}

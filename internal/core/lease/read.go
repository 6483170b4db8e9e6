package lease

import "github.com/cohortkit/cohort/internal/core/effect"

// Terms are what a site lets its readers know, as of its last step.
type Terms struct {
	// Until is when the lease ends, by the site's clock; 0 if it has none.
	Until effect.Time
	// Stalled: the site is out of touch with a majority. It is no use to wait.
	Stalled bool
}

// Read is one read under way. Whoever reads goes through these steps:
//
//	Begin   with what is due at its member
//	May     it look? not before all that is settled
//	        it looks
//	Stands  what it saw? only if the lease has not ended meanwhile
//
// Both questions take the time anew: a process may stand still between any two
// instructions, and no time it looked at before says that it did not.
type Read struct{ need uint64 }

// Begin begins a read at a member where so much is due.
func Begin(due uint64) Read { return Read{need: due} }

// May reports whether the reader may look at a state in which so much of what
// was due is settled. If not it waits, unless the site is stalled.
func (r Read) May(settled uint64, t Terms, now effect.Time) bool {
	return settled >= r.need && r.need != Closed && now < t.Until
}

// Stands reports, after the reader has looked, whether what it saw was the
// newest when it began.
func (r Read) Stands(t Terms, now effect.Time) bool { return now < t.Until }

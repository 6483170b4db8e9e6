package load

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cohortkit/cohort/internal/twenty"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

// answered is an answer with when it came.
type answered struct {
	query  twenty.Query
	answer service.Answer
	after  uint64 // the last version that the client knew of when it asked
	at     time.Time
}

// judge compares answers with a table of its own.
type judge struct {
	mu      sync.Mutex
	history *twenty.History
	head    *twenty.Table            // after all updates known, for updaters
	early   map[uint64]twenty.Update // by the version they made: an earlier one is missing
	waiting map[uint64][]answered    // by the version that is missing
	right   timeline
	replies []twenty.Reply // used again for every answer

	judged uint64
	wrong  uint64
	faults []string // of the first wrong answers
}

// maxFaults is how many wrong answers are told in full.
const maxFaults = 5

func newJudge(t *twenty.Table, now time.Time) *judge {
	return &judge{
		history: twenty.NewHistory(t), head: t.Clone(), right: timeline{begin: now},
		early: map[uint64]twenty.Update{}, waiting: map[uint64][]answered{},
	}
}

// propose makes an update that fits the table as it is known.
func (j *judge) propose(a *twenty.Asker) twenty.Update {
	j.mu.Lock()
	defer j.mu.Unlock()
	return a.Update(j.head)
}

// updated takes an update that made a version.
func (j *judge) updated(u twenty.Update, version uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, twice := j.early[version]; twice || version <= j.history.Version() {
		j.fault(fmt.Sprintf("two updates made version %d; the second is %v", version, u))
		return
	}
	j.early[version] = u
	for {
		next := j.history.Version() + 1
		u, ok := j.early[next]
		if !ok {
			return
		}
		delete(j.early, next)
		if err := j.history.Append(u); err != nil {
			j.fault(fmt.Sprintf("the service applied what does not fit version %d: %v", next-1, err))
			return
		}
		_ = u.Apply(j.head) // as the history did
		list := j.waiting[next]
		delete(j.waiting, next)
		for _, a := range list {
			j.compare(a)
		}
	}
}

// answered takes an answer.
func (j *judge) answered(a answered) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if v := a.answer.Version; v > j.history.Version() {
		j.waiting[v] = append(j.waiting[v], a)
		return
	}
	j.compare(a)
}

// compare judges an answer whose version is known.
func (j *judge) compare(a answered) {
	j.judged++
	if a.answer.Version < a.after {
		j.fault(fmt.Sprintf("%v was asked after version %d was seen, and answered from %d", a.query, a.after, a.answer.Version))
		return
	}
	var err error
	if parts := a.answer.Parts; a.query.Horizontal {
		j.replies = j.replies[:0]
		for _, p := range parts {
			j.replies = append(j.replies, p.Reply)
		}
		err = j.history.CheckAll(a.query, j.replies)
	} else {
		err = j.history.Check(a.query, parts[0].Member, parts[0].Of, parts[0].Reply)
	}
	if err != nil {
		j.fault(err.Error())
		return
	}
	j.right.mark(a.at)
}

// inconsistent takes an answer whose parts contradict each other.
func (j *judge) inconsistent(err *service.InconsistentError) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.judged++
	j.fault(err.Error())
}

func (j *judge) fault(text string) {
	j.wrong++
	if len(j.faults) < maxFaults {
		j.faults = append(j.faults, text)
	}
}

// finish judges as wrong what waits for versions that nobody has made.
func (j *judge) finish() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for version, list := range j.waiting { // order does not matter: all are wrong
		for _, a := range list {
			j.judged++
			j.fault(fmt.Sprintf("%v was answered from version %d, which no update has made", a.query, version))
		}
	}
	clear(j.waiting)
}

// isInconsistent finds an *InconsistentError.
func isInconsistent(err error) (*service.InconsistentError, bool) {
	var bad *service.InconsistentError
	return bad, errors.As(err, &bad)
}

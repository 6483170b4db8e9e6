package core

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/view"
)

// checkContact stalls the site while it is not in touch with a majority, or with
// less than a view must weigh, and lets it go on in the same view when it is
// again.
func (s *Site) checkContact() {
	v := s.log.View()
	if v == nil {
		return
	}
	stalled := s.lacksContact(v)
	if stalled == s.stalled {
		return
	}
	s.stalled, s.since = stalled, s.now
	if stalled {
		s.fx.Fact(fact.Stall{})
		s.item(Stalled{})
		return
	}
	s.fx.Fact(fact.Resume{})
	s.item(Resumed{})
	for _, m := range s.groups.list {
		m.slow = slowness{} // nobody could tell us meanwhile what he has handled
		s.groups.mark(m)
	}
	s.outside.viewed(s)
}

func (s *Site) lacksContact(v *view.Site) bool {
	weight := v.Weight()
	if s.detector.Silent() == 0 { // as a rule
		return weight < s.cfg.Log.Least
	}
	for _, m := range v.Members {
		if m.Site != s.me && !s.detector.InTouch(m.Site) {
			weight -= uint64(m.Weight)
		}
	}
	return weight < s.cfg.Log.Least || !v.Quorum(func(x id.Site) bool {
		return x == s.me || s.detector.InTouch(x) || s.log.Inherits(x)
	})
}

// givesUp reports whether the site has been stalled for as long as it bears. One that is
// alone, and weighs too little, is all that there is of the system: nobody could take it back.
func (s *Site) givesUp() bool {
	if !s.stalled || s.cfg.HaltAfter == 0 || len(s.log.View().Members) == 1 {
		return false
	}
	s.wakeAt(s.since + s.cfg.HaltAfter)
	return s.now >= s.since+s.cfg.HaltAfter
}

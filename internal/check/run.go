package check

import (
	"slices"
	"sort"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// run is a trace with an index over it. Judges only read it. Lists are in the
// order of records unless said otherwise; -1 stands for no record.
type run struct {
	records []trace.Record
	opt     Options
	flaws   []flaw // what W1 says

	sites     []*site
	siteOf    map[id.Site]*site
	siteViews []siteView          // one of each, by number
	accepted  map[uint64][]int    // by log entry
	heirs     map[uint64][]int    // by number of the site view
	removed   map[id.Site]removal // sites that were in a site view and are no more

	members  []*member
	memberOf map[memberKey]*member
	views    []*groupView
	viewOf   map[viewKey]*groupView
	streams  []*stream
	streamOf map[streamKey]*stream
	turns    map[viewKey][]int // givings and takings of the order

	ledgers  []*ledger
	ledgerOf map[id.Address]*ledger
	ends     map[memberKey][]uint64 // made when first asked for

	outside []int   // facts of processes in groups they were not in
	strays  []stray // casts sent or delivered under the name of another view
	aliens  []int   // deliveries from a sender that the view does not have
	twice   []twice

	snapshots map[xferKey][]int
	loads     []load
	digests   []int
	flushes   []flush
	calls     []*call
	callOf    map[callKey]*call
	requests  map[memberKey][]request // by origin and group
	replies   map[replyKey][]int
	sessions  []*clientSession
	sessionOf map[sessionKey]*clientSession
	allReply  []int
	lists     []*listed
	listOf    map[listKey]*listed
	gives     []int     // deliveries of casts to lists
	regiven   []int     // the repeated ones among them
	asks      []listAsk // casts to lists that have not ended

	quiet int
	alive map[id.Site]bool // at quiet, without those that halted or crashed later
	order *ordering        // made when first asked for

	acrossed *across   // the same
	made     *programs // the same
}

type (
	memberKey struct{ proc, group id.Address }
	viewKey   struct {
		group id.Address
		view  uint64
	}
	streamKey struct {
		viewKey
		sender id.Address
	}
	xferKey struct {
		group, donor id.Address
		xfer         uint64
	}
	callKey struct {
		caller, group id.Address
		id            uint64
	}
	replyKey struct {
		group, caller id.Address
		view, cast    uint64
		proc          id.Address
	}
)

// flaw is a record that makes no sense.
type flaw struct {
	rec  int
	text string
}

// site is what one site said about itself.
type site struct {
	id       id.Site
	starts   []int
	views    []int
	applied  []int
	suspects []int
	stalled  int // the last Stall that no Resume followed
	end      int // its Halt or Crash, whichever came first
	crashed  bool
	ops      []int
	log      []mark // when it had applied how much of the log
	logged   uint64 // the highest log entry it applied
	flawed   bool   // W1 was told that it did not begin with Start
}

// siteView is a site view as the first record that has it describes it.
type siteView struct {
	fact.SiteView
	rec int
}

func (v *siteView) has(s id.Site) bool {
	return slices.ContainsFunc(v.Members, func(m fact.Member) bool { return m.Site == s })
}

// quorum tells whether the members of v among sites weigh more than half of v,
// or half and have the oldest that votes.
func (v *siteView) quorum(in func(id.Site) bool) bool {
	var total, weight uint64
	oldest := false
	for _, m := range v.Members {
		if total == 0 && m.Weight > 0 {
			oldest = in(m.Site)
		}
		total += uint64(m.Weight)
		if in(m.Site) {
			weight += uint64(m.Weight)
		}
	}
	return 2*weight > total || 2*weight == total && oldest
}

// removal is the first site view without a site that was in the one before.
type removal struct {
	index uint64 // the log entry
	seq   uint64
	rec   int
}

// member is one process in one group, over all its stays.
type member struct {
	proc, group id.Address
	stays       []*stay
	cur         *stay // nil when it is not in the group
	ahead       []int // what it did for views it was shown later
	leaves      []int
	ready       int // since when it holds the state, in its present membership
	flushes     map[uint64]int
}

// groupView is a view of a group as the first record that has it describes it.
type groupView struct {
	viewKey
	first   int
	members []id.Address
	ready   []id.Address
	rank    map[id.Address]int
	stays   []*stay
	streams []*stream // by rank, nil where nothing was sent
	attempt uint64    // the first that anybody made to end it, 0 for none
}

// stay is a process in a view of a group, from its View fact to the next one.
// Lists called by rank have one entry for each member of the view.
type stay struct {
	*member
	view       *groupView
	fact       fact.View
	installed  int
	prev, next *stay // of the same membership
	ended      int   // the View or Leave that ended it
	ready      int   // since when it held the state; may be long before installed
	applied    bool  // the site had applied the log entry of the view
	events     []int // its sends, deliveries, flush calls
	got        []set // what was delivered, by rank
	safe       []set // the safe part of it
	dropped    []set
	relayed    []set              // the relayed part of got
	users      map[id.Address]set // relayed casts by origin, without duplicates
	dups       map[id.Address]set // the duplicates
	barriers   []int
	totals     []int
	flushing   int    // its first Block, FlushOK or Cut
	attempts   []mark // the first of each attempt
	cuts       []int
	blocks     []int
	donor      bool  // it captured a state
	listed     []int // casts to lists that it was given
}

// stream is what one process sent in one view.
type stream struct {
	sender id.Address
	sends  []send                // by number
	all    set                   // the numbers of sends
	held   map[id.Address][]mark // who held how much when
	byAll  []mark                // since when all members held how much; made when first asked for
}

// send is a run of casts. deps says what the sender had been delivered of each
// rank before it; it is kept for Causal and Total runs. past is what the run and
// those before it in its stream come after.
type send struct {
	span
	fact.Send
	rec  int
	deps []uint64
	past []uint64
}

// mark says that at record rec everything up to upto was there.
type mark struct {
	rec  int
	upto uint64
}

type (
	// stray: the process was in stay when it sent or delivered for another view.
	stray struct {
		rec  int
		stay *stay
	}
	// twice: a delivery of something that stay had been delivered before.
	twice struct {
		rec  int
		stay *stay
	}
	load struct {
		rec  int
		stay *stay
	}
	// flush: done answers called, which is -1 if nothing was called.
	flush struct {
		*member
		called, done int
		before       int // memberships that had ended when it was called
	}
	// request: casts from outside that were delivered in view.
	request struct {
		span
		view uint64
	}
	call struct {
		callKey
		rec      int // the Call
		asked    int
		outcomes []int
		done     []int
		late     []int // outcomes after done
	}
)

// lost tells whether the last facts of s may be missing. Those of a site that
// ran when all was quiet are there.
func (r *run) lost(s id.Site) bool {
	if r.opt.GlobalClock || r.alive[s] {
		return false
	}
	known := r.siteOf[s]
	return known == nil || known.end < 0
}

// at is the fact of record i, which the index knows to be an F.
func at[F fact.Fact](r *run, i int) F { return r.records[i].Fact.(F) }

// sendOf is the run of a stream that has number n, or nil.
func (r *run) sendOf(group id.Address, view uint64, sender id.Address, n uint64) *send {
	s := r.streamOf[streamKey{viewKey{group, view}, sender}]
	if s == nil {
		return nil
	}
	if k := s.find(n); k < len(s.sends) && s.sends[k].lo <= n {
		return &s.sends[k]
	}
	return nil
}

// overlapping calls f with each run of s that has numbers of x.
func (s *stream) overlapping(x span, f func(*send)) {
	if s == nil {
		return
	}
	for i := s.find(x.lo); i < len(s.sends) && s.sends[i].lo <= x.hi; i++ {
		f(&s.sends[i])
	}
}

// find is the index of the first run that ends at n or later.
func (s *stream) find(n uint64) int {
	return sort.Search(len(s.sends), func(i int) bool { return s.sends[i].hi >= n })
}

// sent is what the member of this rank sent in the view.
func (v *groupView) sent(rank int) set {
	if v.streams[rank] == nil {
		return nil
	}
	return v.streams[rank].all
}

// moved are the stays that went on to another view, in groups of equal next
// views, each in the order of installation of this view.
func (v *groupView) moved() [][]*stay {
	var groups [][]*stay
	for _, s := range v.stays {
		if s.next == nil {
			continue
		}
		i := slices.IndexFunc(groups, func(g []*stay) bool { return g[0].next.view == s.next.view })
		if i < 0 {
			groups = append(groups, []*stay{s})
		} else {
			groups[i] = append(groups[i], s)
		}
	}
	return groups
}

// clean tells whether the process held the state for the whole stay.
func (s *stay) clean() bool { return s.ready >= 0 && s.ready <= s.installed }

func runOf(first uint64, n uint32) span { return span{first, first + uint64(n) - 1} }

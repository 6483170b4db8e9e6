// Package gms is the membership log: one replicated sequence of entries for
// the whole system, which says who is in it and what groups there are.
//
// Entry i+1 is one consensus instance whose acceptors are the voters of the
// site view after entry i: Paxos with a membership that rolls (Lamport, Malkhi,
// Zhou 2008; Birman 2009). The oldest voter of a view proposes at once, with
// ballot 0: two phases. Whoever suspects all older voters takes over with a
// higher ballot, asks a majority first what they accepted, and proposes that
// unchanged before anything of its own: three phases. One entry is in flight at
// a time, and requests batch while it is.
//
//	log.go         state, and how a decided entry is applied
//	acceptor.go    promises and acceptances
//	votes.go       when promises or acceptances are a quorum
//	bond.go        votes that pass from the dead to the living of one machine
//	coordinator.go proposals and takeover
//	fence.go       what keeps this site from accepting a removal yet
//	expel.go       who goes with the next entry
//	joiners.go     who comes with it
//	muster.go      a system that several sites found together
//	cases.go       who suspects whom
//	accuse.go      when that is enough
//	loss.go        who was removed and why, after the fact
//	why.go         what waits in the log, and for whom
//	directory.go   the groups, a pure function of the log
//	lists.go       the order of casts to several groups, another one
//
// Requires: lanes that are FIFO and lose nothing between two live incarnations.
// Guarantees: M1 to M12 of docs/PROTOCOL.md.
package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

const (
	// fetchPause is the least between two questions for the same entries.
	fetchPause = 50 * effect.Millisecond
	// keepEntries bounds the decided entries kept for laggards. A member that
	// lags by more cannot catch up and starts anew.
	keepEntries = 1 << 14
	// maxOps and maxOpBytes bound the operations in one entry, maxWaiting those that
	// wait.
	maxOps     = 1 << 8
	maxOpBytes = 1 << 20
	maxWaiting = 1 << 16
	maxJoiners = 64
	maxEarly   = 1 << 10
	maxRemoved = 1 << 12
	// maxPerDecide and maxDecided bound the entries that a laggard gets at a time.
	maxPerDecide = 64
	maxDecided   = 4 << 20
)

// Log is one site's part in the membership log.
type Log struct {
	me  view.Member
	cfg Config

	system uint64
	view   *view.Site // nil until this site is a member
	index  uint64     // last applied entry
	hash   uint64
	since  uint64 // the entry that made view
	mark   uint64 // the hash after it
	dir    *Directory
	// removed are the last incarnations that were taken out: they never come
	// back in (M7). A joiner learns them with the snapshot.
	removed []id.Site
	losses  []loss       // the last of them, with the reasons
	kept    []*msg.Entry // the last decided ones; kept[len-1].Index == index
	dead    bool         // excluded, or too far behind: nothing more is done

	acceptor
	coordinator
	accusations
	bonds
	muster
	returns returns
	fences
	lagging uint64      // our index when a peer was first seen ahead of it
	lagAt   effect.Time // and when that was
	fetched uint64      // our index when we last asked for what we lack
	fetchAt effect.Time // and when that was; 0: never
	early   []early     // messages from a later view than ours, until we catch up

	now  effect.Time // of the call under way
	fx   *effect.Effects
	done []Applied
}

type early struct {
	from id.Site
	m    msg.Message
}

// Config are the times the log's coordinator works with.
type Config struct {
	// Patience is how long an accusation by one site alone, without another
	// to confirm it, is left open before the younger of the two is removed.
	Patience effect.Time
	// Gather is how long the coordinator waits after the first conviction by
	// silence for others, so that a rack that fails makes one view.
	Gather effect.Time
	// Retry is the pause before a refused takeover is tried again; it grows
	// with rank, so that candidates do not chase each other.
	Retry effect.Time
	// Bond is how long the word holds that a site gives to those on its machine
	// not to vote without them; 0: no vote is ever inherited.
	Bond effect.Time
	// Backoff is how long a node waits outside that was excluded for silence a
	// second time in short order; it doubles with each time more.
	Backoff effect.Time
	// Least is what a site view must weigh that expels somebody.
	Least uint64
}

// Applied is a decided entry that was applied, for the composition: View is
// the new site view or nil, Halt says that this site is no longer a member.
type Applied struct {
	Entry  *msg.Entry
	View   *view.Site
	Agreed []id.Site
	Groups []Change
	Lists  []List // casts to lists that the entry numbers; those owed to this site, and perhaps given, when entries were skipped
	Halt   string
	Jump   bool // entries were skipped: no member here can go on
}

// New returns the log of a site that is in no system yet.
func New(me view.Member, cfg Config) *Log {
	return &Log{me: me, cfg: cfg, dir: newDirectory(), accusations: newAccusations()}
}

// System is the number of the system, 0 before there is one.
func (l *Log) System() uint64 { return l.system }

// View is the installed site view, or nil.
func (l *Log) View() *view.Site { return l.view }

// Removed are the incarnations taken out of the system last. Do not change it.
func (l *Log) Removed() []id.Site { return l.removed }

// Index is the last applied entry.
func (l *Log) Index() uint64 { return l.index }

// Hash chains all applied entries.
func (l *Log) Hash() uint64 { return l.hash }

// Directory is the directory of groups after Index.
func (l *Log) Directory() *Directory { return l.dir }

// begin and end bracket every call from the composition.
func (l *Log) begin(now effect.Time, fx *effect.Effects) { l.now, l.fx, l.done = now, fx, l.done[:0] }

func (l *Log) end() []Applied {
	l.fx = nil
	return l.done
}

// commit applies a decided entry, which must be the next one.
func (l *Log) commit(e *msg.Entry, agreed []id.Site) {
	if e.Index != l.index+1 {
		panic("gms: entries applied out of order")
	}
	l.index, l.hash = e.Index, chain(l.hash, e)
	l.keep(e)
	applied := Applied{Entry: e, Agreed: agreed}
	if e.ChangesView() {
		gone := func(s id.Site) bool {
			for _, r := range e.Remove {
				if r.Site == s {
					return true
				}
			}
			return false
		}
		was := l.view
		l.view = l.view.Next(gone, e.Add)
		applied.View = l.view
		l.since, l.mark = l.index, l.hash
		l.returns.note(l.now, l.cfg.Backoff, was, e.Remove)
		l.bury(e.Remove)
		l.remember(was, e, agreed)
		l.tellView(e, agreed, false)
	}
	applied.Groups, applied.Lists = l.dir.apply(e, l.view)
	if l.fx.Tracing {
		l.fx.Fact(fact.Applied{Index: l.index, Hash: l.hash})
	}
	l.settled(e)
	if !l.view.Has(l.me.Site) {
		l.dead = true
		applied.Halt = "excluded"
		for _, r := range e.Remove {
			if r.Site == l.me.Site && r.Evidence == msg.Left {
				applied.Halt = "left"
			}
		}
	}
	l.done = append(l.done, applied)
}

// bury remembers who was removed.
func (l *Log) bury(list []msg.Removal) {
	for _, r := range list {
		l.removed = append(l.removed, r.Site)
	}
	if n := len(l.removed) - maxRemoved; n > 0 {
		l.removed = slices.Delete(l.removed, 0, n)
	}
}

func (l *Log) keep(e *msg.Entry) {
	if len(l.kept) == 2*keepEntries {
		l.kept = slices.Clone(l.kept[keepEntries:]) // frames under way hold parts of the old
	}
	l.kept = append(l.kept, e)
}

// settled brings every part of the log up to the entry that was just applied.
func (l *Log) settled(e *msg.Entry) {
	l.acceptor.settled(l.view, e)
	l.coordinator.settled(l.view, e)
	l.Shown(l.now, l.me.Site, l.index)
	l.bonds.settled(l.view, l.me.Site, e)
	if e.ChangesView() {
		l.accusations.settled(l.view)
		if len(l.accused()) > 0 {
			l.report(l.fx)
		}
	}
}

func (l *Log) tellView(e *msg.Entry, agreed []id.Site, jumped bool) {
	if !l.fx.Tracing || !l.view.Has(l.me.Site) {
		return
	}
	f := fact.SiteView{Seq: l.view.Seq, Index: l.since, Hash: l.mark, Agreed: agreed, Jumped: jumped}
	for _, m := range l.view.Members {
		f.Members = append(f.Members, fact.Member{Site: m.Site, Name: m.Name, Weight: m.Weight, Machine: m.Machine})
	}
	for _, m := range e.Add {
		f.Joined = append(f.Joined, m.Site)
	}
	for _, r := range e.Remove {
		f.Removed = append(f.Removed, fact.Removal{Site: r.Site, Evidence: r.Evidence.String(), Accusers: r.Accusers})
	}
	l.fx.Fact(f)
}

// after lists decided entries after index, or ok false when some are gone.
func (l *Log) after(index uint64) (entries []*msg.Entry, ok bool) {
	if index >= l.index {
		return nil, true
	}
	lack := l.index - index
	if lack > uint64(len(l.kept)) {
		return nil, false
	}
	entries = l.kept[uint64(len(l.kept))-lack:]
	n := fitting(len(entries), maxPerDecide, maxDecided, func(i int) int { return entries[i].Most() })
	return entries[:n], true
}

// snapshot is the whole state, for a new site.
func (l *Log) snapshot() *msg.Snapshot {
	return &msg.Snapshot{
		System: l.system, Index: l.index, Hash: l.hash,
		View: l.view, Since: l.since, Mark: l.mark, Removed: slices.Clone(l.removed), Losses: l.told(), Groups: l.dir.Groups(),
		Lists: l.dir.Lists(), Marks: l.dir.remembered(),
	}
}

// adopt takes over a snapshot: of the system that let this site in, or, as a
// laggard, of what nobody has the entries of any more. A laggard has promised
// and accepted nothing in a view it was not in, so its votes there are free; its
// memberships in groups begin anew. It takes its time, for one of the others may
// have the entries.
func (l *Log) adopt(m *msg.Snapshot) {
	jump := l.view != nil
	switch {
	case m.View == nil || !sound(m.Groups) || (jump && (m.System != l.system || m.Index <= l.index)):
		return
	case jump && (l.lagAt == 0 || l.lagging != l.index || l.now-l.lagAt < l.cfg.Patience):
		return
	case !m.View.Has(l.me.Site):
		l.learn(m.Losses)
		if jump || slices.Contains(m.Removed, l.me.Site) {
			l.dead = true
			l.done = append(l.done, Applied{Entry: &msg.Entry{Index: m.Index}, Halt: "excluded"})
		}
		return
	}
	same, was := jump && m.View.Seq == l.view.Seq, l.dir
	l.dir, l.kept = newDirectory(), nil
	l.system, l.index, l.hash = m.System, m.Index, m.Hash
	l.learn(m.Losses)
	l.view, l.since, l.mark, l.removed = m.View, m.Since, m.Mark, m.Removed
	for _, g := range m.Groups {
		l.dir.put(g)
	}
	l.dir.lists, l.dir.marks = m.Lists, slices.Clone(m.Marks)
	e := &msg.Entry{Index: m.Index}
	if !same { // within a view our promise stands
		e.Add = []view.Member{l.me}
		l.settled(e)
		l.tellView(&msg.Entry{}, nil, jump)
	} else {
		l.settled(e)
		l.leading, l.refusals = false, l.refusals+1
	}
	l.fx.Fact(fact.Applied{Index: l.index, Hash: l.hash})
	applied := Applied{Entry: e, View: l.view, Jump: jump}
	if jump {
		applied.Groups, applied.Lists = l.dir.since(was), l.dir.owed(l.me.Site)
	}
	l.done = append(l.done, applied)
}

// Received handles a membership message. Messages from sites outside the view
// are ignored but for those that joining takes, and what a laggard is told by later members.
func (l *Log) Received(now effect.Time, from id.Site, m msg.Message, fx *effect.Effects) []Applied {
	l.begin(now, fx)
	if !l.dead {
		l.dispatch(from, m)
		l.replay()
	}
	return l.end()
}

func (l *Log) dispatch(from id.Site, m msg.Message) {
	switch m := m.(type) {
	case *msg.Snapshot:
		l.adopt(m)
		return
	case *msg.Commit:
		l.onCommit(from, m)
		return
	case *msg.Decided:
		if l.attests(from) {
			l.catchUp(m.Entries)
		}
		return
	}
	if l.view == nil {
		if j, ok := m.(*msg.Join); ok { // who still wants to be in asks again
			if l.mustering() {
				l.volunteer(j.Member)
			}
			return
		}
		// It may be for the view we are about to be told of.
		l.early = appendEarly(l.early, from, m)
		return
	}
	switch m := m.(type) {
	case *msg.Join:
		l.onJoin(from, m)
		return
	case *msg.Fetch:
		l.onFetch(from, m)
		return
	}
	if !l.view.Has(from) {
		if l.outsider(from, m) && !slices.Contains(l.removed, from) {
			l.early = appendEarly(l.early, from, m)
		}
		return
	}
	switch m := m.(type) {
	case *msg.Prepare:
		l.onPrepare(from, m)
	case *msg.Propose:
		l.onPropose(from, m)
	case *msg.Promise:
		l.onPromise(from, m)
	case *msg.Accept:
		l.onAccept(from, m)
	case *msg.Nack:
		l.onNack(m)
	case *msg.Accuse:
		l.onAccuse(from, m)
	case *msg.Bond:
		l.onBond(from, m)
	case *msg.Submit:
		if l.Coordinator(l.now) == l.me.Site {
			l.enqueue(m.Ops)
		}
	}
}

// outsider answers an excluded site that still proposes, and reports whether
// m may be from a site that a later entry adds.
func (l *Log) outsider(from id.Site, m msg.Message) bool {
	switch m := m.(type) {
	case *msg.Prepare:
		return !l.stale(from, m.Ballot, m)
	case *msg.Propose:
		return !l.stale(from, m.Ballot, m)
	}
	return true
}

// appendEarly keeps what came from a later view, the newest maxEarly of it.
func appendEarly(list []early, from id.Site, m msg.Message) []early {
	if len(list) == maxEarly {
		list = append(list[:0], list[1:]...)
	}
	return append(list, early{from, m})
}

// Keeps reports whether messages of site x wait for the log to move on.
func (l *Log) Keeps(x id.Site) bool {
	return slices.ContainsFunc(l.early, func(e early) bool { return e.from == x })
}

// replay handles early messages again after the log moved on.
func (l *Log) replay() {
	if len(l.done) == 0 || len(l.early) == 0 || l.dead {
		return
	}
	list := l.early
	l.early = nil
	for _, e := range list {
		l.dispatch(e.from, e.m)
	}
}

// attests reports whether s may tell us the next entries. Who has them was a member when
// it applied them, and so is one of our view: it keeps none from before it came in, and
// who was removed says nothing any more. Later members can only give us the state.
func (l *Log) attests(s id.Site) bool { return l.view != nil && l.view.Has(s) }

// catchUp applies those of the entries that come next.
func (l *Log) catchUp(entries []*msg.Entry) {
	for _, e := range entries {
		if e.Index == l.index+1 && !l.dead {
			l.commit(e, nil)
		}
	}
}

// onCommit applies the next entry, and asks for those in between.
func (l *Log) onCommit(from id.Site, m *msg.Commit) {
	if l.view == nil || m.Entry == nil {
		return
	}
	switch {
	case m.Entry.Index == l.index+1:
		if !l.attests(from) {
			return
		}
		l.commit(m.Entry, m.Agreed)
		if l.hash != m.Hash {
			panic("gms: two histories: the log's hash differs from a peer's")
		}
	case m.Entry.Index > l.index+1:
		l.fetch(l.now, from, l.fx)
	}
}

// fetch asks who is ahead for the entries that we lack. What has come from many at once,
// as after a pause, is one question: each answer is as long.
func (l *Log) fetch(now effect.Time, from id.Site, fx *effect.Effects) {
	if l.fetchAt != 0 && l.fetched == l.index && now-l.fetchAt < fetchPause {
		return
	}
	l.fetched, l.fetchAt = l.index, now
	fx.Control(from, &msg.Fetch{Index: l.index})
}

// onFetch helps a laggard with entries, or, when they were before our time or
// are kept no more, with the state. Who was excluded learns it from either.
func (l *Log) onFetch(from id.Site, m *msg.Fetch) {
	if entries, ok := l.after(m.Index); ok {
		if len(entries) > 0 {
			l.fx.Control(from, &msg.Decided{Entries: entries})
		}
		return
	}
	l.fx.Control(from, l.snapshot())
}

// Lagging is called when a peer is seen to have applied entry index.
func (l *Log) Lagging(now effect.Time, from id.Site, index uint64, fx *effect.Effects) {
	if l.view != nil && !l.dead && index > l.index {
		if l.lagAt == 0 || l.lagging != l.index {
			l.lagging, l.lagAt = l.index, now
		}
		l.fetch(now, from, fx)
	}
}

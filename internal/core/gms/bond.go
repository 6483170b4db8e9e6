package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// bonds let the vote of a dead site pass to the oldest living voter of its
// machine, its heir. An heir must know all that the dead one can have promised
// or accepted. So kin vote together: a vote counts only with those of all kin,
// and each gives the others its word for a while (Bond) not to vote without
// them. Who saw a death before that word ran out knows that the dead one never
// voted alone. Who cannot get its kin to vote stops giving its word, waits until
// the last one has run out, and goes on without them.
//
// It rests on two things that only one machine gives: deaths that are certain,
// and one clock.
type bonds struct {
	kin    []kin
	voted  effect.Time // since when a vote of this site has not come to an end; 0: none
	given  effect.Time // when words were given last
	deaths []id.Site   // certain ones, the newest maxDeaths
}

// kin is another voter on this machine.
type kin struct {
	site  id.Site
	older bool

	from  uint64      // since this view nothing was voted without it …
	until effect.Time // … nor will be before then
	loose bool        // in this view we vote without it

	theirFrom  uint64 // the same, as it says to us
	theirUntil effect.Time

	heard effect.Time // when it was heard last; 0: not yet

	dead bool
	ours bool   // and it never voted without us since view theirFrom
	told uint64 // the view in which it was told that we inherit
}

const (
	maxDeaths = 1 << 8
	// bondMargin is for two sites that read the machine's clock not quite alike.
	bondMargin = 10 * effect.Millisecond
	// bondBeats is how often in its time a word is given anew.
	bondBeats = 8
	// bondSilence is the part of that time after which who is silent is given no
	// word: it may stand still, and then the others want to vote without it soon.
	bondSilence = 4
)

// settled brings the kin up to a view and ends the waiting for votes.
func (b *bonds) settled(v *view.Site, me id.Site, e *msg.Entry) {
	b.voted = 0
	if !e.ChangesView() {
		return
	}
	var list []kin
	for _, m := range v.Kin(me) {
		k := kin{site: m.Site, older: v.Rank(m.Site) < v.Rank(me), from: v.Seq, dead: slices.Contains(b.deaths, m.Site)}
		if i := slices.IndexFunc(b.kin, func(k kin) bool { return k.site == m.Site }); i >= 0 {
			k = b.kin[i]
			if k.loose {
				k.loose, k.from = false, v.Seq
			}
		}
		list = append(list, k)
	}
	b.kin, b.given = list, 0
}

// Perished is called when this machine knows that site s, which ran on it, has
// ended. now must be of the clock that all sites of the machine share, and not
// earlier than the death.
func (l *Log) Perished(now effect.Time, s id.Site, fx *effect.Effects) []Applied {
	l.begin(now, fx)
	if slices.Contains(l.deaths, s) {
		return l.end()
	}
	if l.deaths = append(l.deaths, s); len(l.deaths) > maxDeaths {
		l.deaths = slices.Delete(l.deaths, 0, 1)
	}
	for i := range l.kin {
		if k := &l.kin[i]; k.site == s {
			k.dead = true
			k.ours = k.theirUntil != 0 && now+bondMargin < k.theirUntil
			l.revote() // may make a view, and other kin
			break
		}
	}
	return l.end()
}

// Inherits reports whether this site votes for s, which is dead.
func (l *Log) Inherits(s id.Site) bool { return slices.Contains(l.heirs(), s) }

// heirs lists the kin whose votes have passed to this site: it must be the
// oldest of its machine that lives, and know that none of those older, which may
// have been heirs before it, ever voted without it.
func (l *Log) heirs() (list []id.Site) {
	for _, k := range l.kin {
		mine := k.dead && k.ours && k.theirFrom <= l.view.Seq
		if k.older && !mine {
			return nil
		}
		if mine {
			list = append(list, k.site)
		}
	}
	return list
}

// vote is how far this site's promises and acceptances count now.
func (l *Log) vote() msg.Vote {
	v := msg.Vote{Heirs: l.heirs()}
	for i := range l.kin {
		k := &l.kin[i]
		if k.dead || k.loose {
			v.Without = append(v.Without, k.site)
		}
		if k.told != l.view.Seq && slices.Contains(v.Heirs, k.site) {
			k.told = l.view.Seq
			l.fx.Fact(fact.Heir{ViewSeq: l.view.Seq, Of: k.site})
		}
	}
	return v
}

// casts notes that a vote of this site is under way.
func (l *Log) casts() msg.Vote {
	if l.voted == 0 {
		l.voted = l.now
	}
	return l.vote()
}

// revote says anew how far the votes count that this site has cast.
func (l *Log) revote() {
	if l.voted == 0 || l.view == nil || l.dead {
		return
	}
	switch {
	case l.promised.Owner == l.me.Site:
	case l.accepted != nil && l.at == l.promised:
		l.fx.Control(l.promised.Owner, &msg.Accept{Ballot: l.at, Index: l.accepted.Index, Vote: l.vote()})
	case l.promised.Round > 0:
		l.promise(l.promised.Owner, l.index)
	}
	// Its own votes a leader or candidate counts as they are at the time.
	if l.bid != nil && !l.bid.refused && !l.bid.asks {
		l.elected()
	}
	if l.leading && l.proposal != nil {
		l.decide()
	}
}

// bondable reports whether this site goes on giving its word to k.
func (l *Log) bondable(k *kin) bool {
	silent := k.heard != 0 && l.now-k.heard > l.cfg.Bond/bondSilence
	return !k.dead && !k.loose && !silent && !l.Accuses(k.site) && (l.voted == 0 || l.now-l.voted < l.cfg.Bond/2)
}

// bind gives kin its word anew and lets go of those for whom a vote has waited
// too long. It returns when to call again.
func (l *Log) bind() effect.Time {
	now := l.now
	if len(l.kin) == 0 || l.cfg.Bond == 0 {
		return effect.Never
	}
	wake := effect.Never
	due := l.given + l.cfg.Bond/bondBeats
	give := l.given == 0 || now >= due
	if give {
		l.given, due = now, now+l.cfg.Bond/bondBeats
	}
	loosened := false
	for i := range l.kin {
		k := &l.kin[i]
		switch {
		case l.bondable(k):
			if give {
				k.until = max(k.until, now+l.cfg.Bond)
				l.fx.Control(k.site, &msg.Bond{From: k.from, Until: uint64(k.until)})
			}
			wake = min(wake, due)
		case k.dead || k.loose || l.voted == 0:
		case now >= k.until:
			k.loose, loosened = true, true
		default:
			wake = min(wake, k.until)
		}
	}
	if l.voted != 0 && now < l.voted+l.cfg.Bond/2 {
		wake = min(wake, l.voted+l.cfg.Bond/2)
	}
	if loosened {
		l.revote()
	}
	return wake
}

func (l *Log) onBond(from id.Site, m *msg.Bond) {
	for i := range l.kin {
		if k := &l.kin[i]; k.site == from && !k.dead {
			k.theirFrom, k.theirUntil = m.From, max(k.theirUntil, effect.Time(m.Until))
		}
	}
}

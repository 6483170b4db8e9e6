// Package detect says which sites are silent for too long. It is the only
// failure detector of a site; all groups share it.
//
// The time allowed adapts to the gaps a peer has shown (section 3.7 of the
// 1987 paper), within a floor and a ceiling. A site that was itself paused
// trusts its own clock less than its peers: it forgives the pause and doubles
// the time it allows for a while, so that a sick site accuses nobody.
//
// Requires: Heard for every frame from a peer, Advance at least as often as it
// asks for. Guarantees: a peer that stays silent is reported within the ceiling;
// one that is heard again is cleared at once.
package detect

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Config are the detector's times.
type Config struct {
	Beat  effect.Time // between heartbeats
	Floor effect.Time // silence that is never suspicious
	Ceil  effect.Time // silence that always is
}

const (
	gapFactor  = 3  // times the worst recent gap
	gapDecay   = 64 // the worst gap fades by 1/64 with each frame that follows
	doubtTimes = 10 // floors during which an own pause is remembered
)

// Detector watches a set of peers.
type Detector struct {
	cfg   Config
	peers []peer      // by site
	doubt effect.Time // until then timeouts are doubled
	wake  effect.Time
}

type peer struct {
	site      id.Site
	heard     effect.Time
	gap       effect.Time // worst recent
	suspected bool
	crashed   bool
}

// New returns a detector that watches nobody.
func New(cfg Config) *Detector { return &Detector{cfg: cfg} }

func (d *Detector) find(s id.Site) *peer {
	i, ok := slices.BinarySearchFunc(d.peers, s, func(p peer, s id.Site) int {
		switch {
		case p.site < s:
			return -1
		case p.site > s:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return &d.peers[i]
}

// Watch makes sites, without me, the set of watched peers. Newcomers count as
// heard now.
func (d *Detector) Watch(now effect.Time, sites []id.Site) {
	next := make([]peer, 0, len(sites))
	for _, s := range sites {
		if p := d.find(s); p != nil {
			next = append(next, *p)
		} else {
			next = append(next, peer{site: s, heard: now})
		}
	}
	slices.SortFunc(next, func(a, b peer) int {
		if a.site < b.site {
			return -1
		}
		return 1
	})
	d.peers = next
}

// Heard notes a frame from s and reports whether that clears a suspicion. A
// crash is not cleared by frames, which may have been on their way: see Alive.
func (d *Detector) Heard(now effect.Time, s id.Site) (cleared bool) {
	p := d.find(s)
	if p == nil {
		return false
	}
	if gap := now - p.heard; gap > p.gap {
		p.gap = gap
	} else {
		p.gap -= p.gap / gapDecay
	}
	p.heard = now
	cleared = p.suspected && !p.crashed
	if cleared {
		p.suspected = false
	}
	return cleared
}

// Alive notes that s opened or took a new connection, which disproves a crash.
func (d *Detector) Alive(now effect.Time, s id.Site) (cleared bool) {
	if p := d.find(s); p != nil {
		p.crashed = false
	}
	return d.Heard(now, s)
}

// Crashed notes certain evidence against s and reports whether it is news.
func (d *Detector) Crashed(s id.Site) (news bool) {
	p := d.find(s)
	if p == nil || p.crashed {
		return false
	}
	p.crashed, p.suspected = true, true
	return true
}

// allowed is how long p may be silent.
func (d *Detector) allowed(now effect.Time, p *peer) effect.Time {
	t := min(max(d.cfg.Floor, gapFactor*p.gap), d.cfg.Ceil)
	if now < d.doubt {
		t = min(2*t, d.cfg.Ceil)
	}
	return t
}

// Advance lists the peers that have become suspicious, and says when to ask
// again. A call that comes much later than asked for means this site was paused.
func (d *Detector) Advance(now effect.Time, suspects []id.Site) ([]id.Site, effect.Time) {
	if late := now - d.wake; d.wake != 0 && late > d.cfg.Floor/2 {
		for i := range d.peers {
			d.peers[i].heard = min(now, d.peers[i].heard+late)
		}
		d.doubt = now + doubtTimes*d.cfg.Floor
	}
	d.wake = now + d.cfg.Beat
	for i := range d.peers {
		p := &d.peers[i]
		if p.suspected {
			continue
		}
		if due := p.heard + d.allowed(now, p); now >= due {
			p.suspected = true
			suspects = append(suspects, p.site)
		} else {
			d.wake = min(d.wake, due)
		}
	}
	return suspects, d.wake
}

// Silent is how many of the watched peers are suspected or crashed.
func (d *Detector) Silent() (n int) {
	for i := range d.peers {
		if d.peers[i].suspected {
			n++
		}
	}
	return n
}

// InTouch reports whether s is neither suspected nor crashed.
func (d *Detector) InTouch(s id.Site) bool {
	p := d.find(s)
	return p == nil || !p.suspected
}

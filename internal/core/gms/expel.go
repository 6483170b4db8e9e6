package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// network is the share of the sites, one in so many, whose silence all at once
// means the network and not the sites.
const network = 5

// next composes the entry to propose, or says when there may be one.
func (l *Log) next(now effect.Time) (*msg.Entry, effect.Time) {
	if l.inherit != nil {
		return l.inherit, effect.Never
	}
	e := msg.Entry{Index: l.index + 1}
	l.removals(now, &e)
	wake := l.temper(now, &e)
	wake = min(wake, l.admit(&e))
	if !l.bearable(&e) {
		e.Remove = slices.DeleteFunc(e.Remove, func(r msg.Removal) bool { return r.Evidence != msg.Left })
		e.Add = nil
		l.admit(&e)
	}
	n := together(l.ops)
	e.Ops = slices.Clone(l.ops[:n])
	for _, op := range e.Ops {
		delete(l.queued, queuedAs(op))
	}
	l.ops = slices.Delete(l.ops, 0, n)
	if !e.ChangesView() && len(e.Ops) == 0 {
		return nil, wake
	}
	next := e // in memory of its own: most of the time there is nothing to propose
	return &next, wake
}

// removals puts into e who must go.
func (l *Log) removals(now effect.Time, e *msg.Entry) {
	for _, m := range l.view.Members {
		switch {
		case slices.Contains(l.depart, m.Site):
			e.Remove = append(e.Remove, msg.Removal{Site: m.Site, Evidence: msg.Left})
		case m.Site != l.me.Site && l.convicted(now, m.Site):
			r := l.charge(m.Site)
			if len(r.Accusers) == 0 { // it accuses an older one: we answer in kind
				r.Accusers = []id.Site{l.me.Site}
			}
			e.Remove = append(e.Remove, r)
		}
	}
}

// temper takes out of e those who are only silent, for a while: until others
// that fail with them are convicted too, so that a rack that fails makes one
// view, unless there is a view to be made anyway; and when they are many, until
// patience ends, because then it is the network, which may recover. It returns
// when they are due.
func (l *Log) temper(now effect.Time, e *msg.Entry) effect.Time {
	silent := 0
	for _, r := range e.Remove {
		if r.Evidence == msg.Timeout {
			silent++
		}
	}
	due := now
	switch {
	case silent > 1 && network*silent > len(l.view.Members):
		due, l.crowd = l.firstSilence(now)+l.cfg.Patience, now
	case silent > 0 && silent == len(e.Remove):
		due = l.firstSilence(now) + l.cfg.Gather
	}
	if l.crowd != 0 && silent == 1 { // the others have just been heard again
		due = max(due, l.crowd+l.cfg.Gather)
	}
	if now >= due {
		return effect.Never
	}
	e.Remove = slices.DeleteFunc(e.Remove, func(r msg.Removal) bool { return r.Evidence == msg.Timeout })
	return due
}

// bearable reports whether those whom e leaves can decide it, as far as can be
// foreseen, and weigh as much as a view has to. If not, it is the network, or
// beyond us.
func (l *Log) bearable(e *msg.Entry) bool {
	expels := slices.ContainsFunc(e.Remove, func(r msg.Removal) bool { return r.Evidence != msg.Left })
	if !expels {
		return true
	}
	var weight uint64
	for _, m := range l.view.Members {
		if !removes(e, m.Site) {
			weight += uint64(m.Weight)
		}
	}
	for _, m := range e.Add {
		weight += uint64(m.Weight)
	}
	return weight >= l.cfg.Least && l.view.Quorum(func(s id.Site) bool {
		i := slices.IndexFunc(e.Remove, func(r msg.Removal) bool { return r.Site == s })
		return i < 0 || e.Remove[i].Evidence == msg.Left || e.Remove[i].Evidence == msg.Crash && l.survived(e, s)
	})
}

// survived reports whether e leaves somebody who may have inherited from s.
func (l *Log) survived(e *msg.Entry, s id.Site) bool {
	for _, k := range l.view.Kin(s) {
		if !removes(e, k.Site) {
			return true
		}
	}
	return false
}

func removes(e *msg.Entry, s id.Site) bool {
	return slices.ContainsFunc(e.Remove, func(r msg.Removal) bool { return r.Site == s })
}

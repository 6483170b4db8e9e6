package node

import (
	"log/slog"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/why"
)

const (
	// surveyEvery is the pause between looks at what waits.
	surveyEvery = effect.Second
	// tellAfter is how long something has waited when it is logged first; then
	// again after twice as long, and so on.
	tellAfter = 5 * effect.Second
	// tellMost bounds the lines about waits of one survey.
	tellMost = 8
)

// waits is what waited when the core was last looked at. The core itself does
// not know how long everything waits; who looks again and again does.
type waits struct {
	known map[string]*waiting
	due   effect.Time // the next survey
	round uint64
}

// waiting is one wait, by why.Wait.Key.
type waiting struct {
	since effect.Time
	told  effect.Time // how long it had waited when it was logged last; 0: never
	round uint64      // of the last survey that found it
	text  string      // as logged
}

// survey notes what waits, once in a while, and logs what has waited for long.
func (n *Node) survey() {
	now := n.Now()
	if n.halt != "" || now < n.waits.due {
		return
	}
	n.waits.due = now + surveyEvery
	n.tellWaits(n.look(now))
}

// look lists what waits, with how long it has at least, and remembers it.
func (n *Node) look(now effect.Time) []why.Wait {
	list := n.core.Why()
	ws := &n.waits
	ws.round++
	if ws.known == nil {
		ws.known = map[string]*waiting{}
	}
	for i := range list {
		w := &list[i]
		key := w.Key()
		k := ws.known[key]
		if k == nil {
			k = &waiting{since: now - w.For}
			ws.known[key] = k
		}
		k.round = ws.round
		w.For = max(w.For, now-k.since)
	}
	for key, k := range ws.known { // order does not matter: each stays or goes by itself
		if k.round == ws.round {
			continue
		}
		delete(ws.known, key)
		if k.told > 0 {
			n.log.Info("goes on", "after", time.Duration(now-k.since).Round(time.Millisecond), "what", k.text)
		}
	}
	return list
}

// tellWaits logs what has waited for so long that somebody may want to look: a
// call at a lower level, for it may be meant to wait.
func (n *Node) tellWaits(list []why.Wait) {
	lines, more := 0, 0
	for i := range list {
		w := &list[i]
		k := n.waits.known[w.Key()]
		if w.For < max(tellAfter, 2*k.told) {
			continue
		}
		k.told = w.For
		if lines == tellMost {
			more++
			continue
		}
		lines++
		level := slog.LevelWarn
		if w.What == why.Call {
			level = slog.LevelInfo
		}
		k.text = w.Subject()
		attrs := []any{"what", string(w.What), "for", time.Duration(w.For).Round(time.Millisecond), "why", w.String()}
		if w.Name != "" {
			attrs = append(attrs, "group", w.Name)
		}
		if advice := w.Advice(); advice != "" {
			attrs = append(attrs, "do", advice)
		}
		n.log.Log(n.ctx, level, "waits", attrs...)
	}
	if more > 0 {
		n.log.Warn("more waits", "number", more)
	}
}

// reason is the sentence about the first wait of that kind, or nothing.
func (n *Node) reason(what why.What) string {
	for _, w := range n.core.Why() {
		if w.What == what {
			return w.String()
		}
	}
	return ""
}

// Explain lists what waits at this site and why, and who was removed from the
// system last and why. It is empty when the node has ended.
func (n *Node) Explain() (waits []why.Wait, losses []why.Loss) {
	n.Inspect(func(s *core.Site) { waits, losses = n.look(n.Now()), s.Losses() })
	return waits, losses
}

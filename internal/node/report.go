package node

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/core/why"
	"github.com/cohortkit/cohort/internal/trace"
)

// record writes facts, with a time that never goes back, and logs suspicions.
func (n *Node) record(facts []fact.Fact) {
	if len(facts) == 0 {
		return
	}
	n.wall = max(n.wall, time.Now().UnixNano())
	for _, f := range facts {
		n.cfg.Trace.Write(trace.Record{Time: n.wall, Site: n.me.Site, Fact: f})
		if s, ok := f.(fact.Suspect); ok {
			n.log.Warn("suspicion", "of", s.Site.String(), "evidence", s.Evidence, "cleared", s.Cleared)
		}
	}
}

// report takes from the items what concerns the node, and logs what an operator
// wants to know.
func (n *Node) report(items []core.Item) {
	for _, i := range items {
		switch i := i.(type) {
		case core.SiteViewed:
			n.reportView(i)
			n.witness.follow(n, i.View)
			select {
			case <-n.joined:
			default:
				close(n.joined)
			}
		case core.Viewed:
			n.log.Debug("group view", "group", i.View.Name, "view", i.View.Seq, "process", i.Proc.String(),
				"members", len(i.View.Members), "joined", len(i.Joined), "left", len(i.Left))
			for _, x := range i.Slow {
				n.log.Warn("slow member", "group", i.View.Name, "member", x.Proc.String(), "says", x.By.String(), "taken out", x.Dismissed)
			}
		case core.Stalled:
			n.stalledAt = time.Now()
			n.log.Warn("stalled: out of touch with a majority", "why", n.reason(why.Node))
		case core.Resumed:
			n.log.Info("resumed: in touch with a majority again", "after", time.Since(n.stalledAt).Round(time.Millisecond))
		case core.Refused:
			n.refusedAgain(i.Why)
		case core.Halted:
			n.halted(i.Why)
		}
	}
}

func (n *Node) reportView(i core.SiteViewed) {
	attrs := []any{"view", i.View.Seq, "members", names(i.View.Members)}
	if i.Entry != nil {
		if len(i.Entry.Add) > 0 {
			attrs = append(attrs, "joined", names(i.Entry.Add))
		}
		for _, r := range i.Entry.Remove {
			attrs = append(attrs, slog.Group("removed", "site", r.Site.String(), "why", r.Evidence.String(), "accusers", accusers(r)))
		}
	}
	n.log.Info("site view", attrs...)
	if i.Entry == nil {
		return
	}
	for _, l := range n.core.Losses() {
		if l.Index != i.Entry.Index {
			continue
		}
		level := slog.LevelWarn
		if l.Evidence == msg.Left.String() {
			level = slog.LevelInfo
		}
		n.log.Log(n.ctx, level, "removed", "name", l.Site.Name, "why", l.String())
	}
}

func names(members []view.Member) string {
	var list []string
	for _, m := range members {
		list = append(list, m.Name)
	}
	return strings.Join(list, " ")
}

func accusers(r msg.Removal) string {
	var list []string
	for _, s := range r.Accusers {
		list = append(list, s.String())
	}
	return strings.Join(list, " ")
}

func (n *Node) refusedAgain(why string) {
	r := refusal{why: why, first: time.Now(), last: time.Now()}
	if before := n.refused.Load(); before != nil {
		r.first = before.first
	} else {
		n.log.Warn("the system refuses this site", "why", why)
	}
	n.refused.Store(&r)
}

// halted notes that the core has ended; the node follows.
func (n *Node) halted(reason string) {
	n.halt = reason
	if reason == "left" {
		n.log.Info("left the system")
		return
	}
	attrs := []any{"why", reason}
	for _, l := range n.core.Losses() {
		if l.Site.Proc.Site() == n.me.Site {
			attrs = append(attrs, "reason", l.String())
		}
	}
	n.log.Error("halted", attrs...)
	n.err = &HaltedError{Why: reason}
}

// panicked makes an error of a panic, with what may help to find its cause.
func (n *Node) panicked(v any, stack []byte) error {
	summary := func() (s string) {
		defer func() {
			if recover() != nil {
				s = "not to be had"
			}
		}()
		var view uint64
		if sv := n.core.View(); sv != nil {
			view = sv.Seq
		}
		return fmt.Sprintf("system %x, view %d, log index %d, stalled %t, events in the step %d",
			n.core.System(), view, n.core.Index(), n.core.Stalled(), len(n.in.Events))
	}()
	n.log.Error("internal error: this node stops", "panic", fmt.Sprint(v), "state", summary, "stack", string(stack))
	return &PanicError{Value: v, Stack: stack}
}

// limited lets one log line through in a while. Its zero value is ready for use.
type limited struct {
	mu   sync.Mutex
	next time.Time
	more int
}

const limitEvery = 10 * time.Second

// allow reports whether to log now, and how often it said no since it last said yes.
func (l *limited) allow() (more int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Before(l.next) {
		l.more++
		return 0, false
	}
	l.next = now.Add(limitEvery)
	more, l.more = l.more, 0
	return more, true
}

package cohorttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
)

// line adds to the log what somebody said, or the world, who has no name.
func (w *world) line(who, text string) {
	if who == "" {
		who = "--"
	}
	text = strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n                ")
	w.log = append(w.log, fmt.Sprintf("%9.4fs  %s  %s", float64(w.sim.Now())/1e9, who, text))
}

// viewLog knows which views of groups were told, and which groups there were.
type viewLog struct {
	told   map[viewKey]bool
	groups map[string]id.Address
}

type viewKey struct {
	group id.Address
	index uint64
}

func newViewLog() viewLog {
	return viewLog{told: map[viewKey]bool{}, groups: map[string]id.Address{}}
}

// membership writes down what an item says about who is in; a view of a group
// once, when its first member has it.
func (w *world) membership(p *process, item core.Item) {
	who := p.site.Name()
	switch i := item.(type) {
	case core.Joined:
		if g, ok := w.views.groups[i.Name]; ok && g != i.Group && w.lost == "" {
			w.lost = fmt.Sprintf("all members of group %q that held its state failed", i.Name)
			w.line("", w.lost)
		}
		w.views.groups[i.Name] = i.Group
	case core.Viewed:
		key := viewKey{i.View.Group, i.View.Index}
		if !w.views.told[key] {
			w.views.told[key] = true
			w.line("", describe(i))
		}
	case core.Left:
		if i.Why == "lost" {
			w.lost = fmt.Sprintf("all members that held the state of %v failed", i.Group)
			w.line(who, w.lost)
		}
	case core.SiteViewed:
		if !p.inst.in {
			w.line(who, fmt.Sprintf("is in the system as site %v", p.inst.x.ID()))
		}
	case core.Stalled:
		w.line(who, "stalls: it is out of touch with the majority")
	case core.Resumed:
		w.line(who, "resumes")
	case core.Halted:
		w.line(who, fmt.Sprintf("site %v halts: %s", p.inst.x.ID(), i.Why))
	}
}

func describe(i core.Viewed) string {
	var b strings.Builder
	fmt.Fprintf(&b, "view %s/%d:", i.View.Name, i.View.Seq)
	ready := i.View.ReadyProcs()
	for _, m := range i.View.Procs() {
		fmt.Fprintf(&b, " %v", m)
		if !slices.Contains(ready, m) {
			b.WriteString("(joining)")
		}
	}
	for _, r := range i.Why {
		fmt.Fprintf(&b, "; %v is out: %v", r.Site, r.Evidence)
	}
	return b.String()
}

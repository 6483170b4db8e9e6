package sim

import "fmt"

// idle demands that no running site says in the end that something waits: what
// explains waits must know when they are over.
func (w *World) idle() string {
	for _, h := range w.hosts {
		if !h.site.running() {
			continue
		}
		if waits := h.site.core.Why(); len(waits) > 0 {
			return fmt.Sprintf("why: in the end %v still says: %v", h.site.id, &waits[0])
		}
	}
	return ""
}

// doWhy has a site say what waits there and why, and who was removed: why N.
func (s *Story) doWhy(args []string) error {
	return s.onSite(args, "why N", func(x *site) {
		for _, w := range x.core.Why() {
			s.say(w.String())
		}
		for _, l := range x.core.Losses() {
			s.say(l.String())
		}
	})
}

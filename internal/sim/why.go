package sim

import (
	"fmt"
	"slices"
	"strings"
)

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
		for _, line := range x.why() {
			s.say(line)
		}
	})
}

// why is what a site says.
func (s *site) why() (lines []string) {
	for _, w := range s.core.Why() {
		lines = append(lines, w.String())
	}
	for _, l := range s.core.Losses() {
		lines = append(lines, l.String())
	}
	return lines
}

// expectWhy demands that a site says something.
func (s *Story) expectWhy(args []string) error {
	x, err := s.running(args[0])
	if err != nil {
		return err
	}
	text, lines := strings.Join(args[1:], " "), x.why()
	if slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, text) }) {
		return nil
	}
	return fmt.Errorf("site %s does not say %q, but %q", args[0], text, lines)
}

package why

import (
	"fmt"
	"strings"
)

// Loss is a site that was removed from the system, and the reason as all
// agreed on it.
type Loss struct {
	Site     Who    `json:"site"`
	Index    uint64 `json:"index"`              // the log entry that removed it
	View     uint64 `json:"view"`               // the site view without it
	Evidence string `json:"evidence"`           // "crash", "timeout" or "left"
	Accusers []Who  `json:"accusers,omitempty"` // who said so
	Agreed   []Who  `json:"agreed,omitempty"`   // who accepted the entry, where that is known
	Ago      int64  `json:"ns,omitempty"`       // how long ago, in nanoseconds; 0: not known
}

// evidence is what a kind of evidence means.
func evidence(kind string) string {
	switch kind {
	case "crash":
		return "its process was seen to end: its connections closed, and its address refuses new ones or another answers there"
	case "timeout":
		return "it was silent for too long"
	case "left":
		return "it left by itself"
	}
	return "nobody knows why"
}

// Meaning says in a sentence what the evidence means.
func (l *Loss) Meaning() string { return evidence(l.Evidence) }

// String says who was removed, why, on whose word and by whose votes.
func (l *Loss) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v (site %v) was removed by entry %d, view %d", l.Site, l.Site.Proc.Site(), l.Index, l.View)
	if l.Ago > 0 {
		fmt.Fprintf(&b, ", %s ago", Span(l.Ago))
	}
	fmt.Fprintf(&b, ": %s, %s", l.Evidence, evidence(l.Evidence))
	if len(l.Accusers) > 0 {
		fmt.Fprintf(&b, "; seen by %s", Names(l.Accusers))
	}
	if len(l.Agreed) > 0 {
		fmt.Fprintf(&b, "; agreed by %s", Names(l.Agreed))
	}
	return b.String()
}

// Advice says what its operator can do about it.
func (l *Loss) Advice() string {
	if l.Evidence == "timeout" {
		return "look for what kept it silent: a process that was suspended or swapped out, an overloaded machine, the network to those who missed it"
	}
	return ""
}

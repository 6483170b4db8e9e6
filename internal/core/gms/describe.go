package gms

import (
	"fmt"
	"strings"
)

// String draws the log's state on one line, for people.
func (l *Log) String() string {
	if l.view == nil {
		return "in no system"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "index %d view %d of", l.index, l.view.Seq)
	for _, m := range l.view.Members {
		fmt.Fprintf(&b, " %v", m.Site)
	}
	fmt.Fprintf(&b, "; promised %d/%v", l.promised.Round, l.promised.Owner)
	if l.accepted != nil {
		fmt.Fprintf(&b, " accepted %d at %d/%v", l.accepted.Index, l.at.Round, l.at.Owner)
	}
	switch {
	case l.leading:
		fmt.Fprintf(&b, "; leads at %d", l.ballot.Round)
	case l.bid != nil:
		fmt.Fprintf(&b, "; bids %d, asks %v, promised by %v, refused %v", l.ballot.Round, l.bid.asks, l.bid.promised, l.bid.refused)
	}
	if l.proposal != nil {
		fmt.Fprintf(&b, "; proposes %d, agreed %v", l.proposal.Index, l.agreed)
	}
	for _, k := range l.kin {
		fmt.Fprintf(&b, "; kin %v bound %v, dead %v, ours %v, loose %v", k.site, k.theirUntil > l.now, k.dead, k.ours, k.loose)
	}
	for _, c := range l.cases {
		fmt.Fprintf(&b, "; %v accuses %v: %v", c.accuser, c.suspect, c.evidence)
	}
	fmt.Fprintf(&b, "; %d operations, %d joiners, %d early", len(l.ops), len(l.joins), len(l.early))
	return b.String()
}

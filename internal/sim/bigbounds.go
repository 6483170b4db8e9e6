package sim

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// What events of a large world may cost. In n members at s sites, m = n − 1:
// beyond this it is a storm, or something grows that should not.

// Excess lists what cost more than it may.
func (r *BigResult) Excess() (list []string) {
	for _, c := range r.Costs {
		for _, b := range c.bounds(r) {
			if b.is > b.most {
				list = append(list, fmt.Sprintf("%s, %d: %d %s, at most %d", c.What, c.Size, b.is, b.what, b.most))
			}
		}
	}
	for _, p := range r.Parts {
		if most := stormFrames * (r.Sites - 1); p.Peak.Frames > most {
			list = append(list, fmt.Sprintf("%s: a site sent %d frames in a second, at most %d", p.What, p.Peak.Frames, most))
		}
		if most := stormBytes * (r.Sites - 1); p.Peak.Bytes > most {
			list = append(list, fmt.Sprintf("%s: a site sent %d bytes in a second, at most %d", p.What, p.Peak.Bytes, most))
		}
	}
	return list
}

// stormFrames is how many frames a site may send in a second for each other
// site, however busy its groups are: a few every Lazy.
const stormFrames = 200

// stormBytes is the same in bytes: the coordinator tells everybody what it tells
// anybody, and a program casts up to 600 kB.
const stormBytes = 1 << 20

type bound struct {
	what     string
	is, most int
}

func (c *Cost) bounds(r *BigResult) (list []bound) {
	s, n, m := r.Sites, c.Size, c.Size-1
	most := func(what string, most int, kinds ...msg.Kind) {
		list = append(list, bound{what, c.of(kinds...), most})
	}
	// Whatever happens, a site beats no more often than it is told to, and once
	// or twice at once in a new view.
	views := c.of(msg.KindCommit)/s + 1
	beats := int(c.Span/effect.Second)*10 + 12 + 2*views
	list = append(list, bound{"frames of idle talk", c.Idle, beats * s * (s - 1)})
	log := 3 * (s - 1) // an entry: Propose, Accept, Commit
	switch {
	case c.Idles:
		list = append(list, bound{"frames but for idle talk", c.Frames, 0})
		return list
	case c.Group && c.Entries == 0:
		most("runs and order records", 2*m*c.Casts, msg.KindData)
		most("acknowledgements", (2+c.Casts/4)*n*m, msg.KindAck)
		most("messages about views", 0, msg.KindPropose, msg.KindFlushOK, msg.KindCut, msg.KindInstall)
	case c.Group:
		most("messages about the log", c.Entries*log, msg.KindPropose, msg.KindAccept, msg.KindCommit)
		most("messages about views", c.Entries*4*(n+1), msg.KindFlushOK, msg.KindCut, msg.KindCutAck, msg.KindInstall)
		most("acknowledgements", 3*n*m, msg.KindAck)
	default:
		// Each group that changes has its flush, at most twice over for each
		// entry; of entries there are as many as joins do not fit into one.
		most("messages about views", 8*(c.Entries+views)*r.Memberships/2, msg.KindFlushOK, msg.KindCut, msg.KindCutAck, msg.KindInstall)
		most("lists of suspects", 12*s*(s-1), msg.KindAccuse)
	}
	list = append(list, bound{"frames more than messages", c.Frames - c.Messages, s * s})
	return list
}

// of counts messages of some kinds.
func (c *Cost) of(kinds ...msg.Kind) (n int) {
	for _, k := range kinds {
		n += c.Kinds[k]
	}
	return n
}

package torture

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// weather is a fault of the links of some processes, for a while.
type weather struct {
	victims []*slot
	peers   []*slot // whom it strikes their links with; nil for all
	out, in bool    // it strikes what they send, what is sent to them
	among   bool    // it strikes what goes between victims as well
	link    Link
	silent  bool // it lasts long enough to make them suspicious
}

// strikes reports whether it strikes a direction.
func (w *weather) strikes(from, to *slot) bool {
	fromVictim, toVictim := slices.Contains(w.victims, from), slices.Contains(w.victims, to)
	if fromVictim && toVictim {
		return w.among
	}
	return w.out && fromVictim && w.with(to) || w.in && toVictim && w.with(from)
}

func (w *weather) with(s *slot) bool { return w.peers == nil || slices.Contains(w.peers, s) }

// directions writes which way it strikes, and with whom.
func (w *weather) directions() string {
	with := ""
	if w.peers != nil {
		with = ", with " + names(w.peers)
	}
	switch {
	case w.out && w.in:
		return "both ways" + with
	case w.out:
		return "what it sends" + with
	}
	return "what it is sent" + with
}

// strike begins a fault of links and puts its end on the agenda.
func (r *round) strike(w *weather, d time.Duration, after func()) {
	r.weather = append(r.weather, w)
	for _, s := range w.victims {
		s.foul++
	}
	if w.silent = w.link.silences(d); w.silent {
		for _, s := range w.peers {
			s.near++
		}
	}
	r.forecast()
	r.at(d, func() error {
		r.note("the links of %s are well again", names(w.victims))
		r.clear(w)
		if after != nil {
			after()
		}
		return nil
	})
}

// clear ends a fault of links.
func (r *round) clear(w *weather) {
	r.weather = slices.DeleteFunc(r.weather, func(x *weather) bool { return x == w })
	for _, s := range w.victims {
		s.foul--
	}
	if w.silent {
		w.mend(time.Now())
	}
	r.forecast()
}

// mend notes for all whom it made suspicious that it ended.
func (w *weather) mend(now time.Time) {
	for _, s := range w.victims {
		s.mended = now
	}
	for _, s := range w.peers {
		s.near--
		s.mended = now
	}
}

// forecast sets all links as the faults together want it.
func (r *round) forecast() {
	for _, from := range r.slots {
		for _, to := range r.slots {
			if from == to {
				continue
			}
			var sum Link
			for _, w := range r.weather {
				if w.strikes(from, to) {
					sum.Blocked = sum.Blocked || w.link.Blocked
					sum.Delay += w.link.Delay
					sum.Jitter += w.link.Jitter
					sum.Loss = max(sum.Loss, w.link.Loss)
				}
			}
			r.net.Set(from.name, to.name, sum)
		}
	}
}

// names lists processes for people.
func names(list []*slot) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = s.name
	}
	return strings.Join(words, " and ")
}

func (l Link) String() string {
	switch {
	case l.Blocked:
		return "nothing gets through"
	case l.Loss > 0:
		return fmt.Sprintf("%.0f %% is lost", 100*l.Loss)
	}
	return fmt.Sprintf("%v to %v late", l.Delay, l.Delay+l.Jitter)
}

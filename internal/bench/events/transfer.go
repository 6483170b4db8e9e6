package events

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// lightPause is between two casts of a light load's sender.
const lightPause = time.Millisecond

// handovers are the figures of large states that were handed over.
type handovers struct {
	times, rates, raws, ratios []float64
	donors, joiners            []float64 // their memory at most, MB
}

// transfer measures how a joiner is given a large state while nobody casts, beside
// the same bytes over one TCP connection between the same two processes.
func (s *system) transfer(r *rounds) ([]Row, error) {
	large := order{State: true, Bulk: s.b.State}
	if err := s.form(1, large); err != nil {
		return nil, err
	}
	var h handovers
	for r.next() {
		if err := s.handOver(&h, large, nil); err != nil {
			return nil, err
		}
	}
	rows := h.rows("transfer", s.b.State, "")
	for i := range rows {
		if rows[i].Name == "transfer_raw_ratio" {
			rows[i] = rows[i].least(0.8)
		}
	}
	return rows, nil
}

// transferLoad measures the same while all cast, and TCP has to do with what that leaves
// as well; and what the casts went through.
func (s *system) transferLoad(r *rounds) ([]Row, error) {
	large := order{State: true, Bulk: s.b.State}
	if err := s.form(1, large); err != nil {
		return nil, err
	}
	if _, err := s.ask(order{Do: doLoad, Pause: lightPause}, s.members...); err != nil {
		return nil, err
	}
	var h handovers
	var d delays
	for r.next() {
		if err := s.handOver(&h, large, &d); err != nil {
			return nil, err
		}
	}
	if _, err := s.ask(order{Do: doHush}, s.members...); err != nil {
		return nil, err
	}
	return append(h.rows("transfer_load", s.b.State, ", all casting"), d.rows("transfer_load")...), nil
}

// rows are those of the handovers; name is the measurement, and when is said of it.
func (h *handovers) rows(name string, state int, when string) []Row {
	return []Row{
		newRow(name+"_ms", fmt.Sprintf("Node.Join of a group with a state of %.3g MB%s", float64(state)/1e6, when), "ms", h.times),
		newRow(name+"_mb_per_s", "  which is", "MB/s", h.rates),
		newRow(name+"_raw_mb_per_s", "  the same bytes over one TCP connection", "MB/s", h.raws),
		newRow(name+"_raw_ratio", "  the state to the plain bytes", "", h.ratios),
		newRow(name+"_donor_peak_mb", "  memory of the donor at most, the state included", "MB", h.donors),
		newRow(name+"_joiner_peak_mb", "  memory of the joiner at most, the state included", "MB", h.joiners),
	}
}

// handOver is one round; d is for casts, if there are any.
func (s *system) handOver(h *handovers, large order, d *delays) error {
	before, err := s.ask(order{Do: doReady, Members: members}, s.members...)
	if err != nil {
		return err
	}
	p, _, err := s.launch()
	if err != nil {
		return err
	}
	if _, err := s.ask(order{Do: doHold, Bulk: s.b.State}, p); err != nil {
		return err
	}
	if err := s.during(s.b.Span * 6 / 10); err != nil {
		return err
	}
	casting := slices.Clone(s.members)
	joined, err := s.enter(p, 1, large)
	if err != nil {
		return err
	}
	after, err := s.ask(order{Do: doReady, Members: members + 1}, s.members...)
	if err != nil {
		return err
	}
	donor := slices.IndexFunc(casting, func(o *proc) bool { i := slices.Index(casting, o); return after[i].Fed > before[i].Fed })
	if donor < 0 || after[members].Sum != after[donor].Sum {
		return errors.New("the joiner has not got what the others have")
	}
	used, err := s.ask(order{Do: doUse}, casting[donor], p)
	if err != nil {
		return err
	}
	raw, err := s.plain(casting[donor], p, after[donor].Sum)
	if err != nil {
		return err
	}
	megabytes := float64(s.b.State) / 1e6
	h.times = append(h.times, ms(joined.Took))
	h.rates = append(h.rates, megabytes/joined.Took.Seconds())
	h.raws = append(h.raws, megabytes/raw.Seconds())
	h.ratios = append(h.ratios, raw.Seconds()/joined.Took.Seconds())
	h.donors, h.joiners = append(h.donors, used[0].Use.Peak/1e6), append(h.joiners, used[1].Use.Peak/1e6)
	if d != nil {
		if err := d.add(s, joined, casting); err != nil {
			return err
		}
	}
	return s.leave(p)
}

// plain moves the bytes of the state over one TCP connection, and returns how long
// that took at the receiver.
func (s *system) plain(from, to *proc, sum uint32) (time.Duration, error) {
	served, err := s.ask(order{Do: doServe}, from)
	if err != nil {
		return 0, err
	}
	fetched, err := s.ask(order{Do: doFetch, Addr: served[0].Addr}, to)
	if err != nil {
		return 0, err
	}
	list, err := s.ask(order{Do: doReady, Members: members + 1}, to)
	if err == nil && list[0].Sum != sum {
		err = errors.New("plain bytes were changed on their way")
	}
	return fetched[0].Took, err
}

package events

import (
	"slices"
	"time"
)

// joinEmpty measures a node's start in a running system, and its join of a group
// that nobody is in.
func (s *system) joinEmpty(r *rounds) ([]Row, error) {
	if err := s.form(1, order{}); err != nil {
		return nil, err
	}
	var starts, joins []float64
	for r.next() {
		p, started, err := s.launch()
		if err != nil {
			return nil, err
		}
		joined, err := s.ask(order{Do: doJoin, From: 1, Upto: 2}, p)
		if err != nil {
			return nil, err
		}
		starts, joins = append(starts, ms(started.Took)), append(joins, ms(joined[0].Took))
		if err := s.leave(p); err != nil {
			return nil, err
		}
	}
	return []Row{
		newRow("start_ms", "cohort.Start of a node in a system of three", "ms", starts),
		newRow("join_empty_ms", "Node.Join of a group that nobody is in", "ms", joins).most(5),
	}, nil
}

// leave has a process leave the system in order, and end.
func (s *system) leave(p *proc) error {
	if _, err := s.ask(order{Do: doLeave}, p); err != nil {
		return err
	}
	s.members = s.others(p)
	p.over = true
	p.Finish()
	return s.ended(p)
}

// delays are what casts of the members went through while something happened.
type delays struct {
	before, during []float64 // milliseconds, by round: the p99, and the most
	extra          []float64
}

// add asks what became of the casts before the event, and of those that were under
// way while it lasted.
func (d *delays) add(s *system, event report, who []*proc) error {
	began := event.At - int64(event.Took)
	o := order{Do: doTimes, Since: began - int64(s.b.Span/2), Began: began, Until: event.At}
	list, err := s.ask(o, who...)
	if err != nil {
		return err
	}
	var before, during time.Duration
	for _, r := range list {
		before, during = max(before, r.P99), max(during, r.Max)
	}
	d.before, d.during = append(d.before, ms(before)), append(d.during, ms(during))
	d.extra = append(d.extra, ms(during-before))
	return nil
}

// rows are those of the delays; name is the event.
func (d *delays) rows(name string) []Row {
	return []Row{
		newRow(name+"_cast_p99_before_ms", "  p99 of casts, to the delivery at the sender, before", "ms", d.before),
		newRow(name+"_cast_max_ms", "  largest of those under way meanwhile", "ms", d.during),
		newRow(name+"_cast_delay_ms", "  which is so much longer than the p99 before", "ms", d.extra),
	}
}

// joinLoad measures joins of a group to which all members cast as fast as they can.
func (s *system) joinLoad(r *rounds) ([]Row, error) {
	small := order{State: true}
	if err := s.form(1, small); err != nil {
		return nil, err
	}
	if _, err := s.ask(order{Do: doLoad}, s.members...); err != nil {
		return nil, err
	}
	var joins []float64
	var d delays
	for r.next() {
		p, _, err := s.launch()
		if err != nil {
			return nil, err
		}
		if err := s.during(s.b.Span * 6 / 10); err != nil { // more than what counts as before
			return nil, err
		}
		casting := slices.Clone(s.members)
		joined, err := s.enter(p, 1, small)
		if err != nil {
			return nil, err
		}
		joins = append(joins, ms(joined.Took))
		if err := s.breathe(); err != nil { // so that casts under way have been delivered
			return nil, err
		}
		if err := d.add(s, joined, casting); err != nil {
			return nil, err
		}
		if err := s.leave(p); err != nil {
			return nil, err
		}
	}
	if _, err := s.ask(order{Do: doHush}, s.members...); err != nil {
		return nil, err
	}
	row := newRow("join_load_ms", "Node.Join of a group of three, all casting as fast as they can", "ms", joins).most(20)
	return append([]Row{row}, d.rows("join_load")...), nil
}

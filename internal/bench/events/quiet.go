package events

import (
	"math"
	"time"
)

// rates are what sites send and use in a second.
type rates struct {
	frames, bytes float64 // of a site, on average
	cpu           float64 // of the busiest, as a share of one processor
	memory        float64 // of the largest, bytes
}

// watch watches sites that are left alone.
func (s *system) watch(d time.Duration) (rates, error) {
	before, err := s.ask(order{Do: doUse}, s.members...)
	if err != nil {
		return rates{}, err
	}
	if err := s.during(d); err != nil {
		return rates{}, err
	}
	after, err := s.ask(order{Do: doUse}, s.members...)
	if err != nil {
		return rates{}, err
	}
	var sum rates
	for i, b := range before {
		a := after[i]
		seconds := float64(a.At-b.At) / float64(time.Second)
		sum.frames += float64(a.Use.Frames-b.Use.Frames) / seconds / float64(len(before))
		sum.bytes += float64(a.Use.Bytes-b.Use.Bytes) / seconds / float64(len(before))
		sum.cpu = max(sum.cpu, (a.Use.CPU-b.Use.CPU)/seconds)
		sum.memory = max(sum.memory, a.Use.Memory)
	}
	return sum, nil
}

// watches watches sites several times.
func (s *system) watches(d time.Duration, next func() bool) (list []rates, err error) {
	for next() {
		r, err := s.watch(d)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// idle measures what groups cost that do nothing, beside a system without any.
func (s *system) idle(r *rounds) ([]Row, error) {
	if err := s.form(0, order{}); err != nil {
		return nil, err
	}
	if err := s.breathe(); err != nil {
		return nil, err
	}
	none, err := s.watches(s.b.Span, (&rounds{most: min(r.most, 3)}).next)
	if err != nil {
		return nil, err
	}
	for _, p := range s.members {
		if _, err := s.join(p, s.b.Groups, order{}); err != nil {
			return nil, err
		}
	}
	if err := s.settle(members); err != nil {
		return nil, err
	}
	if err := s.during(s.b.Span); err != nil { // what the joins have left to do
		return nil, err
	}
	many, err := s.watches(s.b.Span*3/2, r.next)
	if err != nil {
		return nil, err
	}
	frames := newRow("idle_none_frames_per_s", "frames that a site sends without groups", "/s", each(none, func(r rates) float64 { return r.frames }))
	bytes := newRow("idle_none_bytes_per_s", "bytes of these", "/s", each(none, func(r rates) float64 { return r.bytes }))
	cpu, memory := func(r rates) float64 { return r.cpu * 100 }, func(r rates) float64 { return r.memory / 1e6 }
	alone := newRow("idle_none_cpu_percent", "processor time of the busiest site without groups", "%", each(none, cpu))
	what := counted(s.b.Groups, "idle group")
	return []Row{
		frames, bytes,
		alone,
		newRow("idle_none_rss_mb", "memory of the largest site without groups", "MB", each(none, memory)),
		newRow("idle_frames_per_s", "frames that a site sends more with "+what, "/s", each(many, func(r rates) float64 { return r.frames - frames.Value })),
		newRow("idle_bytes_per_s", "bytes of these", "/s", each(many, func(r rates) float64 { return r.bytes - bytes.Value })),
		newRow("idle_cpu_percent", "processor time that the busiest site needs more with these", "%", each(many, func(r rates) float64 { return cpu(r) - alone.Value })).most(1),
		newRow("idle_rss_mb", "memory of the largest site with "+what, "MB", each(many, memory)).most(64),
	}, nil
}

// each is one figure of each watch.
func each(list []rates, figure func(rates) float64) []float64 {
	out := make([]float64, len(list))
	for i, r := range list {
		out[i] = figure(r)
	}
	return out
}

// read measures linearizable reads of a member's own state, while all cast a
// little; and, while nobody casts, whether frames are sent for them.
func (s *system) read(r *rounds) ([]Row, error) {
	if err := s.form(1, order{State: true}); err != nil {
		return nil, err
	}
	if _, err := s.ask(order{Do: doLoad, Pause: lightPause}, s.members...); err != nil {
		return nil, err
	}
	limit := s.b.Span / 2
	var alone, together, frames []float64
	for r.next() {
		reader := s.members[r.done%members : r.done%members+1]
		one, _, err := s.reads(limit, reader)
		if err != nil {
			return nil, err
		}
		all, _, err := s.reads(limit, s.members)
		if err != nil {
			return nil, err
		}
		alone, together = append(alone, one), append(together, all)
	}
	if _, err := s.ask(order{Do: doHush}, s.members...); err != nil {
		return nil, err
	}
	for i := range len(alone) {
		none, err := s.watch(limit)
		if err != nil {
			return nil, err
		}
		rate, sent, err := s.reads(limit, s.members[i%members:i%members+1])
		if err != nil {
			return nil, err
		}
		frames = append(frames, max(0, math.Round((sent-none.frames)/rate*1e6)))
	}
	return []Row{
		newRow("read_per_s", "Group.Read of one member, while all cast 1000/s", "/s", alone).least(1e6),
		newRow("read_all_per_s", "the same when all members read at once, each", "/s", together),
		newRow("read_frames", "frames sent for a million reads", "", frames).most(0),
	}, nil
}

// reads has members read for a time. It returns reads a second of each, and the
// frames that a member sent in a second, both on average.
func (s *system) reads(d time.Duration, who []*proc) (rate, frames float64, err error) {
	before, err := s.ask(order{Do: doUse}, who...)
	if err != nil {
		return 0, 0, err
	}
	list, err := s.ask(order{Do: doReads, Pause: d}, who...)
	if err != nil {
		return 0, 0, err
	}
	after, err := s.ask(order{Do: doUse}, who...)
	if err != nil {
		return 0, 0, err
	}
	n := float64(len(who))
	for i, r := range list {
		seconds := float64(after[i].At-before[i].At) / float64(time.Second)
		rate += float64(r.Count) / r.Took.Seconds() / n
		frames += float64(after[i].Use.Frames-before[i].Use.Frames) / seconds / n
	}
	return rate, frames, nil
}

package torture

import (
	"math"
	"slices"
	"strconv"
	"time"
)

const (
	// faultEvery is the mean pause between two faults.
	faultEvery = 350 * time.Millisecond
	// draws is how often victims are drawn until a fault may happen to them.
	draws = 5
	// restartWithin is how long a killed process is down at most.
	restartWithin = 1500 * time.Millisecond
	// mostGuests is how many guests a round has at most: each has an address.
	mostGuests = 100
)

// storm lets faults happen for a time.
func (r *round) storm(d time.Duration) error {
	r.majority.begin(time.Now())
	r.schedule()
	end := time.Now().Add(d)
	err := r.wait(d+time.Second, func() bool { return !time.Now().Before(end) })
	r.majority.end(time.Now())
	r.note("all faults end")
	return err
}

// schedule puts the next fault on the agenda, which does the same when it comes.
func (r *round) schedule() {
	if len(r.o.Faults) == 0 {
		return
	}
	r.at(time.Duration(r.dice.ExpFloat64()*float64(faultEvery)), func() error {
		f := r.o.Faults[r.dice.IntN(len(r.o.Faults))]
		err := r.happen(f)
		r.schedule()
		return err
	})
}

// happen makes a fault happen, unless it would take the majority away.
func (r *round) happen(f Fault) error {
	switch f {
	case Kill:
		r.killSome()
	case Stop:
		r.stopOne()
	case Cut:
		r.cut()
	case Partition:
		r.partition()
	case Delay:
		late := r.between(2*time.Millisecond, 800*time.Millisecond)
		r.badLink(Delay, Link{Delay: late, Jitter: late})
	case Loss:
		r.badLink(Loss, Link{Loss: 0.01 + 0.2*r.dice.Float64()})
	case Join:
		return r.comeAndGo()
	}
	return nil
}

// between draws a time, short ones as often as long ones.
func (r *round) between(least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.dice.Float64()))
}

// some draws up to n processes that run, and now and then a client, to which a
// fault may happen. It returns none if none are found.
func (r *round) some(n int, may func(victims []*slot) bool) []*slot {
	for range draws {
		if victims := r.draw(n); len(victims) > 0 && may(victims) {
			return victims
		}
		n = max(1, n-1)
	}
	return nil
}

// draw draws up to n processes that run, and now and then a client.
func (r *round) draw(n int) []*slot {
	want := member
	if r.dice.IntN(6) == 0 {
		want, n = client, 1
	}
	var pool []*slot
	for _, s := range r.slots {
		if s.kind == want && s.runs() {
			pool = append(pool, s)
		}
	}
	r.dice.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	if list, views := r.sound(); want == member && len(list) > 0 && r.dice.IntN(3) == 0 {
		// The oldest coordinates, orders and gives its state.
		slices.SortStableFunc(pool, func(a, b *slot) int { return rank(views, a) - rank(views, b) })
	}
	return pool[:min(n, len(pool))]
}

// rank is the place of a process in the view of the first group.
func rank(views []viewed, s *slot) int {
	if i := slices.Index(views[0].Members, s.address); i >= 0 {
		return i
	}
	return math.MaxInt32
}

// few draws how many are struck at once: one, or now and then more.
func (r *round) few() int {
	if most := (r.o.Sites - 1) / 2; r.dice.IntN(3) == 0 {
		return most
	}
	return 1
}

// killSome kills members at the same instant, or a client.
func (r *round) killSome() {
	victims := r.some(r.few(), func(v []*slot) bool { return r.spares(v) && r.survives(v) })
	if len(victims) == 0 {
		return
	}
	r.counts[Kill]++
	r.note("kill %s", names(victims))
	for _, s := range victims {
		r.kill(s)
	}
}

// kill is SIGKILL. The relay goes on until the process is known to have ended.
func (r *round) kill(s *slot) {
	s.killed, s.joined = true, false
	_ = s.proc.Kill() // it may have ended
}

// stopOne stops a process, and lets it go on later.
func (r *round) stopOne() {
	victims := r.some(1, r.spares)
	if len(victims) == 0 || victims[0].paused {
		return
	}
	s, d := victims[0], r.between(20*time.Millisecond, 6*time.Second)
	r.counts[Stop]++
	r.note("stop %s for %v", s.name, d.Round(time.Millisecond))
	p := s.proc
	_ = p.Pause() // it may have ended
	s.paused = true
	r.at(d, func() error {
		if s.proc != p || s.killed {
			return nil
		}
		r.note("%s goes on", s.name)
		if s.paused = false; d >= suspicious {
			s.mended = time.Now()
		}
		_ = p.Resume()
		return nil
	})
}

// cut breaks connections, which can be opened again at once.
func (r *round) cut() {
	if len(r.slots) < 2 {
		return
	}
	a := r.slots[r.dice.IntN(len(r.slots))]
	others := slices.DeleteFunc(slices.Clone(r.slots), func(s *slot) bool { return s == a })
	if r.dice.IntN(3) > 0 {
		others = []*slot{others[r.dice.IntN(len(others))]}
	}
	broken := 0
	for _, b := range others {
		broken += r.net.Cut(a.name, b.name)
	}
	if broken > 0 {
		r.counts[Cut]++
		r.note("cut %d connections between %s and %s", broken, a.name, names(others))
	}
}

// partition lets nothing through between some and the others. Once in a while
// it leaves no majority anywhere: then all have to wait.
func (r *round) partition() {
	d := r.between(50*time.Millisecond, 5*time.Second)
	if list, _ := r.sound(); len(list) == r.o.Sites && r.dice.IntN(8) == 0 {
		r.counts[Partition]++
		r.note("partition: all members apart for %v", d.Round(time.Millisecond))
		r.majority.end(time.Now())
		w := &weather{victims: list, out: true, in: true, among: true, link: Link{Blocked: true}}
		r.strike(w, d, func() { r.majority.begin(time.Now()) })
		return
	}
	victims := r.some(r.few(), r.spares)
	if len(victims) == 0 {
		return
	}
	w := &weather{victims: victims, out: true, in: true, link: Link{Blocked: true}}
	if r.dice.IntN(3) == 0 {
		w.out, w.in = r.dice.IntN(2) == 0, false
		w.in = !w.out
	}
	r.counts[Partition]++
	r.narrow(w)
	r.note("partition: %s apart, %s, for %v", names(victims), w.directions(), d.Round(time.Millisecond))
	r.strike(w, d, nil)
	r.finishOff(w, d)
}

// narrow lets a fault of links strike only those with some others: then these
// know what the rest does not.
func (r *round) narrow(w *weather) {
	if r.dice.IntN(2) == 0 {
		return
	}
	for _, s := range r.slots {
		if !slices.Contains(w.victims, s) && r.dice.IntN(2) == 0 {
			w.peers = append(w.peers, s)
		}
	}
}

// finishOff kills, once in a while, one whose links are bad: what it has sent is
// on its way then, to some.
func (r *round) finishOff(w *weather, d time.Duration) {
	if !slices.Contains(r.o.Faults, Kill) || r.dice.IntN(3) > 0 {
		return
	}
	s, p := w.victims[0], w.victims[0].proc
	r.at(time.Duration(r.dice.Int64N(int64(d))), func() error {
		if s.proc == p && s.runs() && r.survives(w.victims[:1]) {
			r.counts[Kill]++
			r.note("kill %s", s.name)
			r.kill(s)
		}
		return nil
	})
}

// badLink makes the links of a process bad.
func (r *round) badLink(f Fault, l Link) {
	victims := r.some(1, r.spares)
	if len(victims) == 0 || victims[0].foul > 0 {
		return
	}
	w := &weather{victims: victims, out: true, in: true, link: l}
	if r.dice.IntN(2) == 0 {
		w.out = r.dice.IntN(2) == 0
		w.in = !w.out
	}
	r.narrow(w)
	d := r.between(300*time.Millisecond, 5*time.Second)
	r.counts[f]++
	r.note("%s: of %s, %s, %v, for %v", f, names(victims), w.directions(), l, d.Round(time.Millisecond))
	r.strike(w, d, nil)
	r.finishOff(w, d)
}

// anew lets a member leave all groups and join them again.
func (r *round) anew() {
	victims := r.some(1, r.spares)
	if len(victims) == 0 || victims[0].kind == client || !victims[0].joined || victims[0].paused {
		return
	}
	s := victims[0]
	r.counts[Join]++
	r.note("%s leaves all groups and joins them again", s.name)
	s.joined = false
	_ = s.proc.Tell(order{Do: doAnew}) // one that has ended is told by its end
}

// relieve lets a member leave the system in order, and another process take its
// place.
func (r *round) relieve() {
	victims := r.some(1, r.spares)
	if len(victims) == 0 || !victims[0].joined || victims[0].paused {
		return
	}
	s := victims[0]
	r.counts[Join]++
	r.note("%s leaves, and another process takes its place", s.name)
	s.leaves, s.joined = true, false
	s.proc.Finish()
}

// comeAndGo lets a guest join, and leave in order or be killed, perhaps before
// it has the state.
func (r *round) comeAndGo() error {
	switch r.dice.IntN(6) {
	case 0:
		r.anew()
		return nil
	case 1:
		r.relieve()
		return nil
	}
	if r.guests == mostGuests || slices.ContainsFunc(r.slots, func(s *slot) bool { return s.kind == guest }) {
		return nil
	}
	if list, _ := r.sound(); len(list) == 0 {
		return nil
	}
	r.counts[Join]++
	r.guests++
	s, err := r.add("g"+strconv.Itoa(r.guests), guest)
	if err != nil {
		return err
	}
	stays, killed := r.between(30*time.Millisecond, 5*time.Second), r.dice.IntN(2) == 0
	r.note("%s comes", s.name)
	r.forecast()
	r.at(stays, func() error {
		if !s.runs() {
			return nil
		}
		s.over = true
		if killed {
			r.note("kill %s", s.name)
			r.kill(s)
			return nil
		}
		r.note("%s leaves", s.name)
		s.proc.Finish()
		return nil
	})
	return r.launch(s)
}

package torture

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// How long what must happen in the end may take, on a busy machine.
const (
	backFor  = 40 * time.Second // for all to be in
	hushFor  = opFor + 10*time.Second
	calmFor  = 20 * time.Second
	viewsFor = 30 * time.Second
	stateFor = 20 * time.Second
	endFor   = 10 * time.Second
	// differFor is how long states must differ without a change to be final.
	differFor = 3 * time.Second
	// tellEvery is the pause between two questions for the state.
	tellEvery = 100 * time.Millisecond
)

// rest ends all faults and waits until everything has come to rest, as far as it
// does. Then it ends all processes.
func (r *round) rest() error {
	r.heal()
	for _, step := range []struct {
		what  string
		limit time.Duration
		begin func()
		done  func() bool
	}{
		{"not all processes are in", backFor, nil, r.all(func(s *slot) bool { return s.joined })},
		{"not all operations have ended", hushFor, r.hush, r.all(func(s *slot) bool { return s.hushed })},
		{"not all members are in the same views, with the state", viewsFor, nil, r.gathered},
		{"not all casts were delivered", calmFor, r.settle, r.all(func(s *slot) bool { return s.settled || s.kind == client })},
		{"not all members hold the same state", stateFor, r.tell, r.stateIsFinal},
	} {
		if step.begin != nil {
			step.begin()
		}
		err := r.wait(step.limit, step.done)
		switch {
		case errors.Is(err, errLate):
			r.unrest("%s %v after all faults: %s", step.what, step.limit, r.census())
		case err != nil:
			return err
		}
	}
	if !r.same() {
		r.unrest("the states of the members differ for good")
	}
	return r.end()
}

// unrest notes what did not come to rest.
func (r *round) unrest(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.note("NO REST: %s", text)
	r.restless = append(r.restless, text)
}

// heal ends all faults.
func (r *round) heal() {
	r.agenda, r.weather = nil, nil
	r.net.Heal()
	for _, s := range r.slots {
		s.foul = 0
		if s.paused && s.runs() {
			s.paused = false
			_ = s.proc.Resume() // it may have ended
		}
		if s.proc == nil {
			r.at(0, func() error { return r.launch(s) })
		}
	}
}

// all makes a question about all processes of one about each.
func (r *round) all(is func(*slot) bool) func() bool {
	return func() bool {
		for _, s := range r.slots {
			if !s.runs() || !is(s) {
				return false
			}
		}
		return true
	}
}

// hush lets all processes end what they have under way, also those that come
// later.
func (r *round) hush() {
	for _, s := range r.slots {
		if s.runs() && !s.hushed {
			_ = s.proc.Tell(order{Do: doHush})
		}
	}
	r.at(tellEvery, func() error { r.hush(); return nil })
}

// tell asks all members for their state, again and again.
func (r *round) tell() {
	for _, s := range r.slots {
		if s.runs() && s.kind != client {
			_ = s.proc.Tell(order{Do: doTell})
		}
	}
	r.at(tellEvery, func() error { r.tell(); return nil })
}

// settle lets all members wait until what was cast before has been delivered. An
// operation ends before that: with one answer, or when all hold the cast.
func (r *round) settle() {
	for _, s := range r.slots {
		if s.runs() && !s.settled && s.kind != client {
			_ = s.proc.Tell(order{Do: doSettle})
		}
	}
	r.at(tellEvery, func() error { r.settle(); return nil })
}

// stateIsFinal reports whether all members hold the same state, or have said for
// a while that they do not.
func (r *round) stateIsFinal() bool {
	if r.same() {
		return true
	}
	for _, s := range r.slots {
		if s.kind != client && (s.state == nil || time.Since(s.changed) < differFor) {
			return false
		}
	}
	return true
}

// same reports whether all members hold the same state.
func (r *round) same() bool {
	var first []summary
	for _, s := range r.slots {
		if s.kind == client {
			continue
		}
		if s.state == nil {
			return false
		}
		if first == nil {
			first = s.state
		}
		for k := range groups {
			if !s.state[k].equal(first[k]) {
				return false
			}
		}
	}
	return first != nil
}

// end notes who runs and what they hold, and ends all processes.
func (r *round) end() error {
	r.agenda = nil
	r.note("all is quiet")
	r.quiet, r.final = time.Now(), map[string][]summary{}
	for _, s := range r.slots {
		if s.address != 0 {
			r.alive = append(r.alive, s.address.Site())
		}
		if s.state != nil {
			r.final[s.name] = s.state
		}
		if s.proc != nil {
			_ = s.proc.Tell(order{Do: doEnd})
			s.proc.Finish()
		}
		s.over = true
	}
	err := r.wait(endFor, func() bool { return len(r.slots) == 0 })
	if errors.Is(err, errLate) {
		r.trouble("not all processes ended %v after they were told to", endFor)
		return nil
	}
	return err
}

// census says how each process is.
func (r *round) census() string {
	var list []string
	for _, s := range r.slots {
		words := []string{s.name + ":"}
		switch {
		case !s.runs():
			words = append(words, "down")
		case !s.joined:
			words = append(words, "not in", s.why)
		case s.address == 0:
			words = append(words, "coming back")
		case time.Since(s.heard) >= freshFor:
			words = append(words, "silent")
		case s.hushed:
			words = append(words, "hushed")
		}
		for k, v := range s.views {
			words = append(words, groups[k], v.String())
		}
		list = append(list, strings.Join(words, " "))
	}
	return strings.Join(list, "; ")
}

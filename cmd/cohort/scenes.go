package main

import (
	"fmt"
	"time"

	"github.com/cohortkit/cohort/internal/twenty/service"
)

// play plays the demo from beginning to end.
func (s *stage) play() error {
	for _, scene := range []func() error{s.gather, s.busy, s.crash, s.replace, s.rest, s.end} {
		if err := scene(); err != nil {
			return err
		}
	}
	return nil
}

// gather starts the members and waits until all hold the state and know it of
// each other.
func (s *stage) gather() error {
	s.say("starting %d processes of the twenty-questions service on this machine", s.o.members)
	first, err := s.member()
	if err != nil {
		return err
	}
	if err := s.Until("founding the service", s.take, func() bool { return first.ready }); err != nil {
		return err
	}
	s.say("%s founded it at %s (process %d)", first.Name, first.addr, first.Pid())
	for range s.o.members - 1 {
		if _, err := s.member(); err != nil {
			return err
		}
	}
	return s.Until("joining the service", s.take, s.complete)
}

// complete reports whether all members are ready in the view of each of them.
func (s *stage) complete() bool {
	for _, a := range s.members {
		if a.over {
			continue
		}
		if !a.ready || a.view == nil || len(a.view.ready()) != s.o.members {
			return false
		}
	}
	return true
}

// busy starts the client and runs half the time.
func (s *stage) busy() error {
	if err := s.load(); err != nil {
		return err
	}
	s.say("a client process asks now: %d workers ask, %d update, every answer is checked", s.o.askers, s.o.updaters)
	return s.During(s.half(), s.take)
}

// half is half the time that the client asks.
func (s *stage) half() time.Duration { return time.Duration(s.o.seconds) * time.Second / 2 }

// crash kills an acting member and waits until the others agree that it is gone.
func (s *stage) crash() error {
	view := s.members[0].view
	target := view.ready()[s.o.victim]
	v := s.find(func(a *actor) bool { return a.address == target })
	if v == nil {
		return fmt.Errorf("no process is acting member %d, %v", s.o.victim, target)
	}
	standby := view.ready()
	if len(standby) > service.DefaultActing {
		next := standby[service.DefaultActing]
		s.promoted = s.find(func(a *actor) bool { return a.address == next })
	}
	s.say("kill -9 %d: %s, acting member %d", v.Pid(), v.Name, s.o.victim)
	s.victim, v.over = v, true
	s.killedAt = time.Now().UnixNano()
	if err := v.Kill(); err != nil {
		return fmt.Errorf("killing %s: %w", v.Name, err)
	}
	if err := s.Until("agreeing that "+v.Name+" is gone", s.take, s.survived); err != nil {
		return err
	}
	s.say("all %d survivors had the new view %.1f ms after the kill", s.o.members-1, ms(s.viewChange))
	return nil
}

// survived reports whether all survivors have a view without the victim, and
// notes how long that took.
func (s *stage) survived() bool {
	var last int64
	for _, a := range s.members {
		if a.over {
			continue
		}
		if a.without == 0 {
			return false
		}
		last = max(last, a.without)
	}
	s.viewChange = time.Duration(last - s.killedAt)
	return true
}

// replace starts a new member and waits until all know that it holds the state.
func (s *stage) replace() error {
	a, err := s.member()
	if err != nil {
		return err
	}
	s.newcomer = a
	s.say("starting %s in place of %s", a.Name, s.victim.Name)
	return s.Until("replacing "+s.victim.Name, s.take, s.complete)
}

// rest runs until the client has asked for as long as it should.
func (s *stage) rest() error {
	since := time.Duration(time.Now().UnixNano() - s.killedAt)
	if err := s.During(s.half()-since, s.take); err != nil {
		return err
	}
	return s.hush()
}

// hush ends the client and waits for its last word.
func (s *stage) hush() error {
	s.client.over = true
	s.client.Finish()
	return s.Until("ending the client", s.take, func() bool { return s.final && s.client.Ended() })
}

// end lets the members leave, the youngest first.
func (s *stage) end() error {
	for i := len(s.members) - 1; i >= 0; i-- {
		a := s.members[i]
		if a == s.victim {
			continue
		}
		a.over = true
		a.Finish()
		if err := s.Until("leaving of "+a.Name, s.take, a.Ended); err != nil {
			return err
		}
	}
	return nil
}

package sim

import (
	"strconv"
	"strings"
)

// What a story can make happen with clocks, leases and reads.

// leases reads what doSites is told of them, and of sessions.
func (s *Story) leases(args []string) (err error) {
	if grant := after(args, "grant"); len(grant) > 0 {
		if s.w.grant, err = duration(grant[0]); err != nil {
			return err
		}
	}
	if longest := after(args, "absent"); len(longest) > 0 {
		if s.w.absent, err = duration(longest[0]); err != nil {
			return err
		}
	}
	if most := after(args, "drift"); len(most) > 0 {
		s.w.drift, err = drift(most[0])
	}
	return err
}

// drift reads a percentage, or parts per million like 250ppm, as the latter.
func drift(word string) (int64, error) {
	if ppm, ok := strings.CutSuffix(word, "ppm"); ok {
		return strconv.ParseInt(ppm, 10, 20)
	}
	n, err := strconv.ParseInt(word, 10, 8)
	return n * million / 100, err
}

// doDrift makes a site's clock run faster or slower from now on, by so many
// percent: drift N -20.
func (s *Story) doDrift(args []string) error {
	if err := want(args, 2, "drift N -20"); err != nil {
		return err
	}
	rate, err := drift(args[1])
	if err != nil {
		return err
	}
	return s.onSite(args, "", func(x *site) {
		now := x.clock()
		x.host.rate = rate
		x.host.offset += now - x.clock()
	})
}

// doRead has a member read its own state. Reads are numbered with its calls.
func (s *Story) doRead(args []string) error {
	_, m, err := s.member(args, "read 1 g")
	if err == nil {
		m.read()
	}
	return err
}

// doLinger makes a program stand still after it has looked, before it asks
// whether that counts: linger N 2s.
func (s *Story) doLinger(args []string) error {
	if err := want(args, 2, "linger N 2s"); err != nil {
		return err
	}
	d, err := duration(args[1])
	if err != nil {
		return err
	}
	p, err := s.program(args[0])
	if err == nil {
		p.linger = d
	}
	return err
}

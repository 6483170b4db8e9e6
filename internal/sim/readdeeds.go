package sim

import (
	"slices"
	"strconv"
)

// What a story can make happen with clocks, leases and reads.

// leases reads what doSites is told of them.
func (s *Story) leases(args []string) (err error) {
	if i := slices.Index(args, "grant"); i >= 0 && i+1 < len(args) {
		if s.w.grant, err = duration(args[i+1]); err != nil {
			return err
		}
	}
	if i := slices.Index(args, "drift"); i >= 0 && i+1 < len(args) {
		s.w.drift, err = percent(args[i+1])
	}
	return err
}

// percent reads a percentage as parts per million.
func percent(word string) (int64, error) {
	n, err := strconv.ParseInt(word, 10, 8)
	return n * million / 100, err
}

// doDrift makes a site's clock run faster or slower from now on, by so many
// percent: drift N -20.
func (s *Story) doDrift(args []string) error {
	if err := want(args, 2, "drift N -20"); err != nil {
		return err
	}
	rate, err := percent(args[1])
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
	return s.onSite(args, "", func(x *site) { x.programs[0].linger = d })
}

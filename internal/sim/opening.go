package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/cohortkit/cohort/internal/core/effect"
)

const sitesUsage = "sites N [of M] [grant 3s] [drift 20] [weights w1 w2 …] [machines m1 m2 …] [least W] [halt-after 3s] [absent 3s] [tenure 64] [deps 256] [programs 2] [together]"

// doSites makes hosts and starts the first ones, one after the other, so that
// their ranks are their numbers. Together means that all hosts are to found the
// system, and none is started.
func (s *Story) doSites(args []string) error {
	if err := want(args, 1, sitesUsage); err != nil {
		return err
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("cannot start %q sites", args[0])
	}
	all := n
	if of := after(args, "of"); len(of) > 0 {
		if all, err = strconv.Atoi(of[0]); err != nil || all < n {
			return fmt.Errorf("cannot start %d sites of %s", n, of[0])
		}
	}
	if err := s.makeHosts(all, args); err != nil || s.w.expect != nil {
		return err
	}
	for i, h := range s.w.hosts[:n] {
		h.start(i == 0)
		s.w.runUntil(s.w.now + effect.Second)
	}
	s.tale.notes = nil
	return nil
}

// setting reads what sites are like.
func (s *Story) setting(args []string) error {
	weights, err1 := s.numbers(after(args, "weights"))
	machines, err2 := s.numbers(after(args, "machines"))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for i, n := range weights {
		s.w.hosts[i].weight = uint32(n)
	}
	for i, n := range machines {
		s.w.hosts[i].machine = n
	}
	err := s.leases(args)
	if err != nil {
		return err
	}
	if least := after(args, "least"); len(least) > 0 {
		s.w.least, err = strconv.ParseUint(least[0], 10, 32)
	}
	if pause := after(args, "halt-after"); len(pause) > 0 && err == nil {
		s.w.haltAfter, err = duration(pause[0])
	}
	if records := after(args, "tenure"); len(records) > 0 && err == nil {
		s.w.tenure, err = strconv.Atoi(records[0])
	}
	if groups := after(args, "deps"); len(groups) > 0 && err == nil {
		s.w.deps, err = strconv.Atoi(groups[0])
	}
	if many := after(args, "programs"); len(many) > 0 && err == nil {
		if s.w.Programs, err = strconv.Atoi(many[0]); err != nil || s.w.Programs < 1 || s.w.Programs > maxPrograms {
			return fmt.Errorf("cannot run %q programs at a site", many[0])
		}
	}
	return err
}

// after lists the words after a key.
func after(args []string, key string) []string {
	i := slices.Index(args, key)
	if i < 0 {
		return nil
	}
	return args[i+1:]
}

// numbers reads the numbers that words begin with, one for each host at most.
func (s *Story) numbers(words []string) (list []uint64, err error) {
	for _, word := range words {
		n, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			break // the next key
		}
		if len(list) == len(s.w.hosts) {
			return nil, fmt.Errorf("%q is of nobody", word)
		}
		list = append(list, n)
	}
	return list, nil
}

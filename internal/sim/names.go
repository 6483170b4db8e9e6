package sim

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/core/id"
)

// How stories name sites and processes. A site goes by its host, and so does the
// first process there; 3.2 is the second one at site 3. With a # and a number it
// is that of one incarnation, whether it runs or not: 3#1, 3#1.2.

// label tells an incarnation: 3 is the first at host 3, 3' the second.
func label(x id.Site) string {
	return strconv.Itoa(int(x)/1296) + strings.Repeat("'", max(0, int(x)%1296-1))
}

// labelled tells a process: 3'.2 is the second one of the second incarnation. A
// client is told as its site.
func labelled(a id.Address) string { return label(a.Site()) + nth(a) }

// signed reports whether an answer in a story is only the label of who gave it.
func signed(answer []byte) bool { return len(bytes.Trim(answer, "0123456789'.")) == 0 }

// nth is what names a process beside its site.
func nth(a id.Address) string {
	if n := a.Local(); n > 1 && n < firstClient {
		return fmt.Sprintf(".%d", n)
	}
	return ""
}

// name is how a command names a program that runs.
func (p *program) name() string { return strconv.Itoa(p.s.host.index+1) + nth(p.proc) }

// exactly names a process of one incarnation, also of the first.
func exactly(a id.Address) string {
	return fmt.Sprintf("%d#%d%s", int(a.Site())/1296, int(a.Site())%1296, nth(a))
}

// exact reads what exactly writes.
func exact(word string) (a id.Address, ok bool) {
	host, rest, ok := strings.Cut(word, "#")
	run, local, several := strings.Cut(rest, ".")
	h, err1 := strconv.Atoi(host)
	n, err2 := strconv.Atoi(run)
	k := 1
	if several {
		var err error
		if k, err = strconv.Atoi(local); err != nil || k < 1 || k > maxPrograms {
			return 0, false
		}
	}
	if !ok || err1 != nil || err2 != nil || h < 1 || h > maxHosts || n < 1 || n >= 1296 {
		return 0, false
	}
	return id.Process(id.Site(h*1296+n), uint16(k)), true
}

// maxHosts and maxPrograms bound the hosts of a story, and the programs at each.
const (
	maxHosts    = 64
	maxPrograms = 64
)

// host reads the number of a host, from 1 on.
func (s *Story) host(word string) (*host, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 || n > len(s.w.hosts) {
		return nil, fmt.Errorf("%q is no site", word)
	}
	return s.w.hosts[n-1], nil
}

// hosts reads a list like 1,2,4.
func (s *Story) hosts(word string) ([]*host, error) { return each(word, s.host) }

// running is a host whose site runs, and that site.
func (s *Story) running(word string) (*site, error) {
	h, err := s.host(word)
	if err != nil {
		return nil, err
	}
	if !h.site.running() {
		return nil, fmt.Errorf("site %s does not run", word)
	}
	return h.site, nil
}

// program is a program at a site that runs.
func (s *Story) program(word string) (*program, error) {
	host, local, several := strings.Cut(word, ".")
	x, err := s.running(host)
	if err != nil {
		return nil, err
	}
	n := 1
	if several {
		n, err = strconv.Atoi(local)
	}
	if err != nil || n < 1 || n > len(x.programs) {
		return nil, fmt.Errorf("%q is no process: site %s has %d", word, host, len(x.programs))
	}
	return x.programs[n-1], nil
}

// programs reads a list like 1,2.2,4.
func (s *Story) programs(word string) ([]*program, error) { return each(word, s.program) }

// each reads a list, up to what cannot be read.
func each[T any](word string, read func(string) (T, error)) (list []T, err error) {
	for part := range strings.SplitSeq(word, ",") {
		x, err := read(part)
		if err != nil {
			return list, err
		}
		list = append(list, x)
	}
	return list, nil
}

// member finds a program and its membership in a group.
func (s *Story) member(args []string, usage string) (*program, *membership, error) {
	if err := want(args, 2, usage); err != nil {
		return nil, nil, err
	}
	p, err := s.program(args[0])
	if err != nil {
		return nil, nil, err
	}
	m := p.named(args[1])
	if m == nil {
		return p, nil, fmt.Errorf("site %s is not in %s", args[0], args[1])
	}
	return p, m, nil
}

// between reads 1->2, where * is any host.
func (s *Story) between(word string) (h hold, err error) {
	from, to, ok := strings.Cut(word, "->")
	if !ok {
		return h, fmt.Errorf("want a direction like 1->2, not %q", word)
	}
	if h.from, err = s.end(from); err != nil {
		return h, err
	}
	h.to, err = s.end(to)
	return h, err
}

func (s *Story) end(word string) (int, error) {
	if word == "*" {
		return -1, nil
	}
	h, err := s.host(word)
	if err != nil {
		return 0, err
	}
	return h.index, nil
}

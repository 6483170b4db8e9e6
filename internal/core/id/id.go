// Package id names things: sites, processes and groups.
//
// A site is one run of one node. Its number is drawn afresh at every start and
// never used again, so it is at once name and incarnation: whoever restarts is
// somebody else. An address names a process or a group in 8 bytes, as in
// section 4.1 of the 1987 paper, and is comparable.
package id

import (
	"errors"
	"strconv"
	"strings"
)

const (
	siteBits  = 47
	localBits = 16

	// MaxSite is the largest site number.
	MaxSite = Site(1)<<siteBits - 1
)

// Site is one incarnation of a node; 0 is no site.
type Site uint64

// String writes the number in base 36: "31" is node 3, incarnation 1 in the
// simulator, which numbers sites that way.
func (s Site) String() string { return strconv.FormatUint(uint64(s), 36) }

// MarshalText and UnmarshalText use the form of String.
func (s Site) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the form that String writes.
func (s *Site) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 36, siteBits)
	if err != nil {
		return errors.New("id: not a site: " + strconv.Quote(string(b)))
	}
	*s = Site(n)
	return nil
}

// Address names a process (site and local number) or a group (the log index
// that created it and its place in that entry). 0 is nobody.
type Address uint64

const groupBit = Address(1) << (siteBits + localBits)

// Process is the address of local process n at s.
func Process(s Site, n uint16) Address { return Address(s)<<localBits | Address(n) }

// Group is the address of the n-th group created by log entry index.
func Group(index uint64, n uint16) Address {
	return groupBit | Address(index)<<localBits | Address(n)
}

// IsGroup tells a group's address from a process's.
func (a Address) IsGroup() bool { return a&groupBit != 0 }

// Site is the site of a process, and 0 for a group.
func (a Address) Site() Site {
	if a.IsGroup() {
		return 0
	}
	return Site(a >> localBits)
}

// Local is the process's number at its site, or the group's in its entry.
func (a Address) Local() uint16 { return uint16(a) }

// String writes "31.1" for process 1 of site 31, "#5.0" for a group, "-" for nobody.
func (a Address) String() string {
	if a == 0 {
		return "-"
	}
	n := strconv.FormatUint(uint64(a.Local()), 10)
	if a.IsGroup() {
		return "#" + strconv.FormatUint(uint64(a&^groupBit)>>localBits, 36) + "." + n
	}
	return a.Site().String() + "." + n
}

// MarshalText writes the form of String.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the form that String writes.
func (a *Address) UnmarshalText(b []byte) error {
	text := string(b)
	if text == "-" {
		*a = 0
		return nil
	}
	bad := errors.New("id: not an address: " + strconv.Quote(text))
	rest, group := strings.CutPrefix(text, "#")
	head, tail, ok := strings.Cut(rest, ".")
	if !ok {
		return bad
	}
	n, err := strconv.ParseUint(tail, 10, localBits)
	if err != nil {
		return bad
	}
	h, err := strconv.ParseUint(head, 36, siteBits)
	if err != nil {
		return bad
	}
	if group {
		*a = Group(h, uint16(n))
	} else {
		*a = Process(Site(h), uint16(n))
	}
	return nil
}

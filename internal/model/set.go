package model

import (
	"math/bits"
	"strconv"
	"strings"
)

// Set is a set of the small numbers 0 to 7: sites, members, messages.
type Set uint8

// All is the set of the numbers below n.
func All(n int) Set { return 1<<n - 1 }

// Of is the set of the given numbers.
func Of(list ...int) (s Set) {
	for _, i := range list {
		s = s.With(i)
	}
	return s
}

// Has reports whether i is in s.
func (s Set) Has(i int) bool { return s>>i&1 != 0 }

// With is s and i.
func (s Set) With(i int) Set { return s | 1<<i }

// Without is s but for i.
func (s Set) Without(i int) Set { return s &^ (1 << i) }

// Covers reports whether all of o is in s.
func (s Set) Covers(o Set) bool { return o&^s == 0 }

// Len is how many numbers are in s.
func (s Set) Len() int { return bits.OnesCount8(uint8(s)) }

// Min is the least number in s, 8 if there is none.
func (s Set) Min() int { return bits.TrailingZeros8(uint8(s)) }

// Each calls f for each number in s, in order.
func (s Set) Each(f func(i int)) {
	for ; s != 0; s &= s - 1 {
		f(s.Min())
	}
}

func (s Set) String() string {
	var list []string
	s.Each(func(i int) { list = append(list, strconv.Itoa(i)) })
	return "{" + strings.Join(list, " ") + "}"
}

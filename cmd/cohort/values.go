package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// number is a flag's value: a whole number between two bounds.
type number struct {
	value    *int
	min, max int
}

// newNumber makes a value with a default and a lower bound.
func newNumber(value *int, preset, least int) *number {
	*value = preset
	return &number{value, least, math.MaxInt}
}

func (n *number) upTo(most int) *number {
	n.max = most
	return n
}

func (n *number) String() string {
	if n.value == nil {
		return "0"
	}
	return strconv.Itoa(*n.value)
}

func (n *number) Set(text string) error {
	v, err := strconv.Atoi(text)
	switch {
	case err == nil && n.min <= v && v <= n.max:
		*n.value = v
		return nil
	case n.max == math.MaxInt:
		return fmt.Errorf("give a whole number, %d or more", n.min)
	default:
		return fmt.Errorf("give a whole number from %d to %d", n.min, n.max)
	}
}

// Type is what the help calls the value.
func (*number) Type() string { return "N" }

// seed is a flag's value: any seed.
type seed uint64

func (s *seed) String() string { return strconv.FormatUint(uint64(*s), 10) }

func (s *seed) Set(text string) error {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("give a whole number from 0 to %d", uint64(math.MaxUint64))
	}
	*s = seed(v)
	return nil
}

// Type is what the help calls the value.
func (*seed) Type() string { return "S" }

// choice is a flag's value: one of several words.
type choice struct {
	value *string
	words []string
}

// newChoice makes a value with a default.
func newChoice(value *string, preset string, words ...string) *choice {
	*value = preset
	return &choice{value, words}
}

func (c *choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

func (c *choice) Set(text string) error {
	if !slices.Contains(c.words, text) {
		return fmt.Errorf("give one of %s", strings.Join(c.words, ", "))
	}
	*c.value = text
	return nil
}

// Type is what the help calls the value.
func (c *choice) Type() string { return strings.Join(c.words, "|") }

// moment is a flag's value: a time since the beginning of a run.
type moment struct {
	after time.Duration
	given bool
}

func (m *moment) String() string {
	if !m.given {
		return ""
	}
	return m.after.String()
}

func (m *moment) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return fmt.Errorf("give a time since the beginning of the run, as 1.25s or 300ms")
	}
	*m = moment{d, true}
	return nil
}

// Type is what the help calls the value.
func (*moment) Type() string { return "TIME" }

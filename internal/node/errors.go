package node

import (
	"fmt"
	"strings"
)

// A ConfigError says which field of a Config cannot be used, and why.
type ConfigError struct {
	Field, What string
}

func (e *ConfigError) Error() string { return fmt.Sprintf("node: config: %s %s", e.Field, e.What) }

// A ListenError says that the node cannot listen: another program has the
// address, or it is none of this machine. Choose another one, or end the other.
type ListenError struct {
	Addr string
	Err  error
}

func (e *ListenError) Error() string {
	return fmt.Sprintf("node: cannot listen at %s: %v", e.Addr, e.Err)
}

func (e *ListenError) Unwrap() error { return e.Err }

// A SeedError says that no seed led into a system, and what became of each.
// Start the system first, or mend the addresses.
type SeedError struct {
	Seeds []SeedFailure
	Err   error // why no more is tried: that of the context, with a *RefusedError if the system had refused this site; or nil
}

// A SeedFailure is the last word about one seed. Err is nil for one that
// answered but had not let this site in.
type SeedFailure struct {
	Addr string
	Err  error
}

func (e *SeedError) Error() string {
	var b strings.Builder
	b.WriteString("node: no seed led into a system")
	if e.Err != nil {
		fmt.Fprintf(&b, " (%v)", e.Err)
	}
	for i, s := range e.Seeds {
		sep := ": "
		if i > 0 {
			sep = "; "
		}
		if s.Err == nil {
			fmt.Fprintf(&b, "%s%s: answers, but has not let this site in", sep, s.Addr)
		} else {
			fmt.Fprintf(&b, "%s%s: %v", sep, s.Addr, s.Err)
		}
	}
	return b.String()
}

func (e *SeedError) Unwrap() []error {
	var list []error
	if e.Err != nil {
		list = append(list, e.Err)
	}
	for _, s := range e.Seeds {
		if s.Err != nil {
			list = append(list, s.Err)
		}
	}
	return list
}

// A RefusedError says that the system will not have this site: another one
// that runs has its name, or its weight is too large. Change that.
type RefusedError struct {
	Why string
}

func (e *RefusedError) Error() string { return "node: the system refuses this site: " + e.Why }

// A HaltedError says that this incarnation has ended: the system excluded it
// while it was out of touch ("excluded"), it fell too far behind to catch up
// ("behind"), or it was stalled for longer than Config.HaltAfter ("stalled"). The way back is to start a new one.
type HaltedError struct {
	Why string
}

func (e *HaltedError) Error() string { return "node: halted: " + e.Why }

// A PanicError says that the node stopped because of a fault in this program:
// please report it with the stack.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("node: internal error: %v", e.Value) }

func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

package trace

import (
	"errors"
	"fmt"
)

// FormatError says that a file is not a trace this package can read.
type FormatError struct {
	File   string // as given to NewReader or Read
	Line   int    // counted from 1, the header's line
	Reason string
	Advice string // what to do about it
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("trace: %s:%d: %s; %s", e.File, e.Line, e.Reason, e.Advice)
}

type (
	missingFieldError   string
	unknownEventError   string
	unknownVersionError int
)

func (f missingFieldError) Error() string   { return fmt.Sprintf("the line has no field %q", string(f)) }
func (e unknownEventError) Error() string   { return fmt.Sprintf("unknown event %q", string(e)) }
func (v unknownVersionError) Error() string { return fmt.Sprintf("the trace has version %d", int(v)) }

var (
	errNotTrace = errors.New("the first line is not the header of a trace")
	errLong     = fmt.Errorf("the line is longer than %d bytes", MaxLine)
)

// advice tells a user what to do about err.
func advice(err error) string {
	var event unknownEventError
	var version unknownVersionError
	switch {
	case errors.As(err, &event), errors.As(err, &version):
		return fmt.Sprintf("this program reads version %d: use the program that wrote the trace, or a newer one", Version)
	case errors.Is(err, errNotTrace):
		return "give a file that cohort wrote as a trace"
	default:
		return "the file is damaged or was edited: repair the line, or delete it and what follows"
	}
}

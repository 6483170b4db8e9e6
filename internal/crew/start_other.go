//go:build !linux

package crew

import (
	"errors"
	"os"
)

// starter starts processes, which end with their standard input.
func starter(starts <-chan start) {
	for s := range starts {
		if s.place.Apart || len(s.place.Processors) > 0 {
			s.err <- errors.ErrUnsupported
			continue
		}
		s.err <- s.cmd.Start()
	}
}

func pause(*os.Process) error { return errors.ErrUnsupported }

func resume(*os.Process) error { return errors.ErrUnsupported }

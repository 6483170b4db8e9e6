package trace

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Run is what the files of one run say together.
type Run struct {
	Clock   Clock    // empty if every file was torn within its header
	Records []Record // ordered as Merge does
	Torn    []string // files whose last line was cut short
}

// Read reads all files of one run. The files must agree on the clock and on the
// name of the run.
func Read(paths ...string) (*Run, error) {
	run := &Run{}
	var first Header
	var named string // the file first comes from
	var parts [][]Record
	for _, path := range paths {
		header, records, torn, err := readFile(path)
		if err != nil {
			return nil, err
		}
		if torn {
			run.Torn = append(run.Torn, path)
		}
		if header.Clock == "" {
			continue
		}
		if named == "" {
			first, named = header, path
		}
		if header.Clock != first.Clock || header.Run != first.Run {
			return nil, fmt.Errorf("trace: %s (run %q, %s clock) and %s (run %q, %s clock) are not of one run; read them apart",
				named, first.Run, first.Clock, path, header.Run, header.Clock)
		}
		parts = append(parts, records)
	}
	run.Clock, run.Records = first.Clock, Merge(parts...)
	return run, nil
}

func readFile(path string) (Header, []Record, bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return Header{}, nil, false, fmt.Errorf("trace: %w", err)
	}
	defer f.Close() // only read from: nothing can be lost
	in, err := NewReader(f, path)
	if err != nil {
		return Header{}, nil, false, err
	}
	var records []Record
	for {
		r, err := in.Next()
		if errors.Is(err, io.EOF) {
			return in.Header(), records, in.Torn(), nil
		}
		if err != nil {
			return Header{}, nil, false, err
		}
		records = append(records, r)
	}
}

package cost

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Marker is the function that a program has to pass to Measure as mark, and that
// must not be inlined, to be counted by Count: the tool knows it by its name.
const Marker = "main.mark"

// ErrNoTool reports that instructions were not counted, and all else was.
var ErrNoTool = errors.New("cost: valgrind is not installed: instructions are not counted")

// All measures each shape and writes the counts to out, for Count. It is to run in
// a process of its own.
func All(out io.Writer, mark func()) error {
	all := map[string]Counts{}
	for _, s := range Shapes() {
		c, err := Measure(s, mark)
		if err != nil {
			return fmt.Errorf("%v: %w", s, err)
		}
		all[s.String()] = c
	}
	return json.NewEncoder(out).Encode(all)
}

// environment makes counts steady: one goroutine runs at a time and is not
// interrupted, nothing is collected, and the program takes no path that only some
// processors have.
func environment() []string {
	return append(os.Environ(), "GOMAXPROCS=1", "GOGC=off", "GOMEMLIMIT=off", "GODEBUG=asyncpreemptoff=1,cpu.all=off")
}

// Count runs a command that calls All, and returns the counts by shape. With
// valgrind it counts instructions, all of the process between two marks; without,
// the error is ErrNoTool, and the other counts are good.
func Count(ctx context.Context, command ...string) (map[string]Counts, error) {
	tool, err := exec.LookPath("valgrind")
	if err != nil {
		all, err := run(ctx, command)
		return all, errors.Join(err, ErrNoTool)
	}
	dir, err := os.MkdirTemp("", "cost")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left there harms nobody
	out := filepath.Join(dir, "totals")
	all, err := run(ctx, append([]string{tool, "--tool=callgrind", "--callgrind-out-file=" + out, "--dump-before=" + Marker}, command...))
	if err != nil {
		return nil, err
	}
	for i, s := range Shapes() {
		// The first file is up to the first mark, the second up to the next, and so on.
		total, err := total(fmt.Sprintf("%s.%d", out, 2*i+2))
		if err != nil {
			return nil, err
		}
		c := all[s.String()]
		c.Instr = rounded(float64(total) / float64(s.Messages()))
		all[s.String()] = c
	}
	return all, nil
}

// run runs the command, whose output All wrote.
func run(ctx context.Context, command []string) (map[string]Counts, error) {
	var out, told bytes.Buffer
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), &out, &told
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("cost: %s: %w\n%s", strings.Join(command, " "), err, &told)
	}
	var all map[string]Counts
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		return nil, fmt.Errorf("cost: %s wrote no counts: %w", strings.Join(command, " "), err)
	}
	return all, nil
}

// total is how many instructions one of callgrind's files has in all.
func total(file string) (uint64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, fmt.Errorf("cost: valgrind found fewer calls of %s than there are (was the program built without names, as go run does?): %w", Marker, err)
	}
	defer func() { _ = f.Close() }() // it is only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if n, ok := strings.CutPrefix(lines.Text(), "totals: "); ok {
			return strconv.ParseUint(strings.TrimSpace(n), 10, 64)
		}
	}
	return 0, fmt.Errorf("cost: valgrind wrote no totals into %s", file)
}

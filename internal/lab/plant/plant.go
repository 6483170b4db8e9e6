// Package plant builds programs of this module with a bug planted in the core:
// a change to one file of the source that breaks it in one known way, compiled in
// by an overlay and never by a switch. Tests prove with it that what should find
// bugs does.
package plant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Bug is a mistake that somebody could make in the core.
type Bug struct {
	Name, Story string
	File        string // from the module's root
	Old, New    string
	Faults      string
	Sites       string // "" for the simulator's own choice
	Seeds       string
	Tale        string // in place of these, the story that goes wrong,
	Same        string // or what the test says by which runs that must be alike differ
	Want        string // what has to be reported: one of these, with commas
}

// Dir is where the bugs are, from the module's root.
const Dir = "internal/lab/testdata/bugs"

// Named reads the bug of that name. Root is the module's directory.
func Named(root, name string) (*Bug, error) {
	return read(filepath.Join(root, Dir, name+".txt"))
}

// All reads all bugs, in order of their names.
func All(root string) ([]*Bug, error) {
	paths, err := filepath.Glob(filepath.Join(root, Dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var bugs []*Bug
	for _, path := range paths {
		b, err := read(path)
		if err != nil {
			return nil, err
		}
		bugs = append(bugs, b)
	}
	return bugs, nil
}

// read reads a file: lines of "key: value", of which story may be repeated, then
// the old text after a line "--- old" and the new one after "--- new".
func read(path string) (*Bug, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	head, rest, ok1 := strings.Cut(string(text), "--- old\n")
	was, now, ok2 := strings.Cut(rest, "--- new\n")
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("%s: want an old and a new text", path)
	}
	b := &Bug{Name: strings.TrimSuffix(filepath.Base(path), ".txt"), Old: was, New: now}
	keys := map[string]*string{"story": &b.Story, "file": &b.File, "faults": &b.Faults, "sites": &b.Sites, "seeds": &b.Seeds, "want": &b.Want, "tale": &b.Tale, "same": &b.Same}
	for line := range strings.Lines(head) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		field := keys[key]
		if !ok || field == nil {
			return nil, fmt.Errorf("%s: line %q: want one of story, file, tale, same, faults, sites, seeds, want", path, line)
		}
		*field = strings.TrimSpace(*field + " " + value)
	}
	needed := map[string]string{"story": b.Story, "file": b.File, "want": b.Want}
	if b.Tale == "" && b.Same == "" {
		maps.Copy(needed, map[string]string{"faults": b.Faults, "seeds": b.Seeds})
	}
	for key, value := range needed {
		if value == "" {
			return nil, fmt.Errorf("%s: no %s", path, key)
		}
	}
	return b, nil
}

// mutated is the source file with the bug in it.
func (b *Bug) mutated(root string) ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(root, b.File))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(source, []byte(b.Old)); n != 1 {
		return nil, fmt.Errorf("the old text occurs %d times in %s, want once: adapt the bug to the core", n, b.File)
	}
	return bytes.Replace(source, []byte(b.Old), []byte(b.New), 1), nil
}

// Build builds a command of the module with the bug in it, as a file in dir.
func (b *Bug) Build(ctx context.Context, root, dir, command string) (program string, err error) {
	return b.build(ctx, root, dir, command, "build")
}

// BuildTest does the same for the tests of a package.
func (b *Bug) BuildTest(ctx context.Context, root, dir, tests string) (program string, err error) {
	return b.build(ctx, root, dir, tests, "test", "-c")
}

func (b *Bug) build(ctx context.Context, root, dir, what string, how ...string) (program string, err error) {
	source, err := b.mutated(root)
	if err != nil {
		return "", err
	}
	file, err := filepath.Abs(filepath.Join(root, b.File))
	if err != nil {
		return "", err
	}
	mutant, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{file: mutant}})
	if err != nil {
		return "", err
	}
	program = filepath.Join(dir, filepath.Base(what))
	if err := errors.Join(os.WriteFile(mutant, source, 0o666), os.WriteFile(overlay, list, 0o666)); err != nil {
		return "", err
	}
	// Nobody debugs the program, and so it is linked in a few tenths of a second less.
	build := exec.CommandContext(ctx, "go", append(how, "-ldflags=-s -w", "-overlay", overlay, "-o", program, what)...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
}

package lab

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
	"testing"
	"time"
)

// bug is a mistake that somebody could make in the core: one file of
// testdata/bugs.
type bug struct {
	name, story string
	file        string // from the module's root
	old, new    string
	faults      string
	sites       string // "" for the simulator's own choice
	seeds       string
	want        string // what has to be reported: one of these, with commas
	tale        string // or the story that goes wrong, in place of all these
	same        string // or what the test says by which runs that must be alike differ
}

// readBug reads a file of testdata/bugs: lines of "key: value", of which story
// may be repeated, then the old text after a line "--- old" and the new one
// after "--- new".
func readBug(path string) (*bug, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	head, rest, ok1 := strings.Cut(string(text), "--- old\n")
	was, now, ok2 := strings.Cut(rest, "--- new\n")
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("%s: want an old and a new text", path)
	}
	b := &bug{name: strings.TrimSuffix(filepath.Base(path), ".txt"), old: was, new: now}
	keys := map[string]*string{"story": &b.story, "file": &b.file, "faults": &b.faults, "sites": &b.sites, "seeds": &b.seeds, "want": &b.want, "tale": &b.tale, "same": &b.same}
	for line := range strings.Lines(head) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		field := keys[key]
		if !ok || field == nil {
			return nil, fmt.Errorf("%s: line %q: want one of story, file, tale, same, faults, sites, seeds, want", path, line)
		}
		*field = strings.TrimSpace(*field + " " + value)
	}
	needed := map[string]string{"story": b.story, "file": b.file}
	if b.tale == "" && b.same == "" {
		maps.Copy(needed, map[string]string{"faults": b.faults, "seeds": b.seeds, "want": b.want})
	}
	for key, value := range needed {
		if value == "" {
			return nil, fmt.Errorf("%s: no %s", path, key)
		}
	}
	return b, nil
}

func readBugs(t *testing.T) []*bug {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "bugs", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var bugs []*bug
	for _, path := range paths {
		b, err := readBug(path)
		if err != nil {
			t.Fatal(err)
		}
		bugs = append(bugs, b)
	}
	return bugs
}

// root is the module's, seen from here.
const root = "../.."

// mutated is the source file with the bug in it.
func (b *bug) mutated() ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(root, b.file))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(source, []byte(b.old)); n != 1 {
		return nil, fmt.Errorf("the old text occurs %d times in %s, want once: adapt the bug to the core", n, b.file)
	}
	return bytes.Replace(source, []byte(b.old), []byte(b.new), 1), nil
}

// plant builds the hunting program with the bug in it.
func (b *bug) plant(ctx context.Context, dir string) (program string, err error) {
	source, err := b.mutated()
	if err != nil {
		return "", err
	}
	file, err := filepath.Abs(filepath.Join(root, b.file))
	if err != nil {
		return "", err
	}
	mutant, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{file: mutant}})
	if err != nil {
		return "", err
	}
	program = filepath.Join(dir, "hunt")
	if err := errors.Join(os.WriteFile(mutant, source, 0o666), os.WriteFile(overlay, list, 0o666)); err != nil {
		return "", err
	}
	how := []string{"build", "-overlay", overlay, "-o", program, "./internal/lab/hunt"}
	if b.same != "" {
		how = []string{"test", "-c", "-overlay", overlay, "-o", program, "./internal/metamorph"}
	}
	build := exec.CommandContext(ctx, "go", how...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
}

// hunt is how the hunting program is called.
func (b *bug) hunt() []string {
	if b.same != "" {
		return []string{"-test.run", "TestVariations"}
	}
	if b.tale != "" {
		return []string{"-story", filepath.Join(root, "internal/sim/testdata/stories", b.tale+".txt")}
	}
	args := []string{"-faults", b.faults, "-seeds", b.seeds, "-want", b.want}
	if b.sites != "" {
		args = append(args, "-sites", b.sites)
	}
	return args
}

// found reports whether what the program printed, and how it ended, means that
// the bug was found: the hunting program succeeds then, and a test fails.
func (b *bug) found(out string, err error) bool {
	if b.same == "" {
		return err == nil
	}
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 1 && strings.Contains(out, b.same)
}

// Every bug that is planted in the core is caught, by what is there to catch it.
func TestPlantedBugsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the simulator once for each bug")
	}
	bugs := readBugs(t)
	if len(bugs) < 14 {
		t.Errorf("only %d bugs to plant", len(bugs))
	}
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			program, err := b.plant(ctx, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(ctx, program, b.hunt()...).CombinedOutput()
			if !b.found(string(out), err) {
				t.Fatalf("nobody noticed that … %s\n%v: %s", b.story, err, out)
			}
			found, _, _ := strings.Cut(string(out), "\n")
			t.Log(found)
		})
	}
}

package shrink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/lab/plant"
)

// root is the module's, seen from here.
const root = "../.."

// A seed that shows a planted bug shrinks to a handful of commands, which show it
// again, in the same words.
func TestPlantedBugsShrink(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command once for each bug, and tries hundreds of runs")
	}
	for _, x := range []struct {
		bug  string
		want []string
		size int // commands that may be left; the seed that is found first has some fewer
	}{
		{"safe-without-acks", []string{"U1", "U2"}, 10},
		{"causal-without-past", []string{"O2", "O3"}, 16},
		{"session-repeat-executes", []string{"C1"}, 14},
		{"heir-comes-last", []string{"M10", "M11"}, 14},
	} {
		t.Run(x.bug, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			dir := t.TempDir()
			b, err := plant.Named(root, x.bug)
			if err != nil {
				t.Fatal(err)
			}
			program, err := b.Build(ctx, root, dir, "./cmd/cohort")
			if err != nil {
				t.Fatal(err)
			}
			seed, property := failing(ctx, t, program, b.Faults, x.want)
			story, svg := filepath.Join(dir, "story.txt"), filepath.Join(dir, "run.svg")
			cmd := exec.CommandContext(ctx, program, "shrink", "--seed", fmt.Sprint(seed), "--faults", b.Faults,
				"--property", property, "-o", story, "--draw", svg)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			t.Logf("seed %d\n%s", seed, strings.Join(lines[len(lines)-3:], "\n"))
			text := replayed(ctx, t, program, story, property)
			if n := commands(text); n > x.size {
				t.Errorf("%d commands are left, want at most %d:\n%s", n, x.size, text)
			}
			if _, err := os.Stat(svg); err != nil {
				t.Error(err)
			}
		})
	}
}

// failing is the first seed that breaks one of the properties.
func failing(ctx context.Context, t *testing.T, program, faults string, want []string) (seed uint64, property string) {
	t.Helper()
	for first := 0; first < 60; first += 6 {
		out, _ := exec.CommandContext(ctx, program, "sim", "--json", "--seeds", "6", "--first", fmt.Sprint(first), "--faults", faults).Output()
		for line := range strings.Lines(string(out)) {
			var f struct {
				Seed     uint64
				Property string
			}
			if json.Unmarshal([]byte(line), &f) == nil && slices.Contains(want, f.Property) {
				return f.Seed, f.Property
			}
		}
	}
	t.Fatalf("no seed breaks any of %v", want)
	return 0, ""
}

// replayed plays a story again: it goes wrong in the same words.
func replayed(ctx context.Context, t *testing.T, program, story, property string) string {
	t.Helper()
	text, err := os.ReadFile(story)
	if err != nil {
		t.Fatal(err)
	}
	again, err := exec.CommandContext(ctx, program, "sim", "--replay", story).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("played again it ends with %v, want exit code 1", err)
	}
	if string(again) != string(text) {
		t.Errorf("played again it goes otherwise:\n%s\nand not\n%s", again, text)
	}
	if !strings.Contains(string(again), " "+property+": ") {
		t.Errorf("%s is not broken any more:\n%s", property, again)
	}
	return string(text)
}

// commands counts the commands of a story.
func commands(text string) (n int) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

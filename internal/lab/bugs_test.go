package lab

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/lab/plant"
)

// root is the module's, seen from here.
const root = "../.."

// hunt is how the hunting program is called for a bug.
func hunt(b *plant.Bug) []string {
	if b.Tale != "" {
		return []string{"-story", filepath.Join(root, storiesDir, b.Tale+".txt"), "-want", b.Want}
	}
	if b.Same != "" {
		return []string{"-test.run", "TestVariations"}
	}
	args := []string{"-faults", b.Faults, "-seeds", b.Seeds, "-want", b.Want}
	if b.Sites != "" {
		args = append(args, "-sites", b.Sites)
	}
	return args
}

// found reports whether what the program printed, and how it ended, means that
// the bug was found: the hunting program succeeds then, and a test fails.
func found(b *plant.Bug, out string, err error) bool {
	if b.Same == "" {
		return err == nil
	}
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 1 && strings.Contains(out, b.Same)
}

// Every bug that is planted in the core is caught, by what is there to catch it.
func TestPlantedBugsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the simulator once for each bug")
	}
	bugs, err := plant.All(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(bugs) < 30 {
		t.Errorf("only %d bugs to plant", len(bugs))
	}
	for _, b := range bugs {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel() // one builds while another hunts
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			build, what := b.Build, "./internal/lab/hunt"
			if b.Same != "" {
				build, what = b.BuildTest, "./internal/metamorph"
			}
			program, err := build(ctx, root, t.TempDir(), what)
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(ctx, program, hunt(b)...).CombinedOutput()
			if !found(b, string(out), err) {
				t.Fatalf("nobody noticed that … %s\n%v: %s", b.Story, err, out)
			}
			first, _, _ := strings.Cut(string(out), "\n")
			t.Log(first)
		})
	}
}

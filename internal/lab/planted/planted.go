// Package planted hunts down the bugs that package plant knows how to plant: each is
// caught by what is there to catch it, the judges, a story, or a test. Its tests are in
// two packages, core and parts, for go test gives each package its own ten minutes.
package planted

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

const (
	root    = "../../../.." // the module's, seen from the packages with the tests
	stories = "internal/sim/testdata/stories"
)

// AreFound plants the bugs that are chosen by the directory of the file that is
// changed, one after the other, and has them hunted. They are at least so many.
func AreFound(t *testing.T, least int, chosen func(dir string) bool) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the simulator once for each bug")
	}
	bugs, err := plant.All(root)
	if err != nil {
		t.Fatal(err)
	}
	planted := 0
	for _, b := range bugs {
		if !chosen(filepath.Dir(b.File)) {
			continue
		}
		planted++
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel() // one builds while another hunts
			isFound(t, b)
		})
	}
	if planted < least {
		t.Errorf("only %d bugs to plant", planted)
	}
}

func isFound(t *testing.T, b *plant.Bug) {
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
}

// hunt is how the hunting program is called for a bug.
func hunt(b *plant.Bug) []string {
	if b.Tale != "" {
		return []string{"-story", filepath.Join(root, stories, b.Tale+".txt"), "-want", b.Want}
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

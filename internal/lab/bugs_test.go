package lab

import (
	"context"
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
	args := []string{"-faults", b.Faults, "-seeds", b.Seeds, "-want", b.Want}
	if b.Sites != "" {
		args = append(args, "-sites", b.Sites)
	}
	return args
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
	if len(bugs) < 14 {
		t.Errorf("only %d bugs to plant", len(bugs))
	}
	for _, b := range bugs {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel() // one builds while another hunts
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			program, err := b.Build(ctx, root, t.TempDir(), "./internal/lab/hunt")
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(ctx, program, hunt(b)...).CombinedOutput()
			if err != nil {
				t.Fatalf("nobody noticed that … %s\n%v: %s", b.Story, err, out)
			}
			found, _, _ := strings.Cut(string(out), "\n")
			t.Log(found)
		})
	}
}

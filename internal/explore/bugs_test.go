package explore

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/lab/plant"
)

// root is the module's, seen from here.
const root = "../.."

// Bugs planted in the core show in tiny worlds.
func TestPlantedBugsShow(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the explorer once for each bug")
	}
	for _, x := range []struct {
		bug, world string
		want       []string
	}{
		{"causal-without-past", "causal-crash", []string{"O2", "O3"}},
		{"cut-by-minimum", "crash", []string{"panic", "V5", "V7"}},
		{"cut-not-forwarded", "crash", []string{"E1", "E2", "E4"}},
		{"cut-not-forwarded", "wrong-fifo", []string{"E1", "E2", "E4"}},
		{"flush-lacks-last-ack", "crash", []string{"E1", "E2", "E4", "V5"}},
		{"heir-comes-last", "replace", []string{"M10", "M11"}},
		{"joiner-applies-twice", "join", []string{"state", "T1", "T2"}},
		{"resend-off-by-one", "break", []string{"E2", "O1"}},
		{"safe-without-acks", "safe-crash", []string{"U1", "U2"}},
		{"takeover-forgets", "join-crash", []string{"M4", "M10", "M12"}},
	} {
		t.Run(x.bug+"/"+x.world, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			b, err := plant.Named(root, x.bug)
			if err != nil {
				t.Fatal(err)
			}
			program, err := b.Build(ctx, root, t.TempDir(), "./internal/explore/cmd")
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(ctx, program, "-worlds", x.world).CombinedOutput()
			lines := strings.Split(string(out), "\n")
			if err == nil || len(lines) < 3 {
				t.Fatalf("nothing shows, though … %s\n%s", b.Story, out)
			}
			_, found, _ := strings.Cut(lines[2], ": ")
			property, _, _ := strings.Cut(found, ":")
			if !slices.Contains(x.want, property) {
				t.Errorf("%s, want one of %v", lines[2], x.want)
			}
			t.Log(strings.Join(strings.Fields(lines[1]), " "), "|", lines[2])
		})
	}
}

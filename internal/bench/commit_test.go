package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"testing"
)

func TestCommitOfABuild(t *testing.T) {
	for _, c := range []struct{ revision, modified, want string }{
		{"67cd3cfb0a1d", "false", "67cd3cf"}, {"67cd3cfb0a1d", "true", "67cd3cf and changes"}, {"", "", ""},
	} {
		settings := []debug.BuildSetting{{Key: "-trimpath", Value: "true"}, {Key: "vcs.revision", Value: c.revision}, {Key: "vcs.modified", Value: c.modified}}
		if got := stamped(settings); got != c.want {
			t.Errorf("%q, modified %q: %q", c.revision, c.modified, got)
		}
	}
}

// The sources of this test are in a repository, or somebody has unpacked them.
func TestCommit(t *testing.T) {
	if c := Commit(); c != "" && !regexp.MustCompile(`^[0-9a-f]{4,}( and changes)?$`).MatchString(c) {
		t.Errorf("%q", c)
	}
}

func TestCommitOfADirectory(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
	if c := checkedOut(dir); c != "" {
		t.Errorf("no repository has %q", c)
	}
	if c := checkedOut(filepath.Join(dir, "none")); c != "" {
		t.Errorf("no directory has %q", c)
	}
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgSign=false", "commit", "--quiet", "--allow-empty", "-m", "first"},
	} {
		if _, err := git(dir, args...); err != nil {
			t.Fatalf("git %q: %v", args, err)
		}
	}
	clean := checkedOut(dir)
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c := checkedOut(dir); clean == "" || c != clean+" and changes" {
		t.Errorf("%q, and changed %q", clean, c)
	}
}

package bench

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// Commit is what this program was built from, as "67cd3cf" or "67cd3cf and changes";
// empty if nobody can tell. It is what the go command has put into the program, and
// where that puts nothing in, as with go run, what git says now of the sources.
func Commit() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if c := stamped(info.Settings); c != "" {
			return c
		}
	}
	_, file, _, _ := runtime.Caller(0)
	return checkedOut(filepath.Dir(file))
}

// stamped is the commit in the settings of a build.
func stamped(settings []debug.BuildSetting) string {
	var revision, modified string
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			modified = s.Value
		}
	}
	const short = 7 // as git has it
	return commitText(revision[:min(short, len(revision))], modified == "true")
}

// checkedOut is the commit of a directory; empty if it is in no repository, or git
// is not there.
func checkedOut(dir string) string {
	revision, err := git(dir, "rev-parse", "--short", "HEAD")
	if err != nil {
		return ""
	}
	changes, err := git(dir, "status", "--porcelain")
	if err != nil {
		return ""
	}
	return commitText(revision, changes != "")
}

func git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"--no-optional-locks"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

func commitText(revision string, modified bool) string {
	if revision != "" && modified {
		return revision + " and changes"
	}
	return revision
}

package sim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every story goes as it is written. With -update what happens is written anew
// into the files, for review; what a story expects must hold in any case.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "stories", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 25 {
		t.Errorf("only %d stories", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			told, _, err := RunStory(string(text))
			if err != nil {
				t.Error(err)
			}
			if told == string(text) {
				return
			}
			if *update {
				if err := os.WriteFile(path, []byte(told), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			was := strings.Split(string(text), "\n")
			for i, line := range strings.Split(told, "\n") {
				if i >= len(was) || was[i] != line {
					t.Errorf("from line %d on it goes otherwise: run with -update and look at the difference\n%s", i+1, line)
					break
				}
			}
		})
	}
}

// Stories of bugs that are known and not mended go wrong, until they are: then
// they belong among the others.
func TestOpenStories(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "open", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := RunStory(string(text)); err == nil {
			t.Errorf("%s goes as it should: move it to testdata/stories", path)
		}
	}
}

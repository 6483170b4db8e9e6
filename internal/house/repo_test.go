package house

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is the path of the module under test.
const module = "github.com/cohortkit/cohort"

// root is the repository's directory.
var root = sync.OnceValue(func() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		panic("the house must stand two directories below go.mod: " + err.Error())
	}
	return dir
})

// walk calls visit for every file a reader of the repository sees, with its
// path relative to the root. Data for tests and fetched code are not our prose.
func walk(visit func(path string)) error {
	return filepath.WalkDir(root(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			hidden := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
			foreign := name == "testdata" || name == "node_modules" || name == "vendor" || name == "bin"
			if path != root() && (hidden || foreign) {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root(), path)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(rel))
		return nil
	})
}

// A source is one Go file of the repository, of any of its modules.
type source struct {
	path string // relative to the root
	text string
	fset *token.FileSet
	file *ast.File
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// line is the line of pos.
func (s source) line(pos token.Pos) int { return s.fset.Position(pos).Line }

func parse(path, text string) (source, error) { return parseInto(token.NewFileSet(), path, text) }

func parseInto(fset *token.FileSet, path, text string) (source, error) {
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: path, text: text, fset: fset, file: file}, err
}

// mustParse is parse for sources written in a test.
func mustParse(t *testing.T, path, text string) source {
	t.Helper()
	s, err := parse(path, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var loadSources = sync.OnceValues(func() ([]source, error) {
	var all []source
	var errs []error
	err := walk(func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		text, err := os.ReadFile(filepath.Join(root(), path))
		if err != nil {
			errs = append(errs, err)
			return
		}
		s, err := parse(path, string(text))
		if err != nil {
			errs = append(errs, err)
			return
		}
		if !ast.IsGenerated(s.file) {
			all = append(all, s)
		}
	})
	return all, errors.Join(append(errs, err)...)
})

// sources is every Go file that people write.
func sources(t *testing.T) []source {
	t.Helper()
	all, err := loadSources()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Fatalf("found %d Go files: the walk is broken", len(all))
	}
	return all
}

// A listed package, as `go list -json` tells it.
type listed struct {
	ImportPath                         string
	Dir                                string
	Export                             string
	Standard                           bool
	GoFiles, CgoFiles                  []string
	IgnoredGoFiles, OtherFiles         []string
	Imports, TestImports, XTestImports []string
}

// OtherFiles is what go list spreads over many fields; only assembly matters here.
func (p *listed) UnmarshalJSON(data []byte) error {
	type plain listed
	extra := struct {
		*plain
		SFiles, CFiles, SysoFiles []string
	}{plain: (*plain)(p)}
	if err := json.Unmarshal(data, &extra); err != nil {
		return err
	}
	p.OtherFiles = slices.Concat(extra.SFiles, extra.CFiles, extra.SysoFiles)
	return nil
}

// goList runs `go list -json` at the root.
func goList(args ...string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir = root()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		}
		all = append(all, p)
	}
}

var loadPackages = sync.OnceValues(func() ([]listed, error) { return goList("./...") })

// packages is every package of the main module.
func packages(t *testing.T) []listed {
	t.Helper()
	all, err := loadPackages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// short is a package's name from the module's root ("." is the root itself),
// or its import path when it is of another module.
func short(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// ours tells the module's own packages.
func ours(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

// standard tells the standard library's packages: no dot in the first element.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// within says whether pattern, a package or "dir/...", holds path.
func within(pattern, path string) bool {
	dir, tree := strings.CutSuffix(pattern, "/...")
	return path == dir || tree && strings.HasPrefix(path, dir+"/")
}

// table splits text into rows of so many columns separated by "|". Blank lines
// and lines starting with # are left out. No column may be empty.
func table(name, text string, columns int) ([][]string, error) {
	var rows [][]string
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.SplitN(line, "|", columns)
		for j := range row {
			row[j] = strings.TrimSpace(row[j])
		}
		if len(row) != columns || slices.Contains(row, "") {
			return nil, fmt.Errorf("%s:%d: want %d columns separated by |, none empty: %q", name, i+1, columns, line)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// mustRead is the text of a file of this package.
func mustRead(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// report fails the test with each complaint.
func report(t *testing.T, complaints []string) {
	t.Helper()
	for _, c := range complaints {
		t.Error(c)
	}
}

// expect compares complaints with the texts they must contain, in order.
func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = strings.Contains(got[i], want[i])
	}
	if !ok {
		t.Errorf("complaints:\n  %s\nwant, in order, texts with:\n  %s",
			strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

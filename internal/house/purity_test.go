package house

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// refused are names of allowed packages that a pure package may not use.
var refused = map[string]string{
	"fmt.Print":   "it has no terminal",
	"fmt.Printf":  "it has no terminal",
	"fmt.Println": "it has no terminal",
	"fmt.Scan":    "it has no terminal",
	"fmt.Scanf":   "it has no terminal",
	"fmt.Scanln":  "it has no terminal",
	"io.Pipe":     "its ends wait for each other",
	"iter.Pull":   "it starts a coroutine",
	"iter.Pull2":  "it starts a coroutine",

	// Of packages that a line of policy.txt may add.
	"time.Now":       clockless,
	"time.Since":     clockless,
	"time.Until":     clockless,
	"time.Sleep":     clockless,
	"time.After":     clockless,
	"time.AfterFunc": clockless,
	"time.Tick":      clockless,
	"time.NewTimer":  clockless,
	"time.NewTicker": clockless,
}

const clockless = "it is told the time"

// A purity check reads one package and collects complaints.
type purity struct {
	source
	info       *types.Info
	allowed    []string     // standard packages
	marks      map[int]bool // marked lines, true once the mark was needed
	complaints []string
}

func (p *purity) complain(at ast.Node, format string, args ...any) {
	p.complaints = append(p.complaints, fmt.Sprintf("%s:%d: ", p.path, p.line(at.Pos()))+fmt.Sprintf(format, args...))
}

// checkFile complains about all that makes a run depend on more than its inputs.
func (p *purity) checkFile() {
	p.readMarks()
	for _, spec := range p.file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		if standard(path) && !slices.Contains(p.allowed, path) {
			p.complain(spec, "a pure package may not import %s (internal/house/pure.txt lists what it may)", path)
		}
	}
	var stack []ast.Node
	ast.Inspect(p.file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		p.checkNode(n, stack)
		stack = append(stack, n)
		return true
	})
	for line, used := range p.marks {
		if !used {
			p.complaints = append(p.complaints, fmt.Sprintf("%s:%d: %q marks nothing", p.path, line, mark))
		}
	}
}

// readMarks notes the marked lines and refuses build constraints.
func (p *purity) readMarks() {
	p.marks = map[int]bool{}
	for _, group := range p.file.Comments {
		for _, c := range group.List {
			if constraint.IsGoBuild(c.Text) {
				p.complain(c, "a pure package is the same everywhere: no build constraints")
			}
			rest, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(c.Text, "//")), mark)
			if !ok {
				continue
			}
			if strings.TrimSpace(rest) == "" {
				p.complain(c, "%q needs a reason", mark)
			}
			// Beside a statement the mark is for it, else for what is below the comment.
			line := p.line(c.Pos())
			if p.alone(c) {
				line = p.line(group.End()) + 1
			}
			p.marks[line] = false
		}
	}
}

func (p *purity) checkNode(n ast.Node, above []ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		p.complain(n, "a pure package starts no goroutine")
	case *ast.SelectStmt:
		p.complain(n, "a pure package does not select")
	case *ast.ChanType:
		p.complain(n, "a pure package has no channels")
	case *ast.SendStmt:
		p.complain(n, "a pure package has no channels")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			p.complain(n, "a pure package has no channels")
		}
	case *ast.Ident:
		p.checkUse(n, above)
	case *ast.RangeStmt:
		p.checkRange(n, above)
	}
}

// checkUse looks at what an identifier stands for.
func (p *purity) checkUse(id *ast.Ident, above []ast.Node) {
	switch obj := p.info.Uses[id].(type) {
	case *types.Builtin:
		if name := obj.Name(); name == "print" || name == "println" || name == "close" {
			p.complain(id, "a pure package does not call %s", name)
		}
	case *types.Func:
		if obj.Pkg() == nil || obj.Signature().Recv() != nil {
			return
		}
		name := obj.Pkg().Path() + "." + obj.Name()
		if why := refused[name]; why != "" {
			p.complain(id, "a pure package does not call %s: %s", name, why)
		}
		if name == "maps.Keys" || name == "maps.Values" || name == "maps.All" {
			if !p.sortedAtOnce(above) && !p.marked(id) {
				p.complain(id, "%s comes in any order: put slices.Sorted around it, or say \"// %s why\"", name, mark)
			}
		}
	}
}

// checkPurity type-checks the files of one package and looks at each.
func checkPurity(path string, files []source, allowed []string, imports types.Importer) ([]string, error) {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}}
	var syntax []*ast.File
	for _, f := range files {
		syntax = append(syntax, f.file)
	}
	config := types.Config{Importer: imports}
	if _, err := config.Check(path, files[0].fset, syntax, info); err != nil {
		return nil, err
	}
	var complaints []string
	for _, f := range files {
		p := purity{source: f, info: info, allowed: allowed}
		p.checkFile()
		complaints = append(complaints, p.complaints...)
	}
	slices.Sort(complaints)
	return complaints, nil
}

// exports is an importer that reads what the compiler wrote for each package.
func exports(pkgs []listed) types.Importer {
	where := map[string]string{}
	for _, p := range pkgs {
		where[p.ImportPath] = p.Export
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(where[path])
	})
}

func readPure(t *testing.T) []string {
	t.Helper()
	rows, err := table("pure.txt", mustRead(t, "pure.txt"), 2)
	if err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for _, row := range rows {
		allowed = append(allowed, row[0])
	}
	return allowed
}

func TestPurePackages(t *testing.T) {
	p := readPolicy(t)
	var pure []string
	for _, pkg := range packages(t) {
		if r, ok := p.find(short(pkg.ImportPath)); ok && r.pure && len(pkg.GoFiles) > 0 {
			pure = append(pure, pkg.ImportPath)
		}
	}
	if len(pure) == 0 {
		t.Fatal("no pure package found")
	}
	all, err := goList(append([]string{"-deps", "-export"}, pure...)...)
	if err != nil {
		t.Fatal(err)
	}
	allowed, imports := readPure(t), exports(all)
	for _, pkg := range all {
		if !slices.Contains(pure, pkg.ImportPath) {
			continue
		}
		for _, name := range slices.Concat(pkg.CgoFiles, pkg.IgnoredGoFiles, pkg.OtherFiles) {
			if !strings.HasSuffix(name, "_test.go") {
				t.Errorf("%s: %s: a pure package is Go, and the same everywhere", pkg.ImportPath, name)
			}
		}
		r, _ := p.find(short(pkg.ImportPath))
		complaints, err := checkPurity(pkg.ImportPath, readPackage(t, pkg), slices.Concat(allowed, r.may), imports)
		if err != nil {
			t.Error(err)
		}
		report(t, complaints)
	}
}

// readPackage parses a package's files into one file set.
func readPackage(t *testing.T, pkg listed) []source {
	t.Helper()
	fset := token.NewFileSet()
	var files []source
	for _, name := range pkg.GoFiles {
		text, err := os.ReadFile(filepath.Join(pkg.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		s, err := parseInto(fset, short(pkg.ImportPath)+"/"+name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, s)
	}
	return files
}

package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxExported is how many names the public package may export.
const maxExported = 41

// exported lists the exported top-level names, each as "kind Name".
func exported(all []source) (names []string) {
	add := func(kind string, id *ast.Ident) {
		if id.IsExported() {
			names = append(names, kind+" "+id.Name)
		}
	}
	for _, s := range all {
		if s.isTest() {
			continue
		}
		for _, decl := range s.file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add("func", d.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						add("type", spec.Name)
					case *ast.ValueSpec:
						for _, id := range spec.Names {
							add(strings.ToLower(d.Tok.String()), id)
						}
					}
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// readLedger parses lines of "kind Name | why".
func readLedger(text string) (names, complaints []string) {
	rows, err := table("api/cohort.txt", text, 2)
	if err != nil {
		return nil, []string{err.Error()}
	}
	kinds := []string{token.CONST.String(), token.VAR.String(), token.TYPE.String(), token.FUNC.String()}
	for _, row := range rows {
		fields := strings.Fields(row[0])
		if len(fields) != 2 || !slices.Contains(kinds, fields[0]) {
			complaints = append(complaints, fmt.Sprintf("api/cohort.txt: %q is not a kind and a name", row[0]))
			continue
		}
		name := strings.Join(fields, " ")
		if slices.Contains(names, name) {
			complaints = append(complaints, fmt.Sprintf("api/cohort.txt: two lines for %s", name))
		}
		names = append(names, name)
	}
	return names, complaints
}

// differ complains where the ledger and the code disagree, or are too long.
func differ(ledger string, code []string) []string {
	accepted, complaints := readLedger(ledger)
	for _, name := range code {
		if !slices.Contains(accepted, name) {
			complaints = append(complaints, fmt.Sprintf("api/cohort.txt: %s is exported without a line here: a name enters by decision", name))
		}
	}
	for _, name := range accepted {
		if !slices.Contains(code, name) {
			complaints = append(complaints, fmt.Sprintf("api/cohort.txt: %s is not exported: take its line out", name))
		}
	}
	if len(code) > maxExported {
		complaints = append(complaints, fmt.Sprintf("the public package exports %d names, at most %d", len(code), maxExported))
	}
	return complaints
}

func TestLedger(t *testing.T) {
	var public []source
	for _, s := range sources(t) {
		if path.Dir(s.path) == "." && !s.isTest() {
			public = append(public, s)
		}
	}
	if len(public) == 0 {
		t.Skip("the public package has no Go files yet: its names cannot be compared with api/cohort.txt")
	}
	text, err := os.ReadFile(filepath.Join(root(), "api", "cohort.txt"))
	if err != nil {
		t.Fatal(err)
	}
	report(t, differ(string(text), exported(public)))
}

func TestLedgerFindsPlantedNames(t *testing.T) {
	code := exported([]source{
		mustParse(t, "a.go", `package cohort
type Node struct{ Field int }
type ( View = int; hidden int )
const ( FIFO = iota; Causal; last )
var ErrHalted, errInner error
func Open() {}
func (Node) Close() {}
func helper() {}
`),
		mustParse(t, "a_test.go", "package cohort\nfunc TestOpen() {}\n"),
	})
	const ledger = `
# kind and name | why
const FIFO     | the weakest order
const Causal   | the second one
var ErrHalted  | a site learns that it was excluded
type Node      | a site
type View      | who is there
func Open      | makes a node
`
	expect(t, differ(ledger, code))
	expect(t, differ(ledger+"func Gone | it was there\n", code), "func Gone is not exported")
	expect(t, differ(strings.Replace(ledger, "func Open", "type Open", 1), code), "func Open is exported without", "type Open is not exported")
	expect(t, differ(ledger+"func Open | again\n", code), "two lines for func Open")
	expect(t, differ(ledger+"method Close | no\n", code), "is not a kind and a name")
	expect(t, differ(ledger+"func Why |\n", nil), "none empty")

	var many []string
	var lines strings.Builder
	for i := range maxExported + 1 {
		many = append(many, fmt.Sprintf("func F%d", i))
		fmt.Fprintf(&lines, "func F%d | why\n", i)
	}
	expect(t, differ(lines.String(), many), "exports 42 names, at most 41")
}

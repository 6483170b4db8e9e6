package house

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
	"testing"
)

// Lengths in lines. A file is one noun and a function one thought.
const (
	maxFile = 500
	maxFunc = 70
)

// funcName is a function's name; a method's is Type.Name.
func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	recv := f.Recv.List[0].Type
	if star, ok := recv.(*ast.StarExpr); ok {
		recv = star.X
	}
	switch generic := recv.(type) {
	case *ast.IndexExpr:
		recv = generic.X
	case *ast.IndexListExpr:
		recv = generic.X
	}
	return types.ExprString(recv) + "." + f.Name.Name
}

// tooLong complains about what is longer than allowed, or than excused.
func tooLong(all []source, except exceptions) (complaints []string) {
	measure := func(kind, where string, length, limit int) {
		if length <= limit {
			return
		}
		if excused, ok := except.excuse(kind, where); ok {
			limit = excused
		}
		if length > limit {
			complaints = append(complaints, fmt.Sprintf("%s: %d lines, at most %d: make two of it, or give a reason in internal/house/exceptions.txt (%s)",
				where, length, limit, kind))
		}
	}
	for _, s := range all {
		measure("file", s.path, strings.Count(s.text, "\n"), maxFile)
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				measure("func", s.path+":"+funcName(f), s.line(f.End())-s.line(f.Pos())+1, maxFunc)
			}
		}
	}
	return append(complaints, except.unused("file", "func")...)
}

func TestLengths(t *testing.T) {
	report(t, tooLong(sources(t), readExceptions(t)))
}

func TestLengthsFindPlantedOnes(t *testing.T) {
	function := func(name string, lines int) string {
		return "func " + name + "() {" + strings.Repeat("\n", lines-1) + "}\n"
	}
	all := []source{
		mustParse(t, "a.go", "package a\n"+function("long", 71)+function("fits", 70)+function("(x *X[T]) excused", 80)+function("(X) grown", 81)),
		mustParse(t, "b.go", "package b\n"+strings.Repeat("\n", 500)),
		mustParse(t, "c.go", "package c\n"+strings.Repeat("\n", 499)),
		mustParse(t, "d.go", "package d\n"+strings.Repeat("\n", 519)),
	}
	except, err := parseExceptions(`
func | a.go:X.excused | 80  | it is a table
func | a.go:X.grown   | 80  | it was shorter
func | a.go:fits      | 100 | it was longer
file | d.go           | 520 | it is a table
file | gone.go        | 520 | it was there
`)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, tooLong(all, except),
		"a.go:long: 71 lines, at most 70",
		"a.go:X.grown: 81 lines, at most 80",
		"b.go: 501 lines, at most 500",
		"func a.go:fits is no longer needed",
		"file gone.go is no longer needed")
}

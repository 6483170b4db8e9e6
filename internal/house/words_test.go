package house

import (
	"fmt"
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

// unfinished are the words that say a thing is not done. They are spelled apart
// here so that this file may be searched as well.
var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)

// promises complains about work put off in the code: it belongs to an issue.
func promises(all []source) (complaints []string) {
	for _, s := range all {
		n := 0
		for line := range strings.Lines(s.text) {
			n++
			if word := unfinished.FindString(line); word != "" {
				complaints = append(complaints, fmt.Sprintf("%s:%d: %s: do it, or open an issue", s.path, n, word))
			}
		}
	}
	return complaints
}

func TestNothingIsPutOff(t *testing.T) { report(t, promises(sources(t))) }

func TestPutOffFindsPlantedOnes(t *testing.T) {
	expect(t, promises([]source{
		mustParse(t, "a.go", "package a\n\n// TO"+"DO(x): later\nvar mastodon, xxx = 1, \"XX"+"XX\"\n"),
		mustParse(t, "b.go", "package b // FIX"+"ME\n"),
	}), "a.go:3: TO", "b.go:1: FIX")
}

// imported is the name under which a file imports a package, or "".
func imported(file *ast.File, path string) string {
	for _, spec := range file.Imports {
		if spec.Path.Value == `"`+path+`"` {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path[strings.LastIndex(path, "/")+1:]
		}
	}
	return ""
}

// isSelector says whether n is pkg.name.
func isSelector(n ast.Node, pkg, name string) bool {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok || pkg == "" || sel.Sel.Name != name {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg
}

// sleepers complains about tests that sleep in real time. Inside synctest.Test
// the clock is a fake one, and sleeping is how it moves.
func sleepers(all []source, except exceptions) (complaints []string) {
	for _, s := range all {
		clock, bubble := imported(s.file, "time"), imported(s.file, "testing/synctest")
		if !s.isTest() || clock == "" {
			continue
		}
		for _, decl := range s.file.Decls {
			where := s.path + ":"
			if f, ok := decl.(*ast.FuncDecl); ok {
				where += funcName(f)
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && isSelector(call.Fun, bubble, "Test") {
					return false
				}
				if isSelector(n, clock, "Sleep") {
					if _, ok := except.excuse("sleep", where); !ok {
						complaints = append(complaints, fmt.Sprintf("%s (line %d) sleeps: wait for the event, use synctest, or give a reason in internal/house/exceptions.txt",
							where, s.line(n.Pos())))
					}
				}
				return true
			})
		}
	}
	return append(complaints, except.unused("sleep")...)
}

func TestNoTestSleeps(t *testing.T) { report(t, sleepers(sources(t), readExceptions(t))) }

func TestSleepersFindsPlantedOnes(t *testing.T) {
	all := []source{
		mustParse(t, "a_test.go", `package a
import ("testing"; clock "time")
func TestA(t *testing.T) { clock.Sleep(clock.Second) }
func TestB(t *testing.T) { func() { nap := clock.Sleep; nap(1) }() }
func TestC(t *testing.T) { clock.Sleep(1) }
`),
		mustParse(t, "b_test.go", `package b
import ("testing"; "testing/synctest"; "time")
func TestD(t *testing.T) { synctest.Test(t, func(t *testing.T) { time.Sleep(time.Hour) }) }
func TestE(t *testing.T) { time.After(1) }
`),
		mustParse(t, "c.go", `package c
import "time"
func f() { time.Sleep(1) }
`),
	}
	except, err := parseExceptions("sleep | a_test.go:TestC | - | waits for the kernel\nsleep | b_test.go:TestE | - | once did")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, sleepers(all, except), "a_test.go:TestA", "a_test.go:TestB", "b_test.go:TestE is no longer needed")
}

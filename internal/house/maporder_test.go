package house

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// mark is how a line says that the order of a map's keys has no effect there.
const mark = "order does not matter:"

// alone says whether a comment has its line for itself.
func (p *purity) alone(c *ast.Comment) bool {
	before := p.text[:p.fset.Position(c.Pos()).Offset]
	return strings.TrimSpace(before[strings.LastIndex(before, "\n")+1:]) == ""
}

// marked says whether the line of n carries the mark.
func (p *purity) marked(n ast.Node) bool {
	line := p.line(n.Pos())
	_, ok := p.marks[line]
	if ok {
		p.marks[line] = true
	}
	return ok
}

// sortedAtOnce says whether the call whose function is being looked at is the
// argument of a sort: slices.Sorted(maps.Keys(m)).
func (p *purity) sortedAtOnce(above []ast.Node) bool {
	calls := 0
	for _, n := range slices.Backward(above) {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			switch n.(type) {
			case *ast.SelectorExpr, *ast.IndexExpr:
				continue
			}
			return false
		}
		if calls++; calls == 2 {
			switch p.callee(call) {
			case "slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc":
				return true
			}
			return false
		}
	}
	return false
}

// callee is the name of the package function that a call calls, or "".
func (p *purity) callee(call *ast.CallExpr) string {
	fun := ast.Unparen(call.Fun)
	if index, ok := fun.(*ast.IndexExpr); ok {
		fun = index.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if f, ok := p.info.Uses[sel.Sel].(*types.Func); ok && f.Pkg() != nil {
		return f.Pkg().Path() + "." + f.Name()
	}
	return ""
}

func (p *purity) checkRange(loop *ast.RangeStmt, above []ast.Node) {
	t := p.info.TypeOf(loop.X)
	switch {
	case t == nil:
		p.complain(loop, "cannot tell what this ranges over")
	case isKind[*types.Chan](t):
		p.complain(loop, "a pure package has no channels")
	case !isKind[*types.Map](t) || loop.Key == nil:
		// Only the keys of a map come in any order, and nobody asked for them.
	case !p.collectsForSort(loop, above) && !p.marked(loop):
		p.complain(loop, "the order of a map's keys differs from run to run: range over sorted keys, or say \"// %s why\"", mark)
	}
}

// isKind says whether t, or a type t may stand for, is of kind K.
func isKind[K types.Type](t types.Type) bool {
	if _, ok := t.Underlying().(K); ok {
		return true
	}
	param, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		return false
	}
	bound, ok := param.Constraint().Underlying().(*types.Interface)
	for i := 0; ok && i < bound.NumEmbeddeds(); i++ {
		switch e := bound.EmbeddedType(i).(type) {
		case *types.Union:
			for term := range e.Terms() {
				if isKind[K](term.Type()) {
					return true
				}
			}
		default:
			if isKind[K](e) {
				return true
			}
		}
	}
	return false
}

// collectsForSort says whether the loop does nothing but append to slices, each
// of which is sorted later in the same function.
func (p *purity) collectsForSort(loop *ast.RangeStmt, above []ast.Node) bool {
	var into []string
	if !collects(loop.Body.List, &into) || len(into) == 0 {
		return false
	}
	for _, n := range slices.Backward(above) {
		var body *ast.BlockStmt
		switch f := n.(type) {
		case *ast.FuncDecl:
			body = f.Body
		case *ast.FuncLit:
			body = f.Body
		default:
			continue
		}
		return !slices.ContainsFunc(into, func(name string) bool { return !p.sortedAfter(name, loop.End(), body) })
	}
	return false
}

// collects says whether all of list are x = append(x, …), perhaps under ifs.
func collects(list []ast.Stmt, into *[]string) bool {
	for _, stmt := range list {
		switch s := stmt.(type) {
		case *ast.IfStmt:
			if s.Init != nil || s.Else != nil || !collects(s.Body.List, into) {
				return false
			}
		case *ast.BranchStmt:
			if s.Tok != token.CONTINUE {
				return false
			}
		case *ast.AssignStmt:
			if len(s.Lhs) != 1 || len(s.Rhs) != 1 || s.Tok != token.ASSIGN {
				return false
			}
			call, ok := s.Rhs[0].(*ast.CallExpr)
			if !ok || len(call.Args) < 2 || types.ExprString(call.Fun) != "append" {
				return false
			}
			name := types.ExprString(s.Lhs[0])
			if types.ExprString(call.Args[0]) != name {
				return false
			}
			*into = append(*into, name)
		default:
			return false
		}
	}
	return true
}

// sorts are the functions that put their first argument in order.
var sorts = []string{
	"slices.Sort", "slices.SortFunc", "slices.SortStableFunc",
	"sort.Slice", "sort.SliceStable", "sort.Strings", "sort.Ints",
}

func (p *purity) sortedAfter(name string, pos token.Pos, body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && call.Pos() > pos && len(call.Args) > 0 && types.ExprString(call.Args[0]) == name {
			found = found || slices.Contains(sorts, p.callee(call))
		}
		return !found
	})
	return found
}

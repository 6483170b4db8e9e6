package house

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A rule is one line of policy.txt.
type rule struct {
	pkg  string
	pure bool
	may  []string
	why  string
}

type policy []rule

func parsePolicy(text string) (policy, error) {
	lists := map[string][]string{}
	var rest []string
	for line := range strings.Lines(text) {
		name, list, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if ok && strings.HasPrefix(name, "@") {
			lists[name] = strings.Fields(list)
		} else {
			rest = append(rest, line)
		}
	}
	rows, err := table("policy.txt", strings.Join(rest, ""), 4)
	if err != nil {
		return nil, err
	}
	var p policy
	for _, row := range rows {
		r := rule{pkg: row[0], pure: row[1] == "pure", why: row[3]}
		if !r.pure && row[1] != "free" {
			return nil, fmt.Errorf("policy.txt: %s: kind %q is neither pure nor free", r.pkg, row[1])
		}
		for item := range strings.FieldsSeq(row[2]) {
			list, known := lists[item]
			switch {
			case item == "-":
			case known:
				r.may = append(r.may, list...)
			case strings.HasPrefix(item, "@"):
				return nil, fmt.Errorf("policy.txt: %s: %s is not defined", r.pkg, item)
			default:
				r.may = append(r.may, item)
			}
		}
		if slices.ContainsFunc(p, func(o rule) bool { return o.pkg == r.pkg }) {
			return nil, fmt.Errorf("policy.txt: two lines for %s", r.pkg)
		}
		p = append(p, r)
	}
	return p, nil
}

// find is the rule for a package: its own line, or that of a tree which holds it.
func (p policy) find(pkg string) (rule, bool) {
	for _, r := range p {
		if r.pkg == pkg {
			return r, true
		}
	}
	for _, r := range p {
		if strings.HasSuffix(r.pkg, "/...") && within(r.pkg, pkg) {
			return r, true
		}
	}
	return rule{}, false
}

func (r rule) allows(path string) bool {
	return slices.ContainsFunc(r.may, func(pattern string) bool {
		return within(pattern, short(path)) || pattern == "outside" && !ours(path)
	})
}

// judge compares what packages import with the policy.
func (p policy) judge(pkgs []listed) (complaints []string) {
	complain := func(format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf(format, args...))
	}
	for _, pkg := range pkgs {
		name := short(pkg.ImportPath)
		r, ok := p.find(name)
		if !ok {
			complain("%s has no line in internal/house/policy.txt: add one, with its reason", name)
			continue
		}
		for _, path := range pkg.Imports {
			if !standard(path) && !r.allows(path) {
				complain("%s may not import %s (%s): see internal/house/policy.txt", name, short(path), r.why)
			}
		}
		for _, path := range slices.Concat(pkg.TestImports, pkg.XTestImports) {
			switch {
			case within("cmd/...", short(path)) && !within("cmd/...", name):
				complain("tests of %s may not import %s: commands are tested where they are", name, short(path))
			case within("internal/sim/...", name) && isRuntime(short(path)):
				complain("tests of %s may not import %s: the simulator stands in for the runtime", name, short(path))
			}
		}
	}
	return complaints
}

func isRuntime(pkg string) bool {
	return pkg == "internal/node" || pkg == "internal/transport" || pkg == "internal/journal"
}

// keeps says where the policy breaks what no line of it may change.
func (p policy) keeps() (complaints []string) {
	complain := func(r rule, item, because string) {
		complaints = append(complaints, fmt.Sprintf("policy.txt: %s may not list %s: %s", r.pkg, item, because))
	}
	for _, r := range p {
		if within("internal/...", r.pkg) && strings.HasSuffix(r.pkg, "/...") {
			complain(r, "a tree", "every internal package has a line of its own")
		}
		for _, item := range r.may {
			target, known := p.find(item)
			switch {
			case within("cmd/...", item) && r.pkg != "cmd/...":
				complain(r, item, "nobody imports a command")
			case within("examples/...", item) || item == "internal/house":
				complain(r, item, "nobody imports it")
			case !known && standard(item):
				if r.pure && !mayAddStandard(r.pkg) {
					complain(r, item, "pure.txt holds for it without exception")
				}
			case r.pure && (!known || !target.pure):
				complain(r, item, "a pure package imports pure packages only")
			case within("internal/core/...", r.pkg) && !within("internal/core/...", item):
				complain(r, item, "the core imports nothing but itself")
			case item == "internal/core" && !drives(r.pkg):
				complain(r, item, "the composition is driven by the simulator, the explorer, the runtime and what compares or counts them only")
			case isTool(r.pkg) && item != ".":
				complain(r, item, "a tool stands on the public package alone")
			}
		}
	}
	return complaints
}

// drives tells the packages that may give a core its inputs, or speak of them.
func drives(pkg string) bool {
	return slices.Contains([]string{"internal/sim", "internal/explore", "internal/metamorph", "internal/cost", "internal/node", "internal/node/gather", ".", "cohorttest"}, pkg)
}

// isTool tells the packages of the toolkit: those beside the public package.
func isTool(pkg string) bool {
	return pkg != "." && pkg != "cohorttest" && !strings.Contains(pkg, "/")
}

// mayAddStandard says whether the line of a pure package may add to pure.txt.
func mayAddStandard(pkg string) bool { return pkg == "internal/trace" || pkg == "internal/spacetime" }

func readPolicy(t *testing.T) policy {
	t.Helper()
	p, err := parsePolicy(mustRead(t, "policy.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicy(t *testing.T) {
	p := readPolicy(t)
	report(t, p.keeps())
	report(t, p.judge(packages(t)))
}

func TestPolicyFindsPlantedImports(t *testing.T) {
	p := readPolicy(t)
	planted := func(pkg string, imports ...string) []string {
		if pkg != "." {
			pkg = module + "/" + pkg
		} else {
			pkg = module
		}
		return p.judge([]listed{{ImportPath: pkg, Imports: imports}})
	}
	const internal = module + "/internal/"
	expect(t, planted("internal/core/order", internal+"core/id", internal+"core/msg", "slices"))
	expect(t, planted("internal/core/order", internal+"core/stable"), "may not import internal/core/stable")
	expect(t, planted("internal/core", internal+"core/stable", internal+"core/order"))
	expect(t, planted("internal/core", internal+"wire"), "may not import internal/wire")
	expect(t, planted("internal/sim", internal+"node", internal+"transport"), "internal/node", "internal/transport")
	expect(t, planted("internal/check", internal+"core"), "judges read traces")
	expect(t, planted("lock", module))
	expect(t, planted("lock", module+"/replica"), "may not import replica")
	expect(t, planted("examples/bank", module, module+"/lock"))
	expect(t, planted("examples/bank", internal+"core/id"), "may not import internal/core/id")
	expect(t, planted(".", internal+"node", "github.com/fxamacker/cbor/v2"))
	expect(t, planted(".", internal+"sim"), "may not import internal/sim")
	expect(t, planted("internal/node", "golang.org/x/sys/unix"))
	expect(t, planted("internal/node", "example.com/logger"), "may not import example.com/logger")
	expect(t, planted("cmd/cohort", "example.com/terminal", internal+"sim"))
	expect(t, planted("cmd/cohort", internal+"node"), "may not import internal/node")
	expect(t, planted("internal/newcomer"), "internal/newcomer has no line")

	expect(t, p.judge([]listed{{ImportPath: internal + "sim", XTestImports: []string{internal + "node"}}}),
		"the simulator stands in for the runtime")
	expect(t, p.judge([]listed{{ImportPath: internal + "trace", TestImports: []string{module + "/cmd/cohort"}}}),
		"commands are tested where they are")
}

func TestPolicyRefusesPlantedLines(t *testing.T) {
	const lines = `
@some               = internal/core/id internal/node
internal/trace      | pure | sync             | fine
internal/check      | pure | sync             | a lock
internal/core/id    | pure | -                | fine
internal/wire       | pure | internal/core/id | fine
internal/node       | free | internal/core/id | fine
internal/core/order | pure | @some            | impure
internal/core/gms   | pure | internal/wire    | outwards
internal/sub/...    | free | -                | a tree
lock                | free | replica          | sideways
replica             | free | cmd/cohort       | a command
`
	p, err := parsePolicy(lines)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, p.keeps(),
		"internal/check may not list sync: pure.txt",
		"internal/core/order may not list internal/node: a pure package",
		"internal/core/gms may not list internal/wire: the core imports nothing but itself",
		"internal/sub/... may not list a tree",
		"lock may not list replica: a tool stands",
		"replica may not list cmd/cohort: nobody imports a command")

	for _, bad := range []string{
		"a | free | -",                // no reason
		"a | free | - | ",             // an empty one
		"a | clean | - | why",         // unknown kind
		"a | free | @none | why",      // unknown list
		"a | free | -|w\na|free|-|w2", // twice
	} {
		if _, err := parsePolicy(bad); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}

package house

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inherited are the modules that whoever embeds a node inherits. There are no
// others, however useful: a library's dependencies are its users' dependencies.
var inherited = []string{
	"golang.org/x/net",
	"golang.org/x/sys",
	"github.com/fxamacker/cbor/v2",
	"github.com/x448/float16", // of cbor
}

// strangers complains about packages of modules that are not inherited.
func strangers(deps []listed) (complaints []string) {
	for _, p := range deps {
		if standard(p.ImportPath) || ours(p.ImportPath) {
			continue
		}
		if !slices.ContainsFunc(inherited, func(m string) bool { return within(m+"/...", p.ImportPath) }) {
			complaints = append(complaints, fmt.Sprintf("the library depends on %s: it may need %s and nothing else",
				p.ImportPath, strings.Join(inherited, ", ")))
		}
	}
	return complaints
}

// TestLibraryDependencies is for all that users import, not for the public
// package alone: the tools must not cost more than it does.
func TestLibraryDependencies(t *testing.T) {
	var library []string
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		program := within("cmd/...", name) || within("examples/...", name)
		if !program && !within("internal/...", name) && len(p.GoFiles) > 0 {
			library = append(library, p.ImportPath)
		}
	}
	if !slices.Contains(library, module) {
		t.Skip("the public package has no Go files yet: its dependencies cannot be listed")
	}
	deps, err := goList(append([]string{"-deps"}, library...)...)
	if err != nil {
		t.Fatal(err)
	}
	report(t, strangers(deps))
}

func TestLibraryDependenciesFindsPlantedOnes(t *testing.T) {
	expect(t, strangers([]listed{
		{ImportPath: "net/http"},
		{ImportPath: module + "/internal/node"},
		{ImportPath: "golang.org/x/net/ipv4"},
		{ImportPath: "github.com/fxamacker/cbor/v2"},
		{ImportPath: "golang.org/x/network"},
		{ImportPath: "example.com/logger"},
	}), "golang.org/x/network", "example.com/logger")
}

// required lists the modules that a go.mod requires by decision, not through others.
func required(mod string) (paths []string) {
	block := false
	for line := range strings.Lines(mod) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasSuffix(strings.TrimSpace(line), "// indirect"):
		case block && fields[0] == ")":
			block = false
		case ours(fields[0]):
		case block:
			paths = append(paths, fields[0])
		case fields[0] == "require" && len(fields) > 1 && fields[1] == "(":
			block = true
		case fields[0] == "require" && len(fields) > 1 && !ours(fields[1]):
			paths = append(paths, fields[1])
		}
	}
	return paths
}

// unexplained complains about requirements that the document does not name.
func unexplained(mod, doc string) (complaints []string) {
	for _, path := range required(mod) {
		if !strings.Contains(doc, "`"+path+"`") {
			complaints = append(complaints, fmt.Sprintf("go.mod requires %s, and docs/dependencies.md does not say why", path))
		}
	}
	return complaints
}

func TestDependenciesAreExplained(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root(), name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, mod := range []string{"go.mod", "bench/go.mod"} {
		report(t, unexplained(read(mod), read("docs/dependencies.md")))
	}
}

func TestDependenciesAreExplainedFindsPlantedOnes(t *testing.T) {
	const mod = `module example.com/m

require example.com/one v1.0.0

require github.com/cohortkit/cohort v0.0.0

require (
	github.com/cohortkit/cohort v0.0.0
	example.com/two v1.0.0
	example.com/three v1.0.0 // indirect
)

require example.com/four v1.0.0
`
	expect(t, unexplained(mod, "| `example.com/one` | why |"), "example.com/two", "example.com/four")
}

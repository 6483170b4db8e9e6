package plant

import (
	"go/parser"
	"go/token"
	"testing"
)

// Every planted bug fits the source as it is. To build it takes seconds, and minutes for
// all; this takes none.
func TestBugsFit(t *testing.T) {
	const root = "../../.."
	bugs, err := All(root)
	if err != nil || len(bugs) == 0 {
		t.Fatal(len(bugs), err)
	}
	for _, b := range bugs {
		source, err := b.mutated(root)
		if err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), b.File, source, parser.SkipObjectResolution); err != nil {
			t.Errorf("%s: %v", b.Name, err)
		}
	}
}

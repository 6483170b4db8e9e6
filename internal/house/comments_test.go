package house

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// undocumented complains about packages that do not say what they are for, or
// say it in two places. Packages of tests alone need not.
func undocumented(all []source) (complaints []string) {
	names, comments := map[string]string{}, map[string][]string{}
	for _, s := range all {
		if s.isTest() {
			continue
		}
		dir := path.Dir(s.path)
		names[dir] = s.file.Name.Name
		if s.file.Doc != nil {
			comments[dir] = append(comments[dir], s.file.Doc.Text())
		}
	}
	for dir, name := range names {
		texts := comments[dir]
		switch {
		case len(texts) == 0:
			complaints = append(complaints, fmt.Sprintf("%s: no package comment", dir))
		case len(texts) > 1:
			complaints = append(complaints, fmt.Sprintf("%s: %d package comments, want one", dir, len(texts)))
		case name != "main" && !strings.HasPrefix(texts[0], "Package "+name+" "):
			complaints = append(complaints, fmt.Sprintf("%s: the package comment does not start with \"Package %s \"", dir, name))
		case len(strings.Fields(texts[0])) < 6:
			complaints = append(complaints, fmt.Sprintf("%s: the package comment says nothing", dir))
		}
	}
	slices.Sort(complaints)
	return complaints
}

func TestPackageComments(t *testing.T) { report(t, undocumented(sources(t))) }

func TestPackageCommentsFindsPlantedOnes(t *testing.T) {
	expect(t, undocumented([]source{
		mustParse(t, "good/a.go", "// Package good is a good example of one.\npackage good\n"),
		mustParse(t, "good/b.go", "package good\n"),
		mustParse(t, "main/main.go", "// Cohort is the command line of the toolkit.\npackage main\n"),
		mustParse(t, "none/a.go", "// Detached comment, with a blank line below.\n\npackage none\n"),
		mustParse(t, "other/a.go", "// This package is about something or other.\npackage other\n"),
		mustParse(t, "short/a.go", "// Package short is short.\npackage short\n"),
		mustParse(t, "twice/a.go", "// Package twice says what it is.\npackage twice\n"),
		mustParse(t, "twice/b.go", "// Package twice says what it is.\npackage twice\n"),
		mustParse(t, "tests/a_test.go", "package tests\n"),
	}),
		"none: no package comment",
		"other: the package comment does not start with",
		"short: the package comment says nothing",
		"twice: 2 package comments")
}

package house

import (
	"fmt"
	"strconv"
	"testing"
)

// An exception excuses one thing from one rule, up to a limit.
type exception struct {
	kind, where string
	limit       int
	used        bool
}

type exceptions []*exception

func parseExceptions(text string) (exceptions, error) {
	rows, err := table("exceptions.txt", text, 4)
	if err != nil {
		return nil, err
	}
	var all exceptions
	for _, row := range rows {
		e := &exception{kind: row[0], where: row[1]}
		if e.kind != "sleep" {
			if e.limit, err = strconv.Atoi(row[2]); err != nil {
				return nil, fmt.Errorf("exceptions.txt: %s %s: limit %q is no number", e.kind, e.where, row[2])
			}
		}
		if e.kind != "file" && e.kind != "func" && e.kind != "sleep" {
			return nil, fmt.Errorf("exceptions.txt: unknown kind %q", e.kind)
		}
		if all.find(e.kind, e.where) != nil {
			return nil, fmt.Errorf("exceptions.txt: two lines for %s %s", e.kind, e.where)
		}
		all = append(all, e)
	}
	return all, nil
}

func (all exceptions) find(kind, where string) *exception {
	for _, e := range all {
		if e.kind == kind && e.where == where {
			return e
		}
	}
	return nil
}

// excuse says up to which limit something is excused; 0 is not at all.
func (all exceptions) excuse(kind, where string) (limit int, excused bool) {
	e := all.find(kind, where)
	if e == nil {
		return 0, false
	}
	e.used = true
	return e.limit, true
}

// unused complains about the exceptions of these kinds that nothing needed.
func (all exceptions) unused(kinds ...string) (complaints []string) {
	for _, e := range all {
		for _, kind := range kinds {
			if e.kind == kind && !e.used {
				complaints = append(complaints, fmt.Sprintf("exceptions.txt: %s %s is no longer needed: take it out", e.kind, e.where))
			}
		}
	}
	return complaints
}

func readExceptions(t *testing.T) exceptions {
	t.Helper()
	all, err := parseExceptions(mustRead(t, "exceptions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestExceptionsRefusePlantedLines(t *testing.T) {
	for _, bad := range []string{
		"file | a.go | 600",                                  // no reason
		"file | a.go | many | why",                           // no limit
		"line | a.go | 600 | why",                            // unknown kind
		"file | a.go | 600 | why\nfile | a.go | 700 | why",   // twice
		"sleep | a_test.go:TestA | - |",                      // an empty reason
		"file | a.go | 600 | why\n file a.go",                // not a row
		"func | a.go:f | | why",                              // no limit either
		"sleep | a_test.go:F | - | w\nsleep|a_test.go:F|-|w", // twice
	} {
		if _, err := parseExceptions(bad); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}

package service

import (
	"errors"
	"testing"

	"github.com/cohortkit/cohort/internal/twenty"
)

func reply(member, of, rows, matches int, version uint64) Part {
	return Part{Member: member, Of: of, Reply: twenty.Reply{Version: version, Tally: twenty.Tally{Rows: rows, Matches: matches}}}
}

func TestAssemble(t *testing.T) {
	vertical := twenty.Query{Column: "mpg"}
	horizontal := twenty.Query{Column: "mpg", Horizontal: true}
	for _, c := range []struct {
		name    string
		q       twenty.Query
		parts   []Part
		rows    int
		missing bool
		bad     bool
	}{
		{name: "one for all", q: vertical, parts: []Part{reply(2, 3, 10, 4, 1)}, rows: 10},
		{name: "two for all", q: vertical, parts: []Part{reply(2, 3, 10, 4, 1), reply(1, 3, 10, 4, 1)}, bad: true},
		{name: "nobody", q: vertical, missing: true},
		{name: "out of order", q: horizontal, parts: []Part{reply(1, 2, 4, 2, 7), reply(0, 2, 5, 0, 7)}, rows: 9},
		{name: "one failed", q: horizontal, parts: []Part{reply(1, 3, 4, 2, 7), reply(0, 3, 5, 0, 7)}, missing: true},
		{name: "two versions", q: horizontal, parts: []Part{reply(1, 2, 4, 2, 7), reply(0, 2, 5, 0, 8)}, bad: true},
		{name: "two versions and one failed", q: horizontal, parts: []Part{reply(1, 3, 4, 2, 7), reply(0, 3, 5, 0, 8)}, bad: true},
		{name: "one number twice", q: horizontal, parts: []Part{reply(1, 2, 4, 2, 7), reply(1, 2, 4, 2, 7)}, bad: true},
		{name: "two divisions", q: horizontal, parts: []Part{reply(1, 2, 4, 2, 7), reply(0, 3, 4, 2, 7)}, bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := assemble(c.q, c.parts)
			var bad *InconsistentError
			if errors.Is(err, errMissing) != c.missing || errors.As(err, &bad) != c.bad {
				t.Fatalf("error %v, want missing %v, inconsistent %v", err, c.missing, c.bad)
			}
			if a.Rows != c.rows {
				t.Errorf("answer about %d rows, want %d", a.Rows, c.rows)
			}
			for i, p := range a.Parts {
				if c.q.Horizontal && p.Member != i {
					t.Errorf("part %d is of member %d", i, p.Member)
				}
			}
		})
	}
}

func TestPartRoundTrip(t *testing.T) {
	want := reply(2, 3, 406, 85, 1<<40)
	b := appendPart(nil, want.Member, want.Of, want.Reply)
	got, err := parsePart(b)
	if err != nil || got != want {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
	for n := range len(b) {
		if _, err := parsePart(b[:n]); err == nil {
			t.Errorf("%d of %d bytes are a part", n, len(b))
		}
	}
	for _, wrong := range [][]byte{appendPart(nil, 3, 3, want.Reply), appendPart(nil, 0, 0, want.Reply), append(b, 0)} {
		if p, err := parsePart(wrong); err == nil {
			t.Errorf("%x is the part %v", wrong, p)
		}
	}
}

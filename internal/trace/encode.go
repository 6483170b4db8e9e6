package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Append appends the line of r, without its end, to b. The bytes depend on r
// alone. It fails on a fact that is not of package fact and on one that makes
// too long a line; b is then returned as it was.
func Append(b []byte, r Record) ([]byte, error) {
	if r.Fact == nil {
		return b, errors.New("trace: a record without a fact")
	}
	l := line{b}
	l.b = append(l.b, `{"t":`...)
	l.b = strconv.AppendInt(l.b, r.Time, 10)
	l.site("s", r.Site)
	l.text("e", r.Fact.Event())
	if !l.siteFact(r.Fact) && !l.groupFact(r.Fact) && !l.listFact(r.Fact) && !l.toolFact(r.Fact) && !l.callFact(r.Fact) {
		return b, fmt.Errorf("trace: no line for a fact of type %T", r.Fact)
	}
	l.b = append(l.b, '}')
	if n := len(l.b) - len(b); n > MaxLine {
		return b, fmt.Errorf("trace: a %s fact makes a line of %d bytes; %d are allowed", r.Fact.Event(), n, MaxLine)
	}
	return l.b, nil
}

func appendHeader(b []byte, h Header) []byte {
	l := line{append(b, `{"trace":"cohort","version":`...)}
	l.b = strconv.AppendInt(l.b, Version, 10)
	l.text("clock", string(h.Clock))
	if h.Site != 0 {
		l.site("site", h.Site)
	}
	l.optText("run", h.Run)
	return append(l.b, '}')
}

// line is a JSON object under construction. Its methods append one field each;
// those called opt leave out a zero value.
type line struct{ b []byte }

func (l *line) key(k string) {
	l.b = append(l.b, ',', '"')
	l.b = append(l.b, k...)
	l.b = append(l.b, '"', ':')
}

func (l *line) num(k string, v uint64) {
	l.key(k)
	l.b = strconv.AppendUint(l.b, v, 10)
}

func (l *line) optNum(k string, v uint64) {
	if v != 0 {
		l.num(k, v)
	}
}

// big writes a number as a string, for readers whose numbers are floats.
func (l *line) big(k string, v uint64) {
	l.key(k)
	l.b = append(l.b, '"')
	l.b = strconv.AppendUint(l.b, v, 10)
	l.b = append(l.b, '"')
}

func (l *line) optFlag(k string, v bool) {
	if v {
		l.key(k)
		l.b = append(l.b, "true"...)
	}
}

func (l *line) text(k, v string) {
	l.key(k)
	l.b = appendText(l.b, v)
}

func (l *line) optText(k, v string) {
	if v != "" {
		l.text(k, v)
	}
}

func (l *line) site(k string, v id.Site) {
	l.key(k)
	l.b = appendSite(l.b, v)
}

func (l *line) addr(k string, v id.Address) {
	l.key(k)
	l.b = appendAddress(l.b, v)
}

func (l *line) optAddr(k string, v id.Address) {
	if v != 0 {
		l.addr(k, v)
	}
}

func (l *line) sites(k string, v []id.Site) { appendList(l, k, v, appendSite) }

func (l *line) optSites(k string, v []id.Site) {
	if len(v) > 0 {
		l.sites(k, v)
	}
}

func (l *line) addrs(k string, v []id.Address) { appendList(l, k, v, appendAddress) }

func (l *line) optAddrs(k string, v []id.Address) {
	if len(v) > 0 {
		l.addrs(k, v)
	}
}

func (l *line) nums(k string, v []uint64) {
	appendList(l, k, v, func(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 10) })
}

func (l *line) members(k string, v []fact.Member) { appendList(l, k, v, appendMember) }

func (l *line) optRemovals(k string, v []fact.Removal) {
	if len(v) > 0 {
		appendList(l, k, v, appendRemoval)
	}
}

func appendList[T any](l *line, k string, list []T, one func([]byte, T) []byte) {
	l.key(k)
	l.b = append(l.b, '[')
	for i, v := range list {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.b = one(l.b, v)
	}
	l.b = append(l.b, ']')
}

func appendMember(b []byte, m fact.Member) []byte {
	l := line{append(append(b, `{"site":`...), appendSite(nil, m.Site)...)}
	l.optText("name", m.Name)
	l.num("weight", uint64(m.Weight))
	if m.Machine != 0 {
		l.big("machine", m.Machine)
	}
	return append(l.b, '}')
}

func appendRemoval(b []byte, r fact.Removal) []byte {
	l := line{append(append(b, `{"site":`...), appendSite(nil, r.Site)...)}
	l.text("evidence", r.Evidence)
	l.optSites("accusers", r.Accusers)
	return append(l.b, '}')
}

func appendSite(b []byte, s id.Site) []byte {
	b = append(b, '"')
	b = strconv.AppendUint(b, uint64(s), 36)
	return append(b, '"')
}

func appendAddress(b []byte, a id.Address) []byte {
	b = append(b, '"')
	switch {
	case a == 0:
		b = append(b, '-')
	case a.IsGroup():
		b = append(b, a.String()...)
	default:
		b = strconv.AppendUint(b, uint64(a.Site()), 36)
		b = append(b, '.')
		b = strconv.AppendUint(b, uint64(a.Local()), 10)
	}
	return append(b, '"')
}

// appendText quotes v as encoding/json does; plain text, the usual case, is copied.
func appendText(b []byte, v string) []byte {
	for i := range len(v) {
		c := v[i]
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(v)
			if err != nil {
				return append(b, `""`...) // cannot happen: every string has a JSON form
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, v...)
	return append(b, '"')
}

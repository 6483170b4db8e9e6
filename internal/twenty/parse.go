package twenty

import (
	"strconv"
	"strings"
)

// maxQuery bounds the text of a query: two strings of the largest size, each
// byte written as \x00, and the rest.
const maxQuery = 8*MaxString + 1024

// ParseQuery reads a query about a table with schema s, such as
//
//	price > 9000
//	*price > 9000         horizontal
//	[car] color = red     only about cars
//	*[car] model = "a \"b\""
//
// Spaces do not matter, except inside a string. A string runs to the end of the
// text, or is quoted as in Go. What is wrong is told by a *SyntaxError,
// *ColumnError, *OperatorError or *ValueError.
func ParseQuery(s *Schema, text string) (Query, error) {
	var q Query
	if len(text) > maxQuery {
		return q, &SyntaxError{Text: text, Reason: "too long"}
	}
	rest := strings.TrimSpace(text)
	if r, ok := strings.CutPrefix(rest, "*"); ok {
		q.Horizontal = true
		rest = strings.TrimSpace(r)
	}
	rest, err := q.parseCategory(rest)
	if err != nil {
		return Query{}, err
	}
	n := identifier(rest)
	if n == 0 {
		return Query{}, &SyntaxError{Text: text, Reason: "expected column, operator and value, as in price > 9000"}
	}
	q.Column = rest[:n]
	col := s.Index(q.Column)
	if col < 0 {
		return Query{}, &ColumnError{Name: q.Column, Known: s.Names()}
	}
	rest, err = q.parseOp(strings.TrimSpace(rest[n:]))
	if err != nil {
		return Query{}, err
	}
	if err := q.parseValue(s.columns[col], rest); err != nil {
		return Query{}, err
	}
	if err := q.Check(s); err != nil {
		return Query{}, err
	}
	return q, nil
}

// parseCategory reads [category], if text starts with it, and returns the rest.
func (q *Query) parseCategory(text string) (rest string, err error) {
	inner, ok := strings.CutPrefix(text, "[")
	if !ok {
		return text, nil
	}
	inner = strings.TrimSpace(inner)
	name, rest, closed := strings.Cut(inner, "]")
	name = strings.TrimSpace(name)
	if strings.HasPrefix(inner, `"`) {
		name, rest, err = unquote(inner)
		if err != nil {
			return "", err
		}
		rest, closed = strings.CutPrefix(strings.TrimSpace(rest), "]")
	}
	if !closed || name == "" {
		return "", &SyntaxError{Text: text, Reason: "expected a category in brackets, as in [car]"}
	}
	q.Category = name
	return strings.TrimSpace(rest), nil
}

// parseOp reads the operator and returns the rest.
func (q *Query) parseOp(text string) (rest string, err error) {
	n := len(text) - len(strings.TrimLeft(text, "=!<>"))
	for op := Equal; op.valid(); op++ {
		if text[:n] == opNames[op] {
			q.Op = op
			return strings.TrimSpace(text[n:]), nil
		}
	}
	if n == 0 {
		n = strings.IndexByte(text+" ", ' ')
	}
	return "", &OperatorError{Got: text[:n]}
}

// parseValue reads the value, of column c's kind.
func (q *Query) parseValue(c Column, text string) error {
	if c.Kind == KindNumber {
		v, ok := ParseNumber(text)
		if !ok {
			return &ValueError{Column: c.Name, Want: KindNumber, Got: brief(text)}
		}
		q.Value = v
		return nil
	}
	if text == "" {
		return &SyntaxError{Text: text, Reason: "expected a value after the operator; the empty string is \"\""}
	}
	if text[0] != '"' {
		q.Value = String(text)
		return nil
	}
	s, rest, err := unquote(text)
	if err != nil {
		return err
	}
	if rest != "" {
		return &SyntaxError{Text: text, Reason: "expected nothing after the quoted string"}
	}
	q.Value = String(s)
	return nil
}

// unquote reads the quoted string that text starts with.
func unquote(text string) (s, rest string, err error) {
	quoted, err := strconv.QuotedPrefix(text)
	if err == nil {
		s, err = strconv.Unquote(quoted)
	}
	if err != nil {
		return "", "", &SyntaxError{Text: text, Reason: "a quoted string does not end, or has a bad escape"}
	}
	return s, text[len(quoted):], nil
}

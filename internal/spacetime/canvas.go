package spacetime

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
)

// A canvas collects SVG elements. Attributes are given as pairs of name and
// value; a value is a string, an int or a float64.
type canvas struct {
	buf  bytes.Buffer
	path []string // open elements
}

// el writes an element without content.
func (c *canvas) el(name string, attrs ...any) {
	c.tag(name, attrs)
	c.buf.WriteString("/>\n")
}

// open begins an element that end closes.
func (c *canvas) open(name string, attrs ...any) {
	c.tag(name, attrs)
	c.buf.WriteString(">\n")
	c.path = append(c.path, name)
}

func (c *canvas) end() {
	last := len(c.path) - 1
	c.buf.WriteString("</" + c.path[last] + ">\n")
	c.path = c.path[:last]
}

// text writes an element that holds only text.
func (c *canvas) text(name, content string, attrs ...any) {
	c.tag(name, attrs)
	c.buf.WriteByte('>')
	c.escape(content)
	c.buf.WriteString("</" + name + ">\n")
}

// titled writes an element with a tooltip.
func (c *canvas) titled(title, name string, attrs ...any) {
	c.open(name, attrs...)
	c.text("title", title)
	c.end()
}

func (c *canvas) tag(name string, attrs []any) {
	c.buf.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		c.buf.WriteString(" " + attrs[i].(string) + `="`)
		switch v := attrs[i+1].(type) {
		case string:
			c.escape(v)
		case int:
			c.buf.WriteString(strconv.Itoa(v))
		case float64:
			c.buf.WriteString(num(v))
		}
		c.buf.WriteByte('"')
	}
}

// escape writes text as XML; what XML cannot hold becomes U+FFFD.
func (c *canvas) escape(s string) {
	xml.EscapeText(&c.buf, []byte(s)) //nolint:errcheck // a bytes.Buffer does not fail
}

// num writes a coordinate with at most one decimal.
func num(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 {
		v = 0 // no "-0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// segment is the path of a straight line.
func segment(a, b point) string { return "M" + a.String() + "L" + b.String() }

type point struct{ x, y float64 }

func (p point) String() string { return num(p.x) + "," + num(p.y) }

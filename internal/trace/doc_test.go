package trace

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// docs/trace.md is what strangers go by: it must name every event and field,
// and its example must be a trace, in our own bytes.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/trace.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for event := range decoders {
		kind := reflect.TypeOf(mustDecode(event))
		if !strings.Contains(doc, "`"+event+"`") {
			t.Errorf("event %q is not described", event)
		}
		for field := range kind.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !strings.Contains(doc, "`"+name+"`") {
				t.Errorf("field %q of %q is not described", name, event)
			}
			if name == "t" || name == "s" || name == "e" {
				t.Errorf("field %q of %q hides a field of the record", name, event)
			}
		}
	}
	_, example, _ := strings.Cut(doc, "```\n")
	example, _, _ = strings.Cut(example, "```")
	in, err := NewReader(strings.NewReader(example), "docs/trace.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(example, "\n")
	if got := string(appendHeader(nil, in.Header())); got != lines[0] {
		t.Errorf("the header is %s", got)
	}
	for _, line := range lines[1 : len(lines)-1] {
		r, err := in.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := Append(nil, r); string(got) != line {
			t.Errorf("the example has\n%s\nand we write\n%s", line, got)
		}
	}
}

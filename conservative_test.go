package cohort_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cohortkit/cohort"
)

// Who joins as conservative casts conservatively, but for what is FIFO; who does not,
// does not. What that is good for is the judges' to say (O10).
func TestConservative(t *testing.T) {
	s := newSystem(t, 1)
	var trace bytes.Buffer // read when the node is closed
	node := s.start(cohort.Config{Trace: &trace})
	join := func(name string, conservative bool) *cohort.Group {
		t.Helper()
		g, err := node.Join(s.ctx, name, cohort.GroupConfig{Conservative: conservative})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	plain, strong := join("plain", false), join("strong", true)
	for _, g := range []*cohort.Group{plain, strong} {
		for _, o := range []cohort.Order{cohort.FIFO, cohort.Causal, cohort.Total} {
			if err := g.Cast(s.ctx, o, note, cohort.Message{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Flush(s.ctx); err != nil {
			t.Fatal(err)
		}
	}
	address := `"` + plain.Address().String() + `"`
	if err := node.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(trace.String()) {
		if !strings.Contains(line, `"send"`) {
			continue
		}
		name := "strong"
		if strings.Contains(line, address) {
			name = "plain"
		}
		for _, order := range []string{"fifo", "causal", "total"} {
			if strings.Contains(line, `"`+order+`"`) {
				name += " " + order
			}
		}
		if strings.Contains(line, `"strong":true`) {
			name += " waits"
		}
		got = append(got, name)
	}
	want := "plain fifo, plain causal, plain total, strong fifo, strong causal waits, strong total waits"
	if list := strings.Join(got, ", "); list != want {
		t.Errorf("sent: %s,\nwant: %s", list, want)
	}
}

package netem

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Network{
		"1ms,0.1%,1gbit":   {time.Millisecond, 0.001, 1e9},
		"100mbit, 250us":   {250 * time.Microsecond, 0, 1e8},
		"5%":               {0, 0.05, 0},
		"0s":               {},
		"1s,50%,100gbit":   {time.Second, 0.5, 1e11},
		"1.5mbit,0%,100ms": {100 * time.Millisecond, 0, 1.5e6},
		"100kbit":          {0, 0, 1e5},
	} {
		n, err := Parse(text)
		if err != nil || n != want {
			t.Errorf("%q is %+v, %v; want %+v", text, n, err, want)
		}
		if again, err := Parse(n.String()); err != nil || again != n {
			t.Errorf("%q is written %q, which is %+v, %v", text, n, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "1", "1ms,", "2s", "-1ms", "51%", "-1%", "x%", "NaN%", "1bit", "99kbit", "101gbit", "NaNgbit", "xmbit",
		"1ms,2ms", "1%,1%", "1gbit,1mbit",
	} {
		if n, err := Parse(text); err == nil || n != (Network{}) {
			t.Errorf("%q is %+v, %v", text, n, err)
		}
	}
}

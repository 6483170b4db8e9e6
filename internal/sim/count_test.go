package sim

import (
	"maps"
	"testing"
)

// Steps of which it is known what they send.
func TestCount(t *testing.T) {
	const opening = "sites 4\njoin 1,2,3 g"
	for _, c := range []struct {
		step   string
		frames int
		want   map[string]int
	}{
		{"", 0, map[string]int{}},
		{"cast 3 g causal a", 2, map[string]int{"Data": 2}},
		{"cast 3 g total a", 4, map[string]int{"Data": 4}},
		{"call 4 g 1 causal q", 7, map[string]int{"Request": 1, "Data": 2, "RequestHeld": 1, "Replies": 3}},
	} {
		got, err := Count(opening, c.step)
		if err != nil || got.Frames != c.frames || !maps.Equal(got.Messages, c.want) {
			t.Errorf("%q: %v, %v", c.step, got, err)
		}
	}
	for _, bad := range [][2]string{{"", ""}, {"join 1 g", ""}, {opening, "cast 9 g total a"}} {
		if _, err := Count(bad[0], bad[1]); err == nil {
			t.Errorf("%q is counted", bad)
		}
	}
}

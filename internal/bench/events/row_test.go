package events

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRow(t *testing.T) {
	list := []float64{5, 1, 4, 2, 3, 10, 9, 8, 7, 6}
	r := newRow("x_ms", "x", "ms", list)
	if r.Value != 5.5 || r.Min != 1 || r.P90 != 9 || r.Max != 10 || r.Rounds != 10 || r.Goal != nil || r.Reached != nil {
		t.Errorf("%+v", r)
	}
	if list[0] != 5 {
		t.Error("the figures were sorted in place")
	}
	for _, c := range []struct {
		row     Row
		reached bool
		says    string
	}{
		{r.most(5.5), true, "goal at most 5.5: reached"},
		{r.most(5.4), false, "goal at most 5.4: MISSED"},
		{r.least(5.5), true, "goal at least 5.5: reached"},
		{r.least(1e6), false, "goal at least 1 M: MISSED"},
		{r.sum(list).most(54), false, "goal at most 54: MISSED"},
		{r.sum(list).most(55), true, "goal at most 55: reached"},
	} {
		if *c.row.Reached != c.reached || !strings.Contains(c.row.String(), c.says) || !strings.Contains(c.row.String(), "10 rounds: min 1, p90 9, max 10") {
			t.Errorf("%s: want %s", c.row, c.says)
		}
	}
	if r.Goal != nil {
		t.Error("a goal was set in place")
	}
	if one := newRow("y", "y", "", []float64{3}); one.Value != 3 || one.P90 != 3 || strings.Contains(one.String(), "rounds") {
		t.Errorf("%+v", one)
	}
	if _, err := json.Marshal(newRow("none", "none", "", nil)); err != nil {
		t.Error(err)
	}
}

func TestShort(t *testing.T) {
	for x, want := range map[float64]string{
		0.3414: "0.341", 5.5: "5.5", 999.4: "999", 999.7: "1000", 1147: "1147", 999_400: "999400", 999_600: "1 M", 6.72e6: "6.72 M",
	} {
		if got := short(x); got != want {
			t.Errorf("%v is %q, want %q", x, got, want)
		}
	}
}

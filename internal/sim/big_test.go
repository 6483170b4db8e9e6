package sim

import (
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// A world of 60 sites and 150 groups, all of it judged: nothing costs more than
// it may, and no promise is broken.
func TestBig(t *testing.T) {
	o := BigOptions{Seed: 1, Sites: 60, Groups: 150, Span: 10 * effect.Second, Keep: true}
	if testing.Short() {
		o.Sites, o.Groups = 20, 40
	}
	r := Big(o)
	judge(t, "big", r.Result)
	for _, x := range r.Excess() {
		t.Error(x)
	}
	if r.Lost {
		t.Error("the majority was lost, and nothing was judged that has to come to an end")
	}
	events := map[string]int{}
	for _, c := range r.Costs {
		events[c.What]++
		if !c.Idles && c.Frames == 0 {
			t.Errorf("%s, %d, cost nothing", c.What, c.Size)
		}
	}
	for _, e := range []string{"an idle second", "FIFO cast", "safe Total cast", "join, with the state", "a process is killed", "a third of the machines dies", "they all come back"} {
		if events[e] == 0 {
			t.Errorf("%s was not measured", e)
		}
	}
}

// What costs too much is told.
func TestBigExcess(t *testing.T) {
	var kinds [msg.KindEnd]int
	kinds[msg.KindData], kinds[msg.KindAck] = 10, 20
	for _, x := range []struct {
		r    BigResult
		want string
	}{
		{BigResult{Sites: 5, Costs: []Cost{{Event: Event{What: "cast", Group: true, Casts: 1}, Size: 3, Kinds: kinds}}}, "10 runs and order records, at most 4"},
		{BigResult{Sites: 5, Costs: []Cost{{Event: Event{What: "cast", Group: true, Casts: 1}, Size: 3, Kinds: kinds}}}, "20 acknowledgements, at most 12"},
		{BigResult{Sites: 5, Costs: []Cost{{Event: Event{What: "rest", Idles: true}, Size: 5, Frames: 1}}}, "1 frames but for idle talk, at most 0"},
		{BigResult{Sites: 5, Costs: []Cost{{Event: Event{What: "rest", Idles: true}, Size: 5, Idle: 1000}}}, "1000 frames of idle talk"},
		{BigResult{Sites: 5, Parts: []Part{{What: "all", Peak: load{Frames: 801}}}}, "801 frames in a second, at most 800"},
		{BigResult{Sites: 5, Parts: []Part{{What: "all", Peak: load{Bytes: 5 << 20}}}}, "5242880 bytes in a second, at most 4194304"},
	} {
		if got := strings.Join(x.r.Excess(), "\n"); !strings.Contains(got, x.want) {
			t.Errorf("told %q, want %q in it", got, x.want)
		}
	}
	good := BigResult{Sites: 5, Costs: []Cost{{Event: Event{What: "cast", Group: true, Casts: 1}, Size: 6, Frames: 30, Messages: 30, Kinds: kinds}}}
	if got := good.Excess(); got != nil {
		t.Errorf("what costs little is told: %v", got)
	}
}

package metamorph

import (
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/sim"
)

// tampered is a world that hands one machine something else than it has.
type tampered struct {
	*Simulated
	change func([]core.Item) []core.Item
}

func (w tampered) Start(machine int, items func([]core.Item)) (Site, error) {
	if machine != 2 {
		return w.Simulated.Start(machine, items)
	}
	return w.Simulated.Start(machine, func(list []core.Item) { items(w.change(slices.Clone(list))) })
}

// once lets f change the first run of casts that it says true of.
func once(f func(c *core.Casts) bool) func([]core.Item) []core.Item {
	done := false
	return func(list []core.Item) []core.Item {
		for i := range list {
			if c, ok := list[i].(core.Casts); ok && !done && f(&c) {
				done = true
				list[i] = c
			}
		}
		return list
	}
}

// Each thing that is compared or demanded is missed when it is otherwise.
func TestWhatIsOtherwiseIsFound(t *testing.T) {
	want := plain(t)
	var kept core.Item // a run held back until another has come
	for _, x := range []struct {
		name   string
		change func([]core.Item) []core.Item
		found  string
	}{
		{"nothing is changed", func(list []core.Item) []core.Item { return list }, ""},
		{"a cast is called safe", once(func(c *core.Casts) bool {
			run := *c.Run
			was := run.Safe
			run.Safe = true
			c.Run = &run
			return !was
		}), "p2: act 2, from p"},
		{"a byte is another", once(func(c *core.Casts) bool {
			run := *c.Run
			run.Body = slices.Clone(run.Body)
			run.Body[len(run.Body)-6] ^= 1
			c.Run = &run
			return true
		}), "delivered otherwise than sent"},
		{"a view has lost a name", func(list []core.Item) []core.Item {
			for i := range list {
				if v, ok := list[i].(core.Viewed); ok && len(v.Left) > 0 {
					v.Left = nil
					list[i] = v
				}
			}
			return list
		}, "p2: "},
		{"a run comes late", func(list []core.Item) (out []core.Item) {
			for _, i := range list {
				c, ok := i.(core.Casts)
				if ok && kept == nil && c.Run.Order == msg.Total && c.Rank == 1 {
					kept = i
					continue
				}
				out = append(out, i)
				if held, is := kept.(core.Casts); is && ok && c.Run.Order == msg.Total && c.Rank != held.Rank {
					out = append(out, held)
					kept = struct{ core.Item }{}
				}
			}
			return out
		}, "p2"},
	} {
		t.Run(x.name, func(t *testing.T) {
			v := &Variant{Name: "tampered"}
			h, err := Play(tampered{Simulate(v.machines(), sim.Options{Seed: 1}), x.change}, v)
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = want.Differs(h)
			}
			if (got == "") != (x.found == "") || !strings.Contains(got, x.found) {
				t.Errorf("found %q, want %q", got, x.found)
			}
		})
	}
}

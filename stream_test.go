package cohort

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// runOf is a run of casts to entry 1, each a []byte that says which it is.
func runOf(n int) core.Casts {
	r := &msg.Run{N: uint32(n)}
	for k := range n {
		r.Body = gather.Head{Entry: 1, Format: formatBytes}.Append(r.Body, fmt.Appendf(nil, "cast %d", k))
	}
	return core.Casts{Run: r}
}

// Casts that nobody answers or defers are handled without allocating for each.
func TestCastsAllocateNothing(t *testing.T) {
	got := 0
	g := &Group{queue: newQueue(), handlers: []Handler{1: func(r *Request) { got += len(r.Raw()) }}}
	run := runOf(100)
	if n := testing.AllocsPerRun(50, func() { g.casts(nil, run) }); n > 0 {
		t.Errorf("%v allocations for a run of 100 casts", n)
	}
	if got == 0 {
		t.Error("nothing was handled")
	}
}

// A deferred request is its handler's for good, though later casts come.
func TestDeferKeepsARequest(t *testing.T) {
	var kept []*Request
	g := &Group{queue: newQueue(), handlers: []Handler{1: func(r *Request) {
		if len(kept)%2 == 0 {
			r.Defer()
		}
		kept = append(kept, r)
	}}}
	g.casts(nil, runOf(8))
	for k := 0; k < len(kept); k += 2 {
		if want := fmt.Sprintf("cast %d", k); string(kept[k].Raw()) != want {
			t.Errorf("the request deferred as %q reads %q", want, kept[k].Raw())
		}
	}
	if len(kept) != 8 || kept[1] == kept[3] {
		t.Errorf("%d handled; one that comes after a deferred one must be another", len(kept))
	}
	other := runOf(1)
	other.Session = 7
	g.casts(nil, other)
	if n := kept[0].Session(); n != 0 {
		t.Errorf("a deferred request is of session %d when one of that came", n)
	}
}

// Who waits to read the state is let in before a run ends.
func TestReadersAreLetIn(t *testing.T) {
	g := &Group{queue: newQueue()}
	for range 1000 { // a reader that is slow to wait may come too late
		handled, seen := 0, 0
		done := make(chan struct{})
		g.handlers = []Handler{1: func(*Request) {
			if handled == 0 {
				go func() {
					g.Peek(func() { seen = handled })
					close(done)
				}()
				for g.readers.state.waiting.Load() == 0 {
					runtime.Gosched()
				}
			}
			handled++
		}}
		g.casts(nil, runOf(100))
		if <-done; seen < handled {
			return
		}
	}
	t.Error("nobody may read before the run has ended")
}

// A joiner tells of what it has read before the donor, which waits for that, can have
// no more under way.
func TestReadingIsTold(t *testing.T) {
	told := 0
	x := &loader{turn: func() {}, used: func(n int) { told += n }}
	x.some.L = &x.mu
	p := make([]byte, flow.XferBlock)
	for read := 0; read < 4*flow.XferWindow; {
		x.add(block{rest: p})
		n, err := x.Read(make([]byte, len(p)))
		if read += n; err != nil || read-told >= flow.XferWindow/2 {
			t.Fatalf("of %d bytes read %d are told of: %v", read, told, err)
		}
	}
}

// told is a site that keeps what it is given.
type told struct {
	mute
	list []core.Event
}

func (x *told) Post(ev core.Event) { x.list = append(x.list, ev) }

// A process whose handler ends its goroutine declines what it has yet to answer, and what
// was answered stays so.
func TestWhoExitsDeclinesTheRest(t *testing.T) {
	site := &told{}
	l := &life{node: site}
	g := &Group{queue: newQueue(), direct: true}
	g.n = &Node{system: &system{host: node.Here{}}, number: 1}
	g.handlers = []Handler{1: func(r *Request) {
		if r.index == 1 {
			runtime.Goexit()
		}
		_ = r.Reply([]byte("yes"))
	}}
	for range 2 {
		run := runOf(3)
		run.Run.Call = true
		g.queue.push(l, run)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.run()
	}()
	<-done
	nulls, used := "", 0
	for _, ev := range site.list {
		switch ev := ev.(type) {
		case core.Answer:
			nulls += fmt.Sprint(ev.Null, " ")
		case core.Used:
			used += ev.Items
		}
	}
	if nulls != "false true true true true true " || used != 2 {
		t.Errorf("%d items are used, and of the answers are null: %s", used, nulls)
	}
	if g.queue.push(l, runOf(1)) {
		t.Error("it takes more")
	}
}

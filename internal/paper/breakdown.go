package paper

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// Breakdown is where the time of one Total call goes, whose caller is the youngest
// of three members. The oldest member gives out the order, and casts now and then so
// that it does not go to the caller. Times are medians over
// the casts, so they need not add up.
type Breakdown struct {
	// Steps follow each other, from the call to its return with the reply of the
	// caller's own handler.
	Casts int     `json:"casts"`
	Steps []Step  `json:"steps"`
	Call  float64 `json:"call_us"` // all of them
	// Remote are the steps to the handler of the third member, which neither casts
	// nor orders: what the paper's figure is of. The caller waits for all.
	RemoteCasts int     `json:"remote_casts"`
	Remote      []Step  `json:"remote_steps"`
	Delivered   float64 `json:"remote_us"` // all of them
}

// Step is a part of the way.
type Step struct {
	Name string  `json:"name"`
	What string  `json:"what"`
	P50  float64 `json:"p50_us"`
	P99  float64 `json:"p99_us"`
}

// The ranks of those who take part.
const (
	orderer = 0
	third   = 1
	caller  = members - 1
)

// moments are when things happened to one cast, nanoseconds since 1970 by the one
// clock of the machine. Those of a core are taken when it has done its step and
// what it sends is queued.
type moments struct {
	called, returned int64
	sent             int64          // by the caller's core
	delivered        [members]int64 // by each core to its program
	handled          [members]int64 // the program's handler has it
	answered         int64          // the caller's core has the reply
}

// steps are the parts between moments.
var steps = []struct {
	Step
	from, to     func(*moments) int64
	call, remote bool // of which ways it is a part
}{
	{
		Step{Name: "to the core", What: "Group.Call, inbox, the core makes the cast"},
		func(m *moments) int64 { return m.called }, func(m *moments) int64 { return m.sent }, true, true,
	},
	{
		Step{Name: "cast", What: "write, wire, read, the oldest member's core orders it"},
		func(m *moments) int64 { return m.sent }, func(m *moments) int64 { return m.delivered[orderer] }, true, true,
	},
	{
		Step{Name: "order record", What: "write, wire, read, the caller's core delivers"},
		func(m *moments) int64 { return m.delivered[orderer] }, func(m *moments) int64 { return m.delivered[caller] }, true, false,
	},
	{
		Step{Name: "order record", What: "write, wire, read, the third member's core delivers"},
		func(m *moments) int64 { return m.delivered[orderer] }, func(m *moments) int64 { return m.delivered[third] }, false, true,
	},
	{
		Step{Name: "to the program", What: "the group's queue, until the handler has it"},
		func(m *moments) int64 { return m.delivered[caller] }, func(m *moments) int64 { return m.handled[caller] }, true, false,
	},
	{
		Step{Name: "to the program", What: "the group's queue, until the handler has it"},
		func(m *moments) int64 { return m.delivered[third] }, func(m *moments) int64 { return m.handled[third] }, false, true,
	},
	{
		Step{Name: "reply", What: "Request.Reply, inbox, the core counts it"},
		func(m *moments) int64 { return m.handled[caller] }, func(m *moments) int64 { return m.answered }, true, false,
	},
	{
		Step{Name: "return", What: "until Group.Call has returned"},
		func(m *moments) int64 { return m.answered }, func(m *moments) int64 { return m.returned }, true, false,
	},
}

// takeApart reads the traces of the members in dir and lays them beside what the
// caller measured.
func takeApart(dir string, calls []bench.Call) (*Breakdown, error) {
	var logs [members]*trace.Run
	for rank := range logs {
		var err error
		if logs[rank], err = trace.Read(filepath.Join(dir, fmt.Sprintf("%s-%d.jsonl", bench.Cohort, rank))); err != nil {
			return nil, err
		}
	}
	all := momentsOf(logs, calls)
	if len(all) == 0 {
		return nil, errors.New("no cast is in the traces of all members")
	}
	d := &Breakdown{Casts: len(all), RemoteCasts: len(all)}
	for _, s := range steps {
		s.P50, s.P99 = spread(all, s.from, s.to)
		if s.call {
			d.Steps = append(d.Steps, s.Step)
		}
		if s.remote {
			d.Remote = append(d.Remote, s.Step)
		}
	}
	began := func(m *moments) int64 { return m.called }
	d.Call, _ = spread(all, began, func(m *moments) int64 { return m.returned })
	d.Delivered, _ = spread(all, began, func(m *moments) int64 { return m.handled[third] })
	return d, nil
}

// spread is the median and the 99th percentile of what lies between two moments.
func spread(all []*moments, from, to func(*moments) int64) (p50, p99 float64) {
	var list []int64
	for _, m := range all {
		list = append(list, to(m)-from(m))
	}
	slices.Sort(list)
	return micros(time.Duration(list[len(list)/2])), micros(time.Duration(list[len(list)*99/100]))
}

// castName names a cast of the caller.
type castName struct{ view, number uint64 }

// momentsOf are those of the calls that all traces tell everything of.
func momentsOf(logs [members]*trace.Run, calls []bench.Call) (all []*moments) {
	who, names, known := sends(logs[caller])
	for rank, l := range logs {
		for _, r := range l.Records {
			f, ok := r.Fact.(fact.Deliver)
			if !ok || f.Sender != who {
				continue
			}
			for n := f.First; n < f.First+uint64(f.N); n++ {
				if m := known[castName{f.View, n}]; m != nil {
					m.delivered[rank] = r.Time
				}
			}
		}
	}
	for _, c := range calls {
		if c.Seq >= uint64(len(names)) {
			continue
		}
		m := known[names[c.Seq]]
		m.called, m.returned = c.At, c.At+c.Took.Nanoseconds()
		for rank, took := range c.Handled {
			m.handled[rank] = c.At + took.Nanoseconds()
		}
		if m.answered != 0 && !slices.Contains(m.delivered[:], 0) {
			all = append(all, m)
		}
	}
	return all
}

// sends are the calls that the caller's core made, in their order: by name, with
// when it sent them and had their replies.
func sends(l *trace.Run) (who id.Address, names []castName, known map[castName]*moments) {
	known = map[castName]*moments{}
	asked := map[uint64]castName{} // by the number of the call
	for _, r := range l.Records {
		switch f := r.Fact.(type) {
		case fact.Send:
			for n := f.First; f.Call && n < f.First+uint64(f.N); n++ {
				who = f.Proc
				names = append(names, castName{f.View, n})
				known[castName{f.View, n}] = &moments{sent: r.Time}
			}
		case fact.Asked:
			asked[f.ID] = castName{f.View, f.Cast}
		case fact.Done:
			if m := known[asked[f.ID]]; m != nil {
				m.answered = r.Time
			}
		}
	}
	return who, names, known
}

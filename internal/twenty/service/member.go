package service

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/twenty"
)

// DefaultActing is how many members act unless configured otherwise: NMEMBERS.
const DefaultActing = 3

// Config is what a member is told.
type Config struct {
	// Acting is how many members act at most; DefaultActing if 0. All members
	// must be told the same.
	Acting int
	// Table is what the service is about, if this member is the first; later
	// ones get the state of those before. The member owns it from now on.
	Table *twenty.Table
	// OnView is called when the members, or who of them holds the state, have
	// changed; the views that updates make are not told. It runs in the group's
	// stream and must not block.
	OnView func(cohort.View)
}

// Member is this process's part in the service. Its methods are safe for
// concurrent use.
type Member struct {
	cfg   Config
	group *cohort.Group

	view     cohort.View  // last told; in the group's stream only
	received atomic.Int64 // bytes of state

	mu    sync.Mutex
	table *twenty.Table
	past  memory
	sum   Counters
}

// Counters are sums since the member started.
type Counters struct {
	Answered, Declined uint64 // questions
	Applied, Repeated  uint64 // updates; a repeated one is not applied again
}

// Serve makes node a member of the service and returns when it holds the state.
// The error is that of cohort.Node.Join.
func Serve(ctx context.Context, node *cohort.Node, cfg Config) (*Member, error) {
	if cfg.Acting <= 0 {
		cfg.Acting = DefaultActing
	}
	m := &Member{cfg: cfg, table: cfg.Table}
	group, err := node.Join(ctx, GroupName, cohort.GroupConfig{
		State:  state{m},
		OnView: m.viewed,
		Handlers: map[cohort.Entry]cohort.Handler{
			entryQuery:  m.query,
			entryUpdate: m.update,
			entryTable:  m.copyTable,
		},
	})
	if err != nil {
		return nil, err
	}
	m.group = group
	return m, nil
}

// Group is the membership, to leave by.
func (m *Member) Group() *cohort.Group { return m.group }

// Received is how many bytes of state this member was given.
func (m *Member) Received() int64 { return m.received.Load() }

// Counters returns the sums.
func (m *Member) Counters() Counters {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sum
}

// Version is the table's version, and Digest what tells it from others.
func (m *Member) Version() (version, digest uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.table.Version(), m.table.Digest()
}

// viewed tells views with other members, or other ready ones, than the last.
func (m *Member) viewed(v cohort.View) {
	same := slices.Equal(v.Members, m.view.Members) && slices.Equal(v.Ready(), m.view.Ready())
	if m.cfg.OnView != nil && !same {
		m.cfg.OnView(v)
	}
	m.view = v
}

// Part is the number of the member that is at rank in v, and how many act in v
// if at most limit may. It is -1 for a standby and who does not hold the state.
func part(v cohort.View, rank, limit int) (member, of int) {
	acting := Acting(v, limit)
	if rank < 0 {
		return -1, len(acting)
	}
	return slices.Index(acting, v.Members[rank]), len(acting)
}

// Acting lists the acting members of v, by number.
func Acting(v cohort.View, limit int) []cohort.Address {
	ready := v.Ready()
	return ready[:min(limit, len(ready))]
}

func (m *Member) query(r *cohort.Request) {
	member, of := part(r.View(), r.Rank(), m.cfg.Acting)
	if member < 0 {
		m.count(func(c *Counters) { c.Declined++ })
		_ = r.Decline() // who wants no answer needs no null reply either
		return
	}
	var q twenty.Query
	if err := q.UnmarshalBinary(r.Raw()); err != nil {
		_ = r.Error(err)
		return
	}
	m.mu.Lock()
	if err := q.Check(m.table.Schema()); err != nil {
		m.mu.Unlock()
		_ = r.Error(err)
		return
	}
	reply, mine := m.table.Reply(q, member, of)
	if mine {
		m.sum.Answered++
	} else {
		m.sum.Declined++
	}
	m.mu.Unlock()
	if !mine {
		_ = r.Decline()
		return
	}
	_ = r.Reply(appendPart(make([]byte, 0, 16), member, of, reply))
}

func (m *Member) count(f func(*Counters)) {
	m.mu.Lock()
	f(&m.sum)
	m.mu.Unlock()
}

// update applies an update, whether this member acts or not, or finds what
// became of it before. The acting members tell the outcome.
func (m *Member) update(r *cohort.Request) {
	id, rest, ok := cutUpdateID(r.Raw())
	var u twenty.Update
	if !ok {
		_ = r.Error(errMalformed)
		return
	}
	if err := u.UnmarshalBinary(rest); err != nil {
		_ = r.Error(err)
		return
	}
	o := m.apply(id, u)
	if member, _ := part(r.View(), r.Rank(), m.cfg.Acting); member < 0 {
		_ = r.Decline()
		return
	}
	if o.refusal != "" {
		_ = r.Error(refusal(o.refusal))
		return
	}
	_ = r.Reply(binary.AppendUvarint(nil, o.version))
}

// refusal is the text of an update's error.
type refusal string

func (t refusal) Error() string { return string(t) }

func (m *Member) apply(id updateID, u twenty.Update) outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o, known := m.past.find(id); known {
		m.sum.Repeated++
		return o
	}
	var o outcome
	if err := u.Apply(m.table); err != nil {
		o.refusal = err.Error()
		o.refusal = o.refusal[:min(len(o.refusal), maxRefusal)]
	} else {
		m.sum.Applied++
		o.version = m.table.Version()
	}
	m.past.add(id, o)
	return o
}

// copyTable hands out the table; the oldest acting member does.
func (m *Member) copyTable(r *cohort.Request) {
	if member, _ := part(r.View(), r.Rank(), m.cfg.Acting); member != 0 {
		_ = r.Decline()
		return
	}
	var b bytes.Buffer
	m.mu.Lock()
	_ = m.table.Snapshot(&b) // a buffer takes all
	m.mu.Unlock()
	if err := r.Reply(b.Bytes()); err != nil {
		_ = r.Error(err)
	}
}

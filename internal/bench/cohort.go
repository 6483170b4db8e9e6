package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort"
)

// patience is how long a member takes at most to start, join and end.
const patience = 15 * time.Second

// The entries that casts are for. What keeps the order elsewhere is not counted.
const (
	entry   cohort.Entry = 1
	aside   cohort.Entry = 2
	rarely               = 16 // calls of the handler for each of those
	longest              = 32 // casts, one at a time, after one of those: half a tenure
)

var cohortOrders = map[string]cohort.Order{
	FIFO: cohort.FIFO, Causal: cohort.Causal, Total: cohort.Total, Barrier: cohort.Barrier,
}

// cohortMember is a member of Cohort's groups, through what any program sees.
type cohortMember struct {
	*Seat
	node    *cohort.Node
	groups  []*cohort.Group
	order   cohort.Order
	options []cohort.Option
	batches [][][]byte    // payloads that are not cast yet, by group
	handled int           // calls of the handler, if the order is elsewhere
	since   int           // casts since the oldest's last one, as far as those were awaited
	came    chan struct{} // holds one when the oldest has cast
	trace   *os.File      // what the node says of itself, if somebody wants to know

	mu    sync.Mutex
	full  []bool        // by group: all members are in
	ready chan struct{} // closed when they are in all
}

func newCohort(s *Seat) Member {
	m := &cohortMember{Seat: s, order: cohortOrders[s.Order], full: make([]bool, s.Groups), ready: make(chan struct{}), batches: make([][][]byte, s.Groups), came: make(chan struct{}, 1)}
	if s.Safe {
		m.options = []cohort.Option{cohort.Safe()}
	}
	return m
}

// Listen founds the system, at the member of rank 0.
func (m *cohortMember) Listen() (string, error) {
	if m.Rank != 0 {
		return "", nil
	}
	if err := m.start(nil); err != nil {
		return "", err
	}
	return m.node.Addr(), nil
}

func (m *cohortMember) start(seeds []string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cfg := cohort.Config{Name: fmt.Sprintf("m%d", m.Rank), Listen: net.JoinHostPort(m.Host, "0"), Seeds: seeds}
	if m.Trace != "" {
		if m.trace, err = os.Create(m.Trace); err != nil {
			return err
		}
		cfg.Trace = m.trace
	}
	m.node, err = cohort.Start(ctx, cfg)
	return err
}

func (m *cohortMember) Join(addrs []string) error {
	if m.node == nil {
		if err := m.start(addrs[:1]); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for i := range m.Groups {
		g, err := m.node.Join(ctx, fmt.Sprintf("bench %d", i), cohort.GroupConfig{
			OnView: func(v cohort.View) { m.viewed(i, v) },
			Handlers: map[cohort.Entry]cohort.Handler{
				entry: func(r *cohort.Request) { m.handle(i, r) },
				aside: func(*cohort.Request) { m.reminded() },
			},
		})
		if err != nil {
			return err
		}
		m.groups = append(m.groups, g)
	}
	return nil
}

// handle takes a cast, and those that came with it, and answers it, if the shape has
// this member answer. One that does not declines, as every handler that gives no answer.
func (m *cohortMember) handle(group int, r *cohort.Request) {
	for ok := true; ok; ok = r.Next() {
		m.Deliver(group, r.Borrow())
	}
	m.keepOrder(group)
	if m.Replies == AllReplies || m.Replies == OwnReply && r.Sender == m.node.Address() {
		if err := r.Reply([]byte{}); err != nil {
			m.Fail(err)
		}
	}
}

// keepOrder casts now and then, at the oldest member, if the order is to stay there:
// seldom beside what the sender casts, and always before that has filled a tenure.
func (m *cohortMember) keepOrder(group int) {
	if !m.Elsewhere || m.Rank != 0 {
		return
	}
	if m.handled++; m.handled%rarely != 0 {
		return
	}
	if err := m.groups[group].CastRaw(context.Background(), m.order, aside, nil, m.options...); err != nil {
		m.Fail(err)
	}
}

// reminded is told that the oldest has cast.
func (m *cohortMember) reminded() {
	select {
	case m.came <- struct{}{}:
	default:
	}
}

// stayBehind has a sender of one cast at a time wait for the oldest, whose handler may be
// far behind, before the order would come here.
func (m *cohortMember) stayBehind() {
	if !m.Elsewhere || m.Window != 1 {
		return
	}
	select {
	case <-m.came:
		m.since = 0
	default:
	}
	if m.since++; m.since > longest {
		<-m.came
		m.since = 1
	}
}

// viewed waits for all members to be in. None is to go after that.
func (m *cohortMember) viewed(group int, v cohort.View) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch all := len(v.Members) == m.Members; {
	case m.full[group] && !all:
		m.Fail(fmt.Errorf("the members changed: %s", v.Why))
	case all && !m.full[group]:
		if m.full[group] = true; !slices.Contains(m.full, false) {
			close(m.ready)
		}
	}
}

func (m *cohortMember) Ready() error {
	select {
	case <-m.ready:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("not all %d members are in all groups after %v", m.Members, patience)
	}
}

func (m *cohortMember) Cast(group int, payload []byte) error {
	if m.Batch > 1 {
		return m.keep(group, payload)
	}
	m.stayBehind()
	g := m.groups[group]
	want := 1
	switch m.Replies {
	case NoReply:
		return g.CastRaw(context.Background(), m.order, entry, payload, m.options...)
	case AllReplies:
		want = cohort.All
	}
	_, err := g.Call(context.Background(), m.order, entry, payload, want, m.options...)
	return err
}

// keep puts a payload into the batch, and casts that when it is full. So each is copied
// once here, as plain TCP's sender copies it into its chunk.
func (m *cohortMember) keep(group int, payload []byte) error {
	m.batches[group] = append(m.batches[group], payload)
	if len(m.batches[group]) < m.Batch {
		return nil
	}
	return m.release(group)
}

// release casts what was kept.
func (m *cohortMember) release(group int) error {
	_, err := m.groups[group].CastEach(context.Background(), m.order, entry, m.batches[group], m.options...)
	m.batches[group] = m.batches[group][:0]
	return err
}

// Flush casts the batches that are not full.
func (m *cohortMember) Flush() error {
	for g := range m.batches {
		if err := m.release(g); err != nil {
			return err
		}
	}
	return nil
}

// Close is a crash to the others, which end as well.
func (m *cohortMember) Close() error {
	if m.node == nil {
		return nil
	}
	err := m.node.Close()
	if m.trace != nil {
		err = errors.Join(err, m.trace.Close())
	}
	return err
}

package events

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/node"
)

// patience is how long a member takes at most to do one thing.
const patience = 15 * time.Second

// The entries of a member.
const (
	entryPut  cohort.Entry = 1 // the load
	entryPing cohort.Entry = 2 // answered by all
)

// member is a process's part in the groups, through what any program sees.
type member struct {
	tell   func(*report)
	host   *host
	addr   string // of this machine, without a port
	node   *cohort.Node
	groups []*cohort.Group
	state  *state
	load   *load

	mu       sync.Mutex
	views    []cohort.View // last handled, by group
	changed  chan struct{} // closed when one was
	gone     cohort.Address
	without  []bool // by group: a view without gone was handled
	missing  int    // groups without such a view
	excluded int    // views that were without somebody who had not left
}

func newMember(tell func(*report)) *member {
	m := &member{tell: tell, host: &host{Host: node.Here{}}, addr: "127.0.0.1", state: &state{}, changed: make(chan struct{})}
	m.load = newLoad()
	return m
}

func (m *member) start(o *order, r *report) (err error) {
	ctx, cancel := context.WithTimeout(node.OnHost(context.Background(), m.host), patience)
	defer cancel()
	if o.Apart {
		m.host.Host = node.Apart{}
	}
	if o.Host != "" {
		m.addr = o.Host
	}
	began := time.Now()
	m.node, err = cohort.Start(ctx, cohort.Config{Name: o.Name, Listen: net.JoinHostPort(m.addr, "0"), Seeds: o.Seeds})
	if err != nil {
		return err
	}
	r.Took, r.Addr, r.Address = time.Since(began), m.node.Addr(), m.node.Address()
	return nil
}

// join joins groups, one after the other.
func (m *member) join(o *order) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for i := o.From; i < o.Upto; i++ {
		m.mu.Lock()
		for len(m.views) <= i {
			m.views, m.groups = append(m.views, cohort.View{}), append(m.groups, nil)
		}
		m.mu.Unlock()
		cfg := cohort.GroupConfig{
			OnView: func(v cohort.View) { m.viewed(i, v) },
			Handlers: map[cohort.Entry]cohort.Handler{
				entryPut:  m.put,
				entryPing: func(r *cohort.Request) { _ = r.Reply([]byte{1}) }, // the caller tells of what did not come
			},
		}
		if o.State {
			cfg.State = m.state
		}
		g, err := m.node.Join(ctx, groupName(i), cfg)
		if err != nil {
			return fmt.Errorf("group %d: %w", i, err)
		}
		m.groups[i] = g
	}
	return nil
}

func groupName(i int) string { return fmt.Sprintf("events %d", i) }

// put handles a cast of the load.
func (m *member) put(r *cohort.Request) {
	b := r.Borrow()
	m.state.put(b)
	m.load.delivered(b)
}

// viewed notes a view of a group.
func (m *member) viewed(group int, v cohort.View) {
	now := time.Now().UnixNano()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.views[group] = v
	close(m.changed)
	m.changed = make(chan struct{})
	if v.Why != "" && group == 0 {
		m.excluded++
	}
	if m.missing == 0 || m.without[group] || slices.Contains(v.Members, m.gone) {
		return
	}
	m.without[group] = true
	if m.missing--; m.missing == 0 {
		go m.tell(&report{Did: didView, At: now}) // the stream does not wait for the parent
	}
}

// watch tells when the last group has a view without somebody.
func (m *member) watch(gone cohort.Address) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone, m.without, m.missing = gone, make([]bool, len(m.views)), len(m.views)
}

// ready waits until all groups have so many members, and all of them the state.
func (m *member) ready(members int, r *report) error {
	late := time.After(patience)
	for {
		m.mu.Lock()
		changed := m.changed
		other := slices.IndexFunc(m.views, func(v cohort.View) bool {
			return len(v.Members) != members || len(v.Ready()) != members
		})
		r.Excluded = m.excluded
		var last cohort.View
		if other >= 0 {
			last = m.views[other]
		}
		m.mu.Unlock()
		if other < 0 {
			r.Address, r.Fed, r.Sum = m.node.Address(), m.state.fed(), m.state.sum()
			return nil
		}
		select {
		case <-changed:
		case <-late:
			return fmt.Errorf("not %d members with the state in all groups after %v: the last view is %v", members, patience, last)
		}
	}
}

// call asks all members of a group. A node that was excluded meanwhile asks when it
// is back.
func (m *member) call(o *order) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, err := m.groups[o.From].Call(ctx, cohort.Total, entryPing, []byte{1}, cohort.All)
		if !errors.Is(err, cohort.ErrUnknown) {
			return err
		}
		if err := rest(ctx, comeBackFor); err != nil {
			return err
		}
	}
}

// comeBackFor is how long to wait between two looks whether a node is back.
const comeBackFor = 5 * time.Millisecond

// rest waits. The error is that of ctx, if it ends first.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reads reads the state for a time, as fast as one goroutine can.
func (m *member) reads(d time.Duration) (count int, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience+d)
	defer cancel()
	g, found := m.groups[0], uint64(0)
	began := time.Now()
	for ; count&0xff != 0 || time.Since(began) < d; count++ {
		key := uint64(count) % keys
		if err := g.Read(ctx, func() { found += m.state.table[key] }); err != nil {
			return count, 0, err
		}
	}
	return count, max(time.Since(began), 1), nil
}

// leave ends the load and the node in order.
func (m *member) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return errors.Join(m.load.end(), m.node.Leave(ctx))
}

// close ends the node, which is a crash to the others.
func (m *member) close() error {
	if m.node == nil {
		return nil
	}
	return m.node.Close()
}

package cost

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node"
)

// program is what casts and handles, at all sites.
type program interface {
	// join makes a member of one group at each site.
	join(w *world) error
	// cast has the i-th member cast n messages.
	cast(i, n int) error
	// handled is how many messages have been, at all members together.
	handled() int
	close() error
}

func newProgram(s Shape) program {
	payload := make([]byte, s.Size)
	if s.Layer == Core {
		return &bare{shape: s, payload: payload}
	}
	return &public{shape: s, payload: payload, batch: slices.Repeat([][]byte{payload}, s.batch())}
}

// bare is a program on the core itself.
type bare struct {
	shape   Shape
	payload []byte
	w       *world
	group   id.Address
	members [members]int // of the view, as each sees it
	got     int
}

func (b *bare) join(w *world) error {
	b.w = w
	for i := range members {
		s, err := w.Start(context.Background(), node.Config{
			OnItems: func(items []core.Item) { b.take(i, items) }, OnTerms: func(*core.Output) {},
		})
		if err != nil {
			return err
		}
		s.Post(core.JoinGroup{Proc: id.Process(s.Site(), 1), Name: "g"})
	}
	return w.until(func() bool { return b.members == [members]int{members, members, members} })
}

func (b *bare) take(at int, items []core.Item) {
	for _, i := range items {
		switch i := i.(type) {
		case core.Joined:
			b.group = i.Group
		case core.Viewed:
			b.members[at] = len(i.View.Members)
		case core.Casts:
			b.got += int(i.Run.N)
			b.w.sites[at].Post(core.Used{Proc: i.Proc, Group: i.Group, Since: i.Since, Items: 1})
		}
	}
}

func (b *bare) cast(i, n int) error {
	body := make([]byte, 0, n*msg.CastSize(len(b.payload)))
	for range n {
		body = msg.AppendCast(body, b.payload)
	}
	s := b.w.sites[i]
	s.Post(core.Cast{Proc: id.Process(s.id, 1), Dest: b.group, Order: b.shape.Order, Safe: b.shape.Safe, N: uint32(n), Body: body})
	return nil
}

func (b *bare) handled() int { return b.got }

func (b *bare) close() error { return nil }

// public is a program as users write it.
type public struct {
	shape   Shape
	payload []byte
	batch   [][]byte // the payload so many times
	nodes   []*cohort.Node
	groups  []*cohort.Group
	got     atomic.Int64
	size    atomic.Int64 // bytes of the last one
}

func (p *public) join(w *world) error {
	ctx := node.OnHost(context.Background(), w)
	for i := range members {
		cfg := cohort.Config{Name: fmt.Sprintf("m%d", i)}
		if i > 0 {
			cfg.Seeds = []string{"m0"} // the world knows where that is
		}
		n, err := cohort.Start(ctx, cfg)
		if err != nil {
			return err
		}
		p.nodes = append(p.nodes, n)
	}
	for _, n := range p.nodes {
		if err := p.enter(ctx, w, n); err != nil {
			return err
		}
	}
	return w.until(func() bool {
		for _, g := range p.groups {
			if len(g.View().Members) < members {
				return false
			}
		}
		return true
	})
}

// enter joins the group with one node, while the world goes on.
func (p *public) enter(ctx context.Context, w *world, n *cohort.Node) error {
	type joined struct {
		g   *cohort.Group
		err error
	}
	in := make(chan joined, 1)
	go func() {
		g, err := n.Join(ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{1: p.handle}})
		in <- joined{g, err}
	}()
	for {
		select {
		case j := <-in:
			p.groups = append(p.groups, j.g)
			return j.err
		default:
		}
		if err := w.round(); err != nil {
			return err
		}
	}
}

func (p *public) handle(r *cohort.Request) {
	n := int64(1)
	for p.shape.Layer == Bulk && r.Next() {
		n++
	}
	p.got.Add(n)
	p.size.Store(int64(len(r.Borrow())))
}

func (p *public) cast(i, n int) (err error) {
	order, ctx := cohort.Order(p.shape.Order), context.Background()
	if p.shape.Layer == Bulk {
		_, err = p.groups[i].CastEach(ctx, order, 1, p.batch[:n])
		return err
	}
	for range n {
		if p.shape.Safe {
			err = p.groups[i].CastRaw(ctx, order, 1, p.payload, cohort.Safe())
		} else {
			err = p.groups[i].CastRaw(ctx, order, 1, p.payload)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *public) handled() int { return int(p.got.Load()) }

func (p *public) close() error {
	for _, n := range p.nodes {
		if err := n.Close(); err != nil {
			return err
		}
	}
	if p.size.Load() != int64(p.shape.Size) {
		return fmt.Errorf("cost: a message of %d bytes came as one of %d", p.shape.Size, p.size.Load())
	}
	return nil
}

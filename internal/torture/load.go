package torture

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort"
)

const (
	// askers is how many operations a worker has under way at a time.
	askers = 3
	// pace is the mean pause of an asker between two operations.
	pace = 40 * time.Millisecond
	// opFor bounds an operation: what has no end by then is of unknown fate.
	opFor = 8 * time.Second
	// burst is the most casts before a flush, and flood how many there are in a
	// large one, which is rare.
	burst, flood = 12, 200
	// recent is how many acknowledged updates an asker remembers, to ask for.
	recent = 32
	// smallValue, largeValue and hugeValue are the most bytes that an update
	// writes; a few are large, and the huge ones travel in parts.
	smallValue, largeValue, hugeValue = 600, 40_000, 900_000
)

// load is the work of one worker.
type load struct {
	w       *worker
	ctx     context.Context
	stop    context.CancelFunc
	quiet   atomic.Bool
	numbers atomic.Uint64
	askers  sync.WaitGroup
	done    chan struct{} // closed when the askers have ended

	mu      sync.Mutex
	clients []*cohort.Client // by group, of a client; nil when not known
}

// asker is one line of operations.
type asker struct {
	*load
	dice *rand.Rand
	mine [][]uint64 // recent updates by group, which every member must have from now on
}

func newLoad(w *worker) *load {
	l := &load{w: w, done: make(chan struct{}), clients: make([]*cohort.Client, len(groups))}
	l.ctx, l.stop = context.WithCancel(context.Background())
	for i := range askers {
		a := &asker{load: l, dice: rand.New(rand.NewPCG(w.Seed, uint64(i))), mine: make([][]uint64, len(groups))}
		l.askers.Go(a.run)
	}
	go func() {
		l.askers.Wait()
		close(l.done)
	}()
	return l
}

// hush lets the askers end when they have ended what is under way.
func (l *load) hush() { l.quiet.Store(true) }

// hushed is closed when no operation is under way any more.
func (l *load) hushed() <-chan struct{} { return l.done }

// run asks until it is told not to.
func (a *asker) run() {
	for !a.quiet.Load() && a.ctx.Err() == nil {
		a.pause(time.Duration(a.dice.ExpFloat64() * float64(pace)))
		a.one()
	}
}

func (a *asker) pause(d time.Duration) {
	timer := time.NewTimer(min(d, 10*pace))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.ctx.Done():
	}
}

// one makes one operation, or a burst of them.
func (a *asker) one() {
	ctx, cancel := context.WithTimeout(a.ctx, opFor)
	defer cancel()
	k := a.dice.IntN(len(groups))
	to, err := a.target(ctx, k)
	if err != nil {
		a.ended(k, err)
		return
	}
	g, member := to.(*cohort.Group)
	switch dice := a.dice.IntN(100); {
	case dice < 8:
		err = a.castsToAll(ctx)
	case dice < 35 && member:
		err = a.casts(ctx, k, g)
	case dice < 60:
		err = a.safeCall(ctx, k, to)
	case dice < 80:
		err = a.callAll(ctx, k, to)
	default:
		err = a.read(ctx, k, to)
	}
	a.ended(k, err)
}

// ended draws the conclusion from the error of an operation, if there is one.
func (a *asker) ended(k int, err error) {
	switch {
	case err == nil:
		return
	case errors.Is(err, cohort.ErrNoGroup), errors.Is(err, cohort.ErrLost):
		a.mu.Lock()
		a.clients[k] = nil
		a.mu.Unlock()
	}
	a.w.tally.failure()
	a.pause(pace)
}

// destination is what a *cohort.Group and a *cohort.Client have in common.
type destination interface {
	Cast(ctx context.Context, order cohort.Order, entry cohort.Entry, v any, opts ...cohort.Option) error
	Call(ctx context.Context, order cohort.Order, entry cohort.Entry, v any, want int, opts ...cohort.Option) ([]cohort.Reply, error)
}

// target is where operations on group k go.
func (a *asker) target(ctx context.Context, k int) (destination, error) {
	if !a.w.Client {
		return a.w.membership(k), nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.clients[k] == nil {
		v, err := a.w.node.Lookup(ctx, groups[k])
		if err != nil {
			return nil, err
		}
		a.clients[k] = a.w.node.Client(v.Group)
	}
	return a.clients[k], nil
}

// order draws one; barriers, which stop all else for a moment, are rare.
func (a *asker) order() cohort.Order {
	switch dice := a.dice.IntN(100); {
	case dice < 3:
		return cohort.Barrier
	case dice < 25:
		return cohort.FIFO
	case dice < 50:
		return cohort.Causal
	default:
		return cohort.Total
	}
}

// fresh makes an update that nobody has asked for before.
func (a *asker) fresh() update {
	size := a.dice.IntN(smallValue)
	switch dice := a.dice.IntN(1000); {
	case dice < 1:
		size = a.dice.IntN(hugeValue)
	case dice < 10:
		size = a.dice.IntN(largeValue)
	}
	value := make([]byte, size)
	for i := range value {
		value[i] = byte(a.dice.Uint32())
	}
	return update{Origin: a.w.Origin, Number: a.numbers.Add(1), Key: uint8(a.dice.IntN(128)), Value: value}
}

// errAnother: the node came back as another member.
var errAnother = errors.New("torture: the node came back in between")

// casts sends a burst of any orders and flushes: then all of it must last, but
// for what another incarnation of the node has sent.
func (a *asker) casts(ctx context.Context, k int, g *cohort.Group) error {
	var sent []uint64
	me := a.w.node.Address()
	many, order := 1+a.dice.IntN(burst), a.order()
	flooding := a.dice.IntN(50) == 0
	if flooding {
		many = flood // of one order: they travel in runs
	}
	for range many {
		u := a.fresh()
		var opts []cohort.Option
		if a.dice.IntN(4) == 0 && !flooding {
			opts = append(opts, cohort.Safe())
		}
		if !flooding {
			order = a.order()
		}
		if err := g.Cast(ctx, order, entryUpdate, u, opts...); err != nil {
			return err
		}
		sent = append(sent, u.Number)
	}
	if err := g.Flush(ctx); err != nil {
		return err
	}
	if me == 0 || a.w.node.Address() != me {
		return errAnother
	}
	a.acked(k, cohort.Total, len(sent), sent...)
	return nil
}

// castsToAll makes one update in all groups, by one cast to them: in all or in
// none, and among the others of its kind in one order.
func (a *asker) castsToAll(ctx context.Context) error {
	var to []cohort.Address
	for _, name := range groups {
		v, err := a.w.node.Lookup(ctx, name)
		if err != nil {
			return err
		}
		to = append(to, v.Group)
	}
	u := a.fresh()
	if err := a.w.node.Client(to[0], to[1:]...).Cast(ctx, cohort.Total, entryUpdate, u); err != nil {
		return err
	}
	for k := range groups {
		a.acked(k, cohort.Total, 1, u.Number)
	}
	return nil
}

// safeCall makes an update that was carried out for good once anybody has
// answered.
func (a *asker) safeCall(ctx context.Context, k int, to destination) error {
	u, order := a.fresh(), a.order()
	u.Pick = a.dice.IntN(3) == 0
	if _, err := to.Call(ctx, order, entryUpdate, u, 1, cohort.Safe()); err != nil {
		return err
	}
	a.acked(k, order, 1, u.Number)
	return nil
}

// callAll makes an update that all members have answered for.
func (a *asker) callAll(ctx context.Context, k int, to destination) error {
	u, order := a.fresh(), a.order()
	if _, err := to.Call(ctx, order, entryUpdate, u, cohort.All); err != nil {
		return err
	}
	a.acked(k, order, 1, u.Number)
	return nil
}

// acked notes updates that must last.
func (a *asker) acked(k int, order cohort.Order, ops int, updates ...uint64) {
	a.w.tally.ack(k, updates...)
	a.w.tally.success(ops)
	// Whoever is outside may not expect to read what was not ordered: another
	// member may relay the question, and may not have been delivered it yet.
	if a.w.Client && order < cohort.Total {
		return
	}
	list := append(a.mine[k], updates...)
	a.mine[k] = list[max(0, len(list)-recent):]
}

// read asks whether a member has one of the updates that must last.
func (a *asker) read(ctx context.Context, k int, to destination) error {
	if len(a.mine[k]) == 0 {
		return nil
	}
	number := a.mine[k][a.dice.IntN(len(a.mine[k]))]
	question := cohort.Message{"origin": int64(a.w.Origin), "number": int64(number)}
	replies, err := to.Call(ctx, cohort.Total, entryHas, question, 1, cohort.Safe())
	if err != nil {
		return err
	}
	if !replies[0].Bool("has") {
		a.w.tally.trouble("%v of %s does not have update %d of origin %d, which was acknowledged to the asker before",
			replies[0].From, groups[k], number, a.w.Origin)
	}
	a.w.tally.success(1)
	return nil
}

package torture

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/node"
)

const (
	// startFor is how long a worker looks for the system before it tries anew.
	startFor = 15 * time.Second
	// leaveFor is how long it takes to leave in order.
	leaveFor = 10 * time.Second
	// statusEvery is the pause between two statuses.
	statusEvery = 40 * time.Millisecond
	// maxOrders is how many orders wait for a worker that is not in yet. It has to
	// go on reading them: that they end tells it to end as well.
	maxOrders = 64
	// deferFor is how much later some answers come.
	deferFor = 3 * time.Millisecond
)

// worker is a process of a run: a member of all groups, or a client of them.
type worker struct {
	order
	node  *cohort.Node
	trace *os.File // of the newest attempt to start
	books []*book  // by group, of a member
	tally tally

	mu     sync.Mutex      // guards what follows
	joined []*cohort.Group // by group, of a member
	moving bool            // it leaves groups to join them again
	left   bool            // the system: its memberships have ended, as they should
	out    *json.Encoder
}

// Work is the worker process of a run: it does what in says, until in ends, and
// reports to out. The error is that of writing the trace, or why it cannot work.
func Work(in io.Reader, out io.Writer) error {
	orders := json.NewDecoder(bufio.NewReader(in))
	w := &worker{out: json.NewEncoder(out)}
	if err := orders.Decode(&w.order); err != nil {
		return fmt.Errorf("torture: a worker is told who it is: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	told := make(chan string, maxOrders)
	go func() {
		defer close(told)
		defer stop()
		for {
			var o order
			if err := orders.Decode(&o); err != nil {
				return // whoever gave the orders is gone, or wants us to leave
			}
			select {
			case told <- o.Do:
			default: // it takes long to come in, and is told the same again and again
			}
		}
	}()
	err := w.work(ctx, told)
	for range told { // nothing more is done
	}
	return errors.Join(err, w.trace.Close())
}

// work runs the node from its start to its end.
func (w *worker) work(ctx context.Context, told <-chan string) error {
	if in, err := w.start(ctx); !in {
		return err
	}
	l, err := w.join(ctx)
	switch {
	case ctx.Err() != nil:
		return w.leave()
	case err != nil:
		return errors.Join(err, w.node.Close())
	}
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	hushed := l.hushed()
	var settle sync.Once
	for {
		select {
		case <-tick.C:
			w.status()
		case <-hushed:
			hushed = nil
			w.status()
			w.say(report{Event: eventHushed})
		case do, ok := <-told:
			switch {
			case !ok:
				l.stop()
				return w.leave()
			case do == doEnd:
				l.stop()
				return w.node.Close()
			case do == doHush:
				go l.hush()
			case do == doSettle:
				settle.Do(func() { go w.settle(ctx) })
			case do == doTell:
				w.tell()
			case do == doAnew:
				go w.anew(ctx)
			}
		}
	}
}

// newTrace begins the trace of an attempt to start: what the one before wrote ends there.
func (w *worker) newTrace(attempt int) error {
	path := w.Trace
	if attempt > 1 {
		path = fmt.Sprintf("%s-%d.jsonl", strings.TrimSuffix(path, ".jsonl"), attempt)
	}
	last := w.trace
	var err error
	if w.trace, err = os.Create(path); last != nil {
		err = errors.Join(err, last.Close())
	}
	return err
}

// start starts the node, trying until ctx ends, and reports whether it is in. The error
// is that of a trace.
func (w *worker) start(ctx context.Context) (in bool, err error) {
	if w.Apart {
		ctx = node.OnHost(ctx, node.Apart{})
	}
	for attempt := 1; ; attempt++ {
		if err := w.newTrace(attempt); err != nil {
			return false, err
		}
		seeking, cancel := context.WithTimeout(ctx, startFor)
		n, err := cohort.Start(seeking, cohort.Config{
			Name: w.Name, Listen: w.Listen, Advertise: w.Advertise, Seeds: w.Seeds,
			NoVote: w.Client || w.Guest, Trace: w.trace, Logger: slog.New(alarm{w}),
		})
		cancel()
		if err == nil {
			w.node = n
			w.say(report{Event: eventStarted, Address: n.Address()})
			return true, nil
		}
		if ctx.Err() != nil {
			return false, nil
		}
		w.say(report{Event: eventFailed, Why: err.Error()})
		w.nap(ctx)
	}
}

// join joins all groups, unless this is a client, and begins to work.
func (w *worker) join(ctx context.Context) (*load, error) {
	w.tally.acked = make([][]uint64, len(groups))
	if !w.Client {
		for range groups { // before any handler runs
			w.books = append(w.books, newBook(w.Forget))
		}
		for k, name := range groups {
			g, err := w.enter(ctx, name, k)
			if err != nil {
				return nil, fmt.Errorf("joining %s: %w", name, err)
			}
			w.mu.Lock()
			w.joined = append(w.joined, g)
			w.mu.Unlock()
		}
	}
	w.say(report{Event: eventJoined, Address: w.node.Address()})
	return newLoad(w), nil
}

// membership is of group k, as it is now.
func (w *worker) membership(k int) *cohort.Group {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.joined[k]
}

func (w *worker) move(on bool) {
	w.mu.Lock()
	w.moving = on
	w.mu.Unlock()
}

// anew leaves all groups, one after the other, and joins them again.
func (w *worker) anew(ctx context.Context) {
	w.move(true)
	defer w.move(false)
	for k, name := range groups {
		w.depart(ctx, k)
		g, err := w.enter(ctx, name, k)
		if err != nil {
			if ctx.Err() == nil {
				w.tally.trouble("joining %s again: %v", name, err)
			}
			return
		}
		w.mu.Lock()
		w.joined[k] = g
		w.mu.Unlock()
	}
	w.say(report{Event: eventJoined, Address: w.node.Address()})
}

// settle waits until all members have been delivered what any has cast before:
// a Barrier comes after all that.
func (w *worker) settle(ctx context.Context) {
	for k := range groups {
		for ctx.Err() == nil {
			if _, err := w.membership(k).Call(ctx, cohort.Barrier, entrySettled, nil, cohort.All); err == nil {
				break
			}
			w.nap(ctx)
		}
	}
	w.say(report{Event: eventSettled})
}

// depart leaves one group, trying again when the node was coming back.
func (w *worker) depart(ctx context.Context, k int) {
	for ctx.Err() == nil {
		err := w.membership(k).Leave(ctx)
		if !errors.Is(err, cohort.ErrUnknown) {
			return // it has left, or had
		}
		w.nap(ctx)
	}
}

// nap waits before something is tried again.
func (w *worker) nap(ctx context.Context) {
	select {
	case <-time.After(statusEvery):
	case <-ctx.Done():
	}
}

// enter joins one group, trying again when the node was excluded meanwhile or is
// about to leave the group.
func (w *worker) enter(ctx context.Context, name string, k int) (*cohort.Group, error) {
	for {
		g, err := w.node.Join(ctx, name, cohort.GroupConfig{
			State:    w.books[k],
			Handlers: map[cohort.Entry]cohort.Handler{entryUpdate: w.update(k), entryHas: w.has(k), entrySettled: settled},
		})
		if !errors.Is(err, cohort.ErrUnknown) && !errors.Is(err, cohort.ErrJoined) {
			return g, err
		}
		if w.nap(ctx); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// leave leaves the system in order.
func (w *worker) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), leaveFor)
	defer cancel()
	err := w.node.Leave(ctx)
	w.mu.Lock()
	w.left = true
	w.mu.Unlock()
	w.status()
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, cohort.ErrUnknown) {
		return nil // then it was closed: it was out of reach, or excluded and coming back
	}
	return err
}

// update handles updates of group k.
func (w *worker) update(k int) cohort.Handler {
	return func(r *cohort.Request) {
		var u update
		if err := r.Into(&u); err != nil {
			w.tally.trouble("an update cannot be read: %v", err)
			return
		}
		w.books[k].apply(u, r.Order >= cohort.Total)
		if !r.WantsReply() {
			return
		}
		ready := r.View().Ready()
		switch {
		case u.Pick && ready[u.Number%uint64(len(ready))] != w.node.Address():
			_ = r.Decline() // whether anybody still waits does not matter here
		case u.Number%8 == 0:
			r.Defer()
			time.AfterFunc(deferFor, func() { _ = r.Reply(cohort.Message{}) })
		default:
			_ = r.Reply(cohort.Message{})
		}
	}
}

// has handles questions whether group k has an update.
func (w *worker) has(k int) cohort.Handler {
	return func(r *cohort.Request) {
		origin, number := r.Int("origin"), r.Int("number")
		_ = r.Reply(cohort.Message{"has": w.books[k].has(uint32(origin), uint64(number))})
	}
}

// settled answers that what came before has been delivered.
func settled(r *cohort.Request) { _ = r.Reply(cohort.Message{}) }

// say reports something; who does not listen is not told.
func (w *worker) say(r report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(r)
}

// status reports how things are, and what is new.
func (w *worker) status() {
	r := report{Event: eventStatus, Address: w.node.Address()}
	w.mu.Lock()
	joined, moving := slices.Clone(w.joined), w.moving
	if w.left {
		joined = nil
	}
	w.mu.Unlock()
	for k, g := range joined {
		v := g.View()
		r.Views = append(r.Views, viewed{Number: v.Number, Members: v.Members, Ready: v.Ready()})
		select {
		case <-g.Done():
			if !moving {
				w.tally.once("its membership of %s ended: %v", groups[k], g.Err())
			}
		default:
		}
	}
	for k, b := range w.books {
		for _, u := range b.repeats() {
			r.Twice = append(r.Twice, fmt.Sprintf("%s of %s, at %s", u, groups[k], w.Name))
		}
	}
	w.tally.into(&r)
	w.say(r)
}

// tell reports the state of all groups.
func (w *worker) tell() {
	w.status()
	r := report{Event: eventState}
	for _, b := range w.books {
		r.State = append(r.State, b.summary())
	}
	w.say(r)
}

// alarm is a log handler that reports faults of the program, and nothing else.
type alarm struct{ w *worker }

func (alarm) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (a alarm) Handle(_ context.Context, r slog.Record) error {
	if !strings.HasPrefix(r.Message, "internal error") {
		return nil
	}
	text := r.Message
	r.Attrs(func(at slog.Attr) bool {
		text += fmt.Sprintf(" %s=%v", at.Key, at.Value)
		return true
	})
	a.w.tally.trouble("%s", text)
	return nil
}

func (a alarm) WithAttrs([]slog.Attr) slog.Handler { return a }
func (a alarm) WithGroup(string) slog.Handler      { return a }

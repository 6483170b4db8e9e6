package cohort

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/loan"
)

// feeds are the states this member is handing to joiners.
type feeds struct {
	mu     sync.Mutex
	list   []*feed
	closed bool
}

// feed is one state on its way: an io.Writer that waits for room.
type feed struct {
	g      *Group
	life   *life
	ticket uint64
	i      core.Capture
	mu     sync.Mutex
	some   sync.Cond
	handed uint64 // bytes, in all
	upto   uint64 // that may be
	stop   bool
	buffer []byte
	block  *loan.Block // with buffer in it, or nil
}

var (
	errStopped = errors.New("cohort: the joiner needs this state no more")
	// errNoState: the member has nothing to give, and what the joiner takes for the
	// group's state would be nothing.
	errNoState = errors.New("it joined without a State, which all members of a group need, or none")
	// errNoWrite: a mistake of the program that gives.
	errNoWrite = errors.New("its State.Snapshot returned nothing that writes the state")
)

// capture takes the state at this point of the stream and hands it over in the
// background.
func (g *Group) capture(l *life, i core.Capture) {
	if !g.isMember(l) {
		return
	}
	f := &feed{g: g, life: l, ticket: g.n.host.Ticket(), i: i, upto: i.Upto}
	f.some.L = &f.mu
	if g.cfg.State == nil {
		f.finish(errNoState)
		return
	}
	var write func(io.Writer) error
	var err error
	g.readers.state.write(func() { write, err = g.cfg.State.Snapshot() })
	if err == nil && write == nil {
		err = errNoWrite
	}
	if err != nil {
		f.finish(err)
		return
	}
	if !g.feeds.add(f) {
		return
	}
	if !g.isMember(l) { // cut off meanwhile, and perhaps back already: nobody would stop it
		g.feeds.remove(f)
		return
	}
	g.n.host.Go(func() {
		defer g.feeds.remove(f)
		returned := false
		defer g.n.exits(&returned, func() { f.finish(errExited) })
		err := write(f)
		returned = true
		f.finish(err)
	})
}

func (fs *feeds) add(f *feed) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.closed {
		return false
	}
	fs.list = append(fs.list, f)
	return true
}

func (fs *feeds) remove(f *feed) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for k, x := range fs.list {
		if x == f {
			fs.list = append(fs.list[:k], fs.list[k+1:]...)
			return
		}
	}
}

// close stops all; open allows new ones again.
func (fs *feeds) close() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.closed = true
	for _, f := range fs.list {
		f.grant(0, true)
	}
}

func (fs *feeds) open() {
	fs.mu.Lock()
	fs.closed = false
	fs.mu.Unlock()
}

// room tells a feed how much it may hand over now.
func (g *Group) room(i core.CaptureRoom) {
	g.feeds.mu.Lock()
	defer g.feeds.mu.Unlock()
	for _, f := range g.feeds.list {
		if f.i.Joiner == i.Joiner && f.i.Xfer == i.Xfer {
			f.grant(i.Upto, i.Stop)
		}
	}
}

func (f *feed) grant(upto uint64, stop bool) {
	f.mu.Lock()
	f.upto = max(f.upto, upto)
	f.stop = f.stop || stop
	f.some.Broadcast()
	f.mu.Unlock()
}

// Write hands over p in blocks, waiting for room.
func (f *feed) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		n := min(len(p), flow.XferBlock-len(f.buffer))
		f.grow(n)
		f.buffer = append(f.buffer, p[:n]...)
		p = p[n:]
		if len(f.buffer) == flow.XferBlock {
			if err := f.post(false, ""); err != nil {
				return total - len(p), err
			}
		}
	}
	return total, nil
}

// share hands over p as it is, behind what was written.
func (f *feed) share(p []byte) (n int, err error) {
	if len(f.buffer) > 0 {
		err = f.post(false, "")
	}
	for n < len(p) && err == nil {
		end := min(n+flow.XferBlock, len(p))
		f.buffer = p[n:end:end]
		if err = f.post(false, ""); err == nil {
			n = end
		}
	}
	return n, err
}

// grow makes room for n more bytes in the buffer, on loan but for what is little: twice
// as much each time, until it is known that the state has more than a block.
func (f *feed) grow(n int) {
	need := len(f.buffer) + n
	if need <= cap(f.buffer) || need < loan.Least {
		return
	}
	size := flow.XferBlock
	if f.handed == 0 {
		size = min(size, 2*need)
	}
	old := f.block
	f.block = loan.Take(size)
	f.buffer = append(f.block.Bytes(), f.buffer...)
	if old != nil {
		old.Return()
	}
}

// post hands over what is buffered.
func (f *feed) post(last bool, failed string) error {
	f.mu.Lock()
	waits := false
	for f.handed+uint64(len(f.buffer)) > f.upto && !f.stop {
		waits = true
		f.some.Wait()
	}
	f.mu.Unlock()
	if waits {
		f.g.n.host.Turn(f.ticket)
	}
	f.mu.Lock()
	stop := f.stop
	f.handed += uint64(len(f.buffer))
	f.mu.Unlock()
	if stop {
		return errStopped
	}
	ev := core.StateBlock{
		Proc: f.i.Proc, Group: f.i.Group, Joiner: f.i.Joiner, Xfer: f.i.Xfer, Bytes: f.buffer, Last: last, Err: failed,
	}
	if f.block != nil {
		ev.Loan = f.block
	}
	f.life.node.Post(ev)
	f.buffer, f.block = nil, nil
	return nil
}

func (f *feed) finish(err error) {
	failed := ""
	if err != nil && !errors.Is(err, errStopped) {
		failed, f.buffer, f.block = err.Error(), nil, nil
	}
	_ = f.post(true, failed)
}

// loader feeds State.Restore with what the donor sends.
type loader struct {
	life   *life
	turn   func()
	xfer   uint64
	mu     sync.Mutex
	some   sync.Cond
	blocks []block
	ended  bool
	failed error
	taken  bool // Restore has returned, with all of it

	// The rest is the reader's.
	reading block
	unsaid  int       // bytes read and not told
	used    func(int) // tells the core of bytes that were read
}

// usedAtOnce is how many bytes the core is told of in one step: with them the donor is
// told as well, which has three times as much to go on with.
const usedAtOnce = flow.XferWindow / 4

// block is a piece of state, and the memory it is in, if that is lent.
type block struct {
	rest []byte
	loan msg.Loan
}

// restore begins to make another member's state ours. A later one replaces it.
func (g *Group) restore(l *life, i core.Restore) {
	host := g.n.host
	ticket := host.Ticket()
	g.unload(ticket)
	if !g.isMember(l) {
		return
	}
	x := &loader{life: l, xfer: i.Xfer, turn: func() { host.Turn(ticket) }, used: func(n int) {
		l.node.Post(core.StateRead{Proc: i.Proc, Group: i.Group, Xfer: i.Xfer, Bytes: n})
	}}
	x.some.L = &x.mu
	g.loader, g.loaded = x, make(chan struct{})
	g.torn = g.torn || g.cfg.State != nil
	done := g.loaded
	host.Go(func() {
		defer close(done)
		returned := false
		defer g.n.exits(&returned, func() { g.restored(i, x, errExited) })
		err := g.takeOver(x)
		returned = true
		g.restored(i, x, err)
	})
}

// takeOver has the program read its state.
func (g *Group) takeOver(x *loader) (err error) {
	if g.cfg.State != nil {
		g.readers.state.write(func() { err = g.cfg.State.Restore(x) })
	}
	if err == nil {
		_, err = io.Copy(io.Discard, x)
	}
	return err
}

// restored tells how a Restore ended, but for one that was stopped: its membership is no
// more, or it is given another state.
func (g *Group) restored(i core.Restore, x *loader, err error) {
	if !x.take(err) {
		return
	}
	ev := core.Restored{Proc: i.Proc, Group: i.Group, Xfer: i.Xfer}
	if err != nil {
		ev.Err = err.Error()
		g.mu.Lock()
		g.restoreErr = fmt.Errorf("cohort: cannot take over the state: %w", err)
		g.mu.Unlock()
	}
	x.life.node.Post(ev)
}

// unload ends a Restore that still runs, and waits for that.
func (g *Group) unload(ticket uint64) {
	if g.loader != nil {
		g.loader.stop()
		<-g.loaded
		g.n.host.Turn(ticket)
	}
}

func (x *loader) add(b block) {
	x.mu.Lock()
	x.blocks = append(x.blocks, b)
	x.some.Signal()
	x.mu.Unlock()
}

func (x *loader) end(failed string) {
	x.mu.Lock()
	x.ended = true
	if failed != "" {
		x.failed = errors.New("the donor could not write its state: " + failed)
	}
	x.some.Signal()
	x.mu.Unlock()
}

func (x *loader) stop() {
	x.mu.Lock()
	x.failed, x.blocks = errStopped, nil
	x.some.Signal()
	x.mu.Unlock()
}

// take notes how Restore has returned, and reports whether it was not stopped.
func (x *loader) take(err error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.taken = err == nil
	return !errors.Is(x.failed, errStopped)
}

// whole reports whether the state is the one that l was given, and not stopped since.
func (x *loader) whole(l *life) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.life == l && x.taken && x.failed == nil
}

// await waits for something to read, and reports whether it had to.
func (x *loader) await() (waited bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for len(x.blocks) == 0 && !x.ended && x.failed == nil {
		waited = true
		x.some.Wait()
	}
	return waited
}

// Read reads on in the state. Only taking a block needs the lock: the next ones may come
// while this one is copied.
func (x *loader) Read(p []byte) (int, error) {
	if len(x.reading.rest) == 0 {
		if x.await() {
			x.turn()
		}
		if err := x.next(); err != nil {
			return 0, err
		}
	}
	b := &x.reading
	n := copy(p, b.rest)
	if b.rest = b.rest[n:]; len(b.rest) == 0 && b.loan != nil {
		b.loan.Return()
	}
	if x.unsaid += n; x.unsaid >= usedAtOnce {
		x.used(x.unsaid)
		x.unsaid = 0
	}
	return n, nil
}

// next takes the block to read on in.
func (x *loader) next() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.failed != nil:
		return x.failed
	case len(x.blocks) == 0:
		return io.EOF
	}
	x.reading, x.blocks = x.blocks[0], x.blocks[1:]
	return nil
}

// Package crew starts processes of this program and hears what they report.
//
// A process of a crew reports on its standard output, one JSON object a line,
// and is told things on its standard input; it ends when that input does. So
// none outlives the program that started it, and on Linux, where the kernel
// kills it with its parent, not even one that is stopped at that moment.
package crew

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// ErrInterrupted: the crew's context has ended.
var ErrInterrupted = errors.New("interrupted")

// patience is how long one thing may take that a crew does.
const patience = 20 * time.Second

// Crew is the processes that this one has started, which report values of type
// R. One goroutine uses it, and has to take the reports.
type Crew[R any] struct {
	ctx     context.Context
	program string
	starts  chan start
	told    chan Tiding[R]
	closing chan struct{}
	procs   []*Process
}

// Tiding is what a process reports, or with Gone that it has ended.
type Tiding[R any] struct {
	From   *Process
	Gone   bool
	Report R
}

// start asks the starter for one process.
type start struct {
	cmd   *exec.Cmd
	place Place
	err   chan error
}

// New makes an empty crew that works until ctx ends.
func New[R any](ctx context.Context) (*Crew[R], error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &Crew[R]{
		ctx: ctx, program: program,
		starts: make(chan start), told: make(chan Tiding[R], 64), closing: make(chan struct{}),
	}
	go starter(c.starts)
	return c, nil
}

// Place is where a process runs. The zero value is where this one does.
type Place struct {
	Apart      bool  // in a new network namespace, in which there is nothing yet
	Processors []int // on these alone, numbered as the kernel does
}

// Start starts this program with other arguments.
func (c *Crew[R]) Start(name string, args ...string) (*Process, error) {
	return c.StartAt(Place{}, name, args...)
}

// StartAt is Start at a place. The error is errors.ErrUnsupported on systems other
// than Linux, unless the place is this process's own.
func (c *Crew[R]) StartAt(place Place, name string, args ...string) (*Process, error) {
	p := &Process{Name: name, cmd: exec.Command(c.program, args...), gone: make(chan struct{})}
	p.cmd.Stderr = &p.says
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.Began = stdin, time.Now()
	s := start{p.cmd, place, make(chan error)}
	c.starts <- s
	if err := <-s.err; err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	c.procs = append(c.procs, p)
	go c.listen(p, stdout)
	return p, nil
}

// listen passes on what p reports, and its end.
func (c *Crew[R]) listen(p *Process, stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		t := Tiding[R]{From: p}
		if err := json.Unmarshal(lines.Bytes(), &t.Report); err != nil {
			continue // no report: a word to a person
		}
		c.tell(t)
	}
	_, _ = io.Copy(io.Discard, stdout) // after a line that is too long
	p.err = p.cmd.Wait()
	close(p.gone)
	c.tell(Tiding[R]{From: p, Gone: true})
}

func (c *Crew[R]) tell(t Tiding[R]) {
	select {
	case c.told <- t:
	case <-c.closing:
	}
}

// Told yields the reports, for whoever waits for other things as well.
func (c *Crew[R]) Told() <-chan Tiding[R] { return c.told }

// Until takes reports until done says so. The error is that of take,
// ErrInterrupted, or that what it is about took too long.
func (c *Crew[R]) Until(what string, take func(Tiding[R]) error, done func() bool) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for !done() {
		select {
		case t := <-c.told:
			if err := take(t); err != nil {
				return err
			}
		case <-late.C:
			return fmt.Errorf("%s took longer than %v", what, patience)
		case <-c.ctx.Done():
			return ErrInterrupted
		}
	}
	return nil
}

// During takes reports for a time. The error is that of take or ErrInterrupted.
func (c *Crew[R]) During(d time.Duration, take func(Tiding[R]) error) error {
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		select {
		case t := <-c.told:
			if err := take(t); err != nil {
				return err
			}
		case <-end.C:
			return nil
		case <-c.ctx.Done():
			return ErrInterrupted
		}
	}
}

// Close kills whoever still runs and waits for all.
func (c *Crew[R]) Close() {
	close(c.closing)
	for _, p := range c.procs {
		_ = p.Kill() // it may have ended
	}
	for _, p := range c.procs {
		<-p.gone
	}
	close(c.starts)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailBytes; extra > 0 {
		t.text = t.text[extra:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// crew is the processes that a command has started, all of this program. They
// end when their standard input does, so none outlives the command, whatever
// becomes of it.
type crew struct {
	ctx     context.Context
	program string
	told    chan tiding
	closing chan struct{}
	procs   []*process
}

// tiding is what a process reports, or with Gone that it has ended.
type tiding struct {
	from *process
	gone bool
	event
}

// process is one of a crew.
type process struct {
	name  string
	cmd   *exec.Cmd
	began time.Time
	stdin io.Closer
	says  tail
	gone  chan struct{}
	err   error // of Wait, once gone
}

// newCrew makes an empty crew that works until ctx ends.
func newCrew(ctx context.Context) (*crew, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &crew{ctx: ctx, program: program, told: make(chan tiding, 64), closing: make(chan struct{})}, nil
}

// start starts this program with other arguments.
func (c *crew) start(name string, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(c.program, args...), gone: make(chan struct{})}
	p.cmd.Stderr = &p.says
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.began = stdin, time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	c.procs = append(c.procs, p)
	go c.listen(p, stdout)
	return p, nil
}

// listen passes on what p reports, and its end.
func (c *crew) listen(p *process, stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		t := tiding{from: p}
		if err := json.Unmarshal(lines.Bytes(), &t.event); err != nil {
			continue // no report: a word to a person
		}
		c.tell(t)
	}
	p.err = p.cmd.Wait()
	close(p.gone)
	c.tell(tiding{from: p, gone: true})
}

func (c *crew) tell(t tiding) {
	select {
	case c.told <- t:
	case <-c.closing:
	}
}

// patience is how long one thing may take that the crew does.
const patience = 20 * time.Second

// until takes reports until done says so. The error is that of take, or that
// what it is about took too long.
func (c *crew) until(what string, take func(tiding) error, done func() bool) error {
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
			return errInterrupted
		}
	}
	return nil
}

// during takes reports for a time.
func (c *crew) during(d time.Duration, take func(tiding) error) error {
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
			return errInterrupted
		}
	}
}

var errInterrupted = errors.New("interrupted")

// close kills whoever still runs and waits for all.
func (c *crew) close() {
	close(c.closing)
	for _, p := range c.procs {
		_ = p.cmd.Process.Kill() // it may have ended
	}
	for _, p := range c.procs {
		<-p.gone
	}
}

// finish asks p to end.
func (p *process) finish() { _ = p.stdin.Close() }

// kill is kill -9.
func (p *process) kill() error { return p.cmd.Process.Kill() }

// ended reports whether p has ended, for a tiding that says so may be under way.
func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// failure says how p ended that should not have.
func (p *process) failure() error {
	if text := p.says.String(); text != "" {
		return fmt.Errorf("%s ended (%v): %s", p.name, p.cmd.ProcessState, text)
	}
	return fmt.Errorf("%s ended: %v", p.name, p.cmd.ProcessState)
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
	return strings.TrimSpace(string(t.text))
}

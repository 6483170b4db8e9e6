package crew

import (
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// Process is one of a crew. Its methods are safe for concurrent use, but for
// Tell.
type Process struct {
	Name  string
	Began time.Time

	cmd   *exec.Cmd
	stdin io.WriteCloser
	says  tail
	gone  chan struct{}
	err   error // of Wait, once gone
}

// Pid is the system's number of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Tell writes v as a line of JSON to the process's standard input. It blocks
// when the process has not read some tens of kilobytes.
func (p *Process) Tell(v any) error { return json.NewEncoder(p.stdin).Encode(v) }

// Finish asks the process to end.
func (p *Process) Finish() { _ = p.stdin.Close() }

// Kill is kill -9.
func (p *Process) Kill() error { return p.cmd.Process.Kill() }

// Pause stops the process where it is, until Resume. The error is
// errors.ErrUnsupported on systems other than Linux.
func (p *Process) Pause() error { return pause(p.cmd.Process) }

// Resume ends Pause.
func (p *Process) Resume() error { return resume(p.cmd.Process) }

// Gone is closed when the process has ended.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Ended reports whether the process has ended, for a tiding that says so may be
// under way.
func (p *Process) Ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// Err is nil for a process that runs or has ended well.
func (p *Process) Err() error {
	if p.Ended() {
		return p.err
	}
	return nil
}

// Failure says how a process ended that should not have, with its last words.
func (p *Process) Failure() error {
	if text := strings.TrimSpace(p.says.String()); text != "" {
		return fmt.Errorf("%s ended (%v): %s", p.Name, p.cmd.ProcessState, text)
	}
	return fmt.Errorf("%s ended: %v", p.Name, p.cmd.ProcessState)
}

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// asProgram makes this test binary, and all it starts, the program itself.
const asProgram = "COHORT_TEST_AS_PROGRAM"

// program prepares a run of the program.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	// Under the race detector a program waits a second before it ends, unless told.
	cmd.Env = append(os.Environ(), asProgram+"=1", "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	return cmd
}

// outcome is what a run of the program came to.
type outcome struct {
	stdout, stderr string
	code           int
}

// runs runs the program to its end.
func runs(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := program(t, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// wants fails unless the run ended with code and said all of texts.
func (o outcome) wants(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d", o.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(o.stdout+o.stderr, text) {
			t.Errorf("does not say %q", text)
		}
	}
	if t.Failed() {
		t.Fatalf("standard output:\n%s\nstandard error:\n%s", o.stdout, o.stderr)
	}
}

// background is a run of the program that goes on.
type background struct {
	t    *testing.T
	cmd  *exec.Cmd
	mu   sync.Mutex
	more sync.Cond
	said []string
	over bool
}

// begins starts the program.
func begins(t *testing.T, args ...string) *background {
	t.Helper()
	return follow(t, program(t, args...))
}

// follow starts cmd. Whatever it writes is collected by lines.
func follow(t *testing.T, cmd *exec.Cmd) *background {
	t.Helper()
	b := &background{t: t, cmd: cmd}
	b.more.L = &b.mu
	out, in := io.Pipe()
	b.cmd.Stdout, b.cmd.Stderr = in, in
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go b.listen(out)
	t.Cleanup(func() {
		_ = b.cmd.Process.Kill() // it may have ended
		_ = b.cmd.Wait()
		_ = in.Close()
	})
	return b
}

func (b *background) listen(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		b.mu.Lock()
		b.said = append(b.said, lines.Text())
		b.more.Broadcast()
		b.mu.Unlock()
	}
	b.mu.Lock()
	b.over = true
	b.more.Broadcast()
	b.mu.Unlock()
}

// says waits until the program says text, and returns the line.
func (b *background) says(text string) string {
	b.t.Helper()
	late := time.AfterFunc(30*time.Second, func() {
		b.mu.Lock()
		b.over = true
		b.more.Broadcast()
		b.mu.Unlock()
	})
	defer late.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := 0; ; i++ {
		for i == len(b.said) && !b.over {
			b.more.Wait()
		}
		if i == len(b.said) {
			b.t.Fatalf("did not say %q but:\n%s", text, strings.Join(b.said, "\n"))
		}
		if strings.Contains(b.said[i], text) {
			return b.said[i]
		}
	}
}

// ends waits for the end and returns the exit code.
func (b *background) ends() int {
	_ = b.cmd.Wait() // the code tells
	return b.cmd.ProcessState.ExitCode()
}

// calls are wrong calls, and what is said of each.
type calls []struct{ args, says string }

func (list calls) areWrong(t *testing.T) {
	for _, c := range list {
		t.Run(c.args, func(t *testing.T) {
			o := runs(t, "", strings.Fields(c.args)...)
			o.wants(t, exitUsage, c.says, "--help")
			if o.stdout != "" || strings.Count(o.stderr, "\n") != 1 {
				t.Errorf("says more than one line:\n%s%s", o.stdout, o.stderr)
			}
		})
	}
}

func TestWrongUsage(t *testing.T) {
	calls{
		{"nonsense", `no command "nonsense"`},
		{"--nonsense", "unknown flag: --nonsense"},
		{"demo nonsense", `takes flags only, and "nonsense" is none`},
		{"demo --nonsense", "unknown flag"},
		{"demo --members 2", "--members is 3 to 16"},
		{"demo --members four", "invalid argument"},
		{"demo --seconds 0", "--seconds is 2"},
		{"demo --victim 3", "--victim is 0 to 2"},
		{"demo --askers 0", "--askers is 1 to 10000"},
		{"demo --askers 999999999", "--askers is 1 to 10000"},
		{"demo --updaters 999999999", "--updaters 0 to 10000"},
		{"demo --data planes", "--data is paper or cars"},
		{"torture", "say --local"},
		{"torture --local --seconds 4", "a whole number from 5 to"},
		{"torture --local --sites 2", "a whole number from 3 to 9"},
		{"torture --local --faults kill,rain", `"rain" is no fault; there are kill,`},
		{"torture --local --faults=", "name faults, with commas between them, or all; there are kill,"},
		{"torture --local --seed one", "a whole number from 0"},
		{"torture here", "takes flags only"},
		{"bench --members 1", "a whole number from 2 to"},
		{"bench --order some", "give one of fifo, causal, total, barrier"},
		{"bench --size 31", "a whole number from 32"},
		{"bench --seconds 0", "--seconds is 0.1 to 600"},
		{"bench --seconds NaN", "--seconds is 0.1 to 600"},
		{"bench --latency --window 3", "give one of them"},
		{"bench --elsewhere", "--senders one"},
		{"bench --durable", "nothing is kept on disk yet"},
		{"bench --network 1ms,1", `"1" is no delay of 0s to 1s, no loss such as 0.1%, and no rate such as 1gbit`},
		{"bench --congestion reno", "give both of them"},
		{"bench paper --seconds 0.5", "--seconds is 1 to 3600"},
		{"bench paper --seconds NaN", "--seconds is 1 to 3600"},
		{"bench paper now", "takes flags only"},
		{"bench nothing", "takes flags only"},
		{"bench events now", "takes flags only"},
		{"bench events --rounds -1", "a whole number from 0 to 1000"},
		{"bench events --rounds some", "a whole number from 0 to 1000"},
		{"bench events --only kill,nap", `"nap" is no measurement; there are kill, stop,`},
		{"bench events --only=", `"" is no measurement`},
		{"bench events --seconds 3", "unknown flag"},
	}.areWrong(t)
}

func TestWrongUsageOfTwenty(t *testing.T) {
	calls{
		{"twenty nonsense", `no command "nonsense"`},
		{"twenty serve here", "takes flags only"},
		{"twenty serve --data planes", "--data is paper or cars"},
		{"twenty serve --expect -1", "cohort twenty serve: --expect is negative"},
		{"twenty serve --expect 3", "--seeds must be the addresses of all 3"},
		{"twenty serve --halt-after -1s", "--halt-after is negative"},
		{"twenty serve --seeds foo", "--seeds has what is no address"},
		{"twenty serve --listen nope", "--listen is no address: listen tcp: address nope: missing port"},
		{"twenty serve --listen 127.0.0.1:99999", "--listen is no address: listen tcp: address 99999: invalid port"},
		{"twenty serve --status foo", "--status is neither a path with a / nor an address"},
		{"twenty serve --status 10.0.0.1:7400", "--status has to be on the loopback interface"},
		{"twenty serve --status 127.0.0.1:99999", "--status is no address"},
		{"twenty serve --members 0", "--members must be at least 1"},
		{"twenty ask", "what is the question?"},
		{"twenty table --seeds foo", "--seeds has what is no address"},
		{"twenty update", "add, set or delete"},
		{"twenty update drop 3", "only add, set or delete"},
		{"twenty update set", "set needs the number of a row"},
		{"twenty update set three mpg=1", `"three" is no number of a row`},
		{"twenty update set 3", "at least one COLUMN=VALUE"},
		{"twenty update set 3 mpg", `"mpg" is not COLUMN=VALUE`},
		{"twenty update delete 3 4", "delete takes one row"},
		{"twenty bench --seconds 0", "--seconds is 1 to 60"},
		{"twenty bench --workers 0", "--workers is 1 to 10000"},
	}.areWrong(t)
}

func TestHelp(t *testing.T) {
	for _, args := range []string{
		"", "demo", "twenty", "twenty serve", "twenty ask", "twenty update", "twenty table", "twenty play", "twenty bench", "bench",
		"bench events", "bench paper", "torture",
	} {
		t.Run(args, func(t *testing.T) {
			runs(t, "", append(strings.Fields(args), "--help")...).wants(t, exitDone, "Usage:", "Examples:")
		})
	}
	runs(t, "").wants(t, exitDone, "Usage:")
	runs(t, "", "twenty").wants(t, exitDone, "Usage:")
}

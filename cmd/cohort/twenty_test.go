package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// address is the one that a member tells.
func address(t *testing.T, line string) string {
	t.Helper()
	_, addr, ok := strings.Cut(line, "--seeds ")
	if !ok {
		t.Fatalf("no address in %q", line)
	}
	return addr
}

// found starts a service and returns its first member and that one's address.
func found(t *testing.T, args ...string) (*background, string) {
	t.Helper()
	b := begins(t, append([]string{"twenty", "serve", "--listen", "127.0.0.1:0"}, args...)...)
	addr := address(t, b.says("founded a system at"))
	b.says("ready: holds version 0")
	return b, addr
}

// TestByHand goes through what a person does in several terminals.
func TestByHand(t *testing.T) {
	first, addr := found(t)
	second := begins(t, "twenty", "serve", "--seeds", addr)
	second.says("ready: holds version 0")
	third := begins(t, "twenty", "serve", "--seeds", addr, "--name", "third")
	third.says("ready")
	third.says("members 3, acting 3; this one is acting member 2")
	seeds := []string{"--seeds", addr}
	twenty := func(args ...string) outcome {
		return runs(t, "", append(append([]string{"twenty"}, args...), seeds...)...)
	}

	twenty("ask", "mpg > 30", "*year < 1975").wants(t, exitDone,
		"mpg > 30  sometimes (85 of 406 rows, version 0)\n  member 2 of 3",
		"*year < 1975  sometimes (159 of 406 rows, version 0)\n  member 0 of 3")
	twenty("ask", "wheels > 3").wants(t, exitUsage, `unknown column "wheels"`)
	twenty("update", "add", "maker=bmw", "name=bmw 507", "year=1957").wants(t, exitDone, "version 1")
	twenty("update", "set", "406", "mpg=18.5", "year=").wants(t, exitDone, "version 2")
	twenty("update", "set", "406", "mpg=fast").wants(t, exitUsage, "expects a finite number")
	for _, odd := range []string{"NaN", "Inf", "-inf", "1e999"} {
		twenty("update", "set", "406", "mpg="+odd).wants(t, exitUsage, `column mpg expects a finite number, not "`+odd+`"`)
	}
	twenty("update", "set", "406", "name=\xff").wants(t, exitUsage, "column name expects a UTF-8 string")
	twenty("update", "set", "406", "wheels=4").wants(t, exitUsage, "unknown column")
	twenty("table").wants(t, exitDone, "row\tmaker\tname", "\n406\tbmw\tbmw 507\t18.5\t\t\t\t\t\t\t\n")
	twenty("ask", `[bmw] name = "bmw 507"`).wants(t, exitDone, "(1 of 3 rows, version 2)")

	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	third.says("members 2, acting 2; this one is acting member 1")
	addr = strings.TrimSpace(strings.Split(second.says("in the system of"), " at ")[1])
	seeds = []string{"--seeds", addr}
	twenty("update", "delete", "406").wants(t, exitDone, "version 3")
	twenty("update", "delete", "406").wants(t, exitFailed, "no row 406")
	for _, b := range []*background{third, second} {
		if err := b.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if b.says("left; answered"); b.ends() != exitDone {
			t.Errorf("a member ended with %d", b.ends())
		}
	}
	twenty("ask", "mpg > 30").wants(t, exitFailed, "no service found")
}

func TestAddressInUse(t *testing.T) {
	_, addr := found(t)
	runs(t, "", "twenty", "serve", "--listen", addr).wants(t, exitFailed, "cannot listen", "twenty serve --seeds "+addr)
}

func TestPlay(t *testing.T) {
	_, addr := found(t)
	game := strings.Join([]string{
		"hint", "mpg > 20", "*cylinders > 4", "name = x", "wheels > 3", "[ford] mpg > 3", "", "guess trabant", "guess ford",
	}, "\n")
	o := runs(t, game, "twenty", "play", "--seeds", addr)
	o.wants(t, exitDone, "one of 31: amc, audi", "you could ask: displacement > 122", "20 left>", "18 left>", "(answered by ",
		"name would give the answer away", `unknown column "wheels"`, "name none", `"trabant" is not one of`, "after 2 questions")
	if strings.Contains(o.stdout, "17 left>") {
		t.Error("a question that was none counts")
	}
	runs(t, "quit\n", "twenty", "play", "--seeds", addr).wants(t, exitDone, "bye")
	runs(t, "", "twenty", "play", "--seeds", addr).wants(t, exitDone, "bye")
}

func TestPlayNeedsCategories(t *testing.T) {
	_, addr := found(t, "--data", "paper")
	runs(t, "quit\n", "twenty", "play", "--seeds", addr).wants(t, exitFailed, "at least two categories")
}

// TestInterruptedGame ends a game that waits for a person.
func TestInterruptedGame(t *testing.T) {
	_, addr := found(t)
	cmd := program(t, "twenty", "play", "--seeds", addr)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	b := follow(t, cmd)
	b.says("Type guess NAME")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := b.ends(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

func TestServeWritesATrace(t *testing.T) {
	name := filepath.Join(t.TempDir(), "m1.jsonl")
	b, addr := found(t, "--trace", name)
	runs(t, "", "twenty", "ask", "mpg > 30", "--seeds", addr).wants(t, exitDone)
	if err := b.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := b.ends(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	text, err := os.ReadFile(name)
	if err != nil || !strings.HasPrefix(string(text), `{"trace":"cohort"`) || !strings.Contains(string(text), `"e":"deliver"`) {
		t.Errorf("the trace has %d bytes; %v", len(text), err)
	}
	runs(t, "", "twenty", "serve", "--listen", "127.0.0.1:0", "--trace", filepath.Join(name, "x")).wants(t, exitFailed, "not a directory")
}

func TestBench(t *testing.T) {
	o := runs(t, "", "twenty", "bench", "--seconds", "1", "--workers", "32")
	o.wants(t, exitDone, "questions/s alone")
}

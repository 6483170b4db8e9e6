package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDemo runs the whole of it as separate processes, one of which is killed.
func TestDemo(t *testing.T) {
	o := runs(t, "", "demo", "--seconds", "3", "--json", "--askers", "16", "--updaters", "4")
	o.wants(t, exitDone, "kill -9", "survivors had the new view", "m5 has the state", "m2 left in order")
	var r map[string]float64
	if strings.Count(o.stdout, "\n") != 1 {
		t.Fatalf("standard output is more than an object:\n%s", o.stdout)
	}
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatalf("%v:\n%s", err, o.stdout)
	}
	for _, name := range []string{"wrong", "lost", "retries", "refused"} {
		if _, ok := r[name]; !ok {
			t.Errorf("no %s", name)
		}
	}
	if r["wrong"] != 0 || r["lost"] != 0 {
		t.Errorf("%v wrong, %v lost", r["wrong"], r["lost"])
	}
	for name, least := range map[string]float64{ // order does not matter: a table
		"queries": 100, "updates": 10, "kills": 1, "members": 4, "seconds": 3, "view_changes": 3,
		"view_change_ms": 0.1, "outage_ms": 0.1, "transfer_bytes": 10_000, "queries_per_s": 30, "updates_per_s": 3,
	} {
		if r[name] < least {
			t.Errorf("%s is %v", name, r[name])
		}
	}
}

// TestDemoForAPerson has no standby, the youngest acting member killed, and traces.
func TestDemoForAPerson(t *testing.T) {
	dir := t.TempDir()
	o := runs(t, "", "demo", "--members", "3", "--seconds", "2", "--victim", "2", "--data", "paper", "--trace", dir)
	o.wants(t, exitDone, "starting 3 processes", "queries/s", "all 2 survivors", "What happened", "0 answers were wrong and 0 were lost",
		"the rows and columns were divided anew", "What it means", "stops without dying", "cohort bench events --only stop", "cohort check "+dir)
	for _, name := range []string{"m1", "m2", "m3", "m4", "client"} {
		text, err := os.ReadFile(filepath.Join(dir, name+".jsonl"))
		if err != nil || len(text) == 0 {
			t.Errorf("trace of %s: %d bytes; %v", name, len(text), err)
		}
	}
}

var founder = regexp.MustCompile(`founded it at (\S+) \(process (\d+)\)`)

// demonstrates starts a demo and waits until its client asks. It returns where
// its founder listens, and the founder's process number.
func demonstrates(t *testing.T) (b *background, addr string, pid int) {
	t.Helper()
	b = begins(t, "demo", "--seconds", "60", "--askers", "4", "--updaters", "1")
	m := founder.FindStringSubmatch(b.says("founded it at"))
	b.says("a client process asks now")
	pid, err := strconv.Atoi(m[2])
	if err != nil {
		t.Fatal(err)
	}
	return b, m[1], pid
}

// refuses waits until nobody listens at an address.
func refuses(t *testing.T, addr string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	t.Errorf("somebody still listens at %s", addr)
}

func TestAnInterruptedDemoLeavesNobody(t *testing.T) {
	b, addr, _ := demonstrates(t)
	if err := b.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	b.says("interrupted")
	if code := b.ends(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	refuses(t, addr)
}

func TestAKilledDemoLeavesNobody(t *testing.T) {
	b, addr, _ := demonstrates(t)
	if err := b.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	refuses(t, addr)
}

func TestADemoTellsOfAFailure(t *testing.T) {
	b, _, pid := demonstrates(t)
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	b.says("m1 ended: signal: killed")
	if code := b.ends(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

func TestVerdict(t *testing.T) {
	var out strings.Builder
	if err := verdict(&out, 0, 0, nil); err != nil || out.Len() > 0 {
		t.Errorf("nothing wrong, but %v: %s", err, &out)
	}
	for _, c := range [][2]uint64{{1, 0}, {0, 1}} {
		out.Reset()
		if err := verdict(&out, c[0], c[1], []string{"mpg > 30 was answered yes"}); err == nil || !strings.Contains(out.String(), "answered yes") {
			t.Errorf("%v: %v: %s", c, err, &out)
		}
	}
}

package node

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core/id"
)

// seedOfChild makes a run of the test program a node that joins, says who it
// is, and waits to be killed.
const seedOfChild = "COHORT_TEST_SEED"

func TestMain(m *testing.M) {
	if seed := os.Getenv(seedOfChild); seed != "" {
		child(seed)
		return
	}
	os.Exit(m.Run())
}

func child(seed string) {
	cfg := Config{Name: fmt.Sprint("child ", os.Getpid()), Seeds: []string{seed}}
	patient(&cfg)
	n, err := Start(context.Background(), cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	text, _ := n.Site().MarshalText()
	fmt.Println(string(text))
	<-n.Done()
}

// startChild runs a node in a process of its own, which ends with the test.
func startChild(t *testing.T, seed string) (*exec.Cmd, id.Site) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), seedOfChild+"="+seed)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, _, err := bufio.NewReader(out).ReadLine()
	if err != nil {
		t.Fatal(err)
	}
	var site id.Site
	if err := site.UnmarshalText(line); err != nil {
		t.Fatal(err)
	}
	return cmd, site
}

// TestProcessKilled kills a node's process: the others must know within
// milliseconds, and do as a rule within two; the bound leaves room for a busy
// machine.
func TestProcessKilled(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	a := w.start(patient)
	b := w.start(patient)
	for range 3 {
		cmd, site := startChild(t, a.Addr())
		for _, p := range w.nodes {
			p.await("the child", func() bool { return p.site.Has(site) })
		}
		killed := time.Now()
		_ = cmd.Process.Kill()
		for _, p := range w.nodes {
			p.sees(a, b)
		}
		took := time.Since(killed)
		t.Logf("out of all views after %v", took)
		if took > time.Second {
			t.Errorf("it took %v", took)
		}
		_ = cmd.Wait()
	}
}

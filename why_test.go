package cohort_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

// says waits until the node says something of a kind, with a text.
func says(t *testing.T, n *cohort.Node, what, text string) cohort.Message {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for {
		for _, m := range n.Why() {
			if f := m.Read(); f.Text("what") == what && strings.Contains(f.Text("text"), text) && f.Err() == nil {
				return m
			}
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("the node does not say %q of %q, but %v", text, what, n.Why())
		}
	}
}

// TestWhy: a call waits for the member that does not answer, a member for a
// handler that does not return; and who was removed is told with the reason.
func TestWhy(t *testing.T) {
	s := newSystem(t, 3)
	goOn := make(chan struct{})
	for i, n := range s.nodes {
		_, err := n.Join(s.ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
			echo: func(r *cohort.Request) {
				if i == 1 {
					<-goOn
				}
				_ = r.Reply(cohort.Message{})
			},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	v, err := s.nodes[0].Lookup(s.ctx, "g")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.nodes[2].Client(v.Group).Call(s.ctx, cohort.Total, echo, cohort.Message{}, cohort.All)
		done <- err
	}()
	slow := s.nodes[1].Address()
	call := says(t, s.nodes[2], "call", "has not answered")
	if who, _ := call["who"].([]cohort.Address); !slices.Contains(who, slow) || call["group"] != "g" {
		t.Errorf("the call waits for %v in %v, want %v in g", who, call["group"], slow)
	}
	handling := says(t, s.nodes[1], "handling", "a handler has not returned")
	if handling["member"] != slow || !strings.Contains(handling.Read().Text("advice"), "Defer") {
		t.Errorf("of a handler that blocks it says %v", handling)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := s.nodes[2].Close(); err != nil {
		t.Fatal(err)
	}
	says(t, s.nodes[0], "removed", "its process was seen to end")
	if len(s.nodes[2].Why()) > 0 {
		t.Errorf("a closed node says %v", s.nodes[2].Why())
	}
}

// TestStatus: who connects is told what Why says, at an address or a path, and
// what is left of a process that was killed is no hindrance.
func TestStatus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	s := newSystem(t, 0)
	s.start(cohort.Config{Name: "a", Status: path})
	s.start(cohort.Config{Name: "b", Status: "127.0.0.1:0"})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	if _, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{}); err != nil {
		t.Fatal(err)
	}
	if err := s.nodes[1].Close(); err != nil {
		t.Fatal(err)
	}
	says(t, s.nodes[0], "removed", "b (site")
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Cohort, Name string
		Groups       []struct{ Name string }
		Why          []struct{ What, Text string }
	}
	if err := json.Unmarshal(text, &told); err != nil {
		t.Fatal(err)
	}
	if told.Cohort != "status" || told.Name != "a" || len(told.Groups) != 1 || len(told.Why) == 0 {
		t.Errorf("told %s", text)
	}
	if err := s.nodes[0].Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("unix", path); err == nil {
		t.Error("the status is still told when the node has ended")
	}
}

// TestStatusWhileStarting: a node that no seed has let in yet says so.
func TestStatusWhileStarting(t *testing.T) {
	seed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = seed.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	path, ended := filepath.Join(t.TempDir(), "status"), make(chan error)
	go func() {
		_, err := cohort.Start(ctx, cohort.Config{Name: "late", Status: path, Seeds: []string{seed.Addr().String()}})
		ended <- err
	}()
	defer func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Start ended with %v", err)
		}
		if _, err := net.Dial("unix", path); err == nil {
			t.Error("the status is still told of a node that never was")
		}
	}()
	greeted, err := seed.Accept() // it is on its way
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = greeted.Close() }()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	text, err := io.ReadAll(conn)
	want := "node late is in no system: no seed has let it in (" + seed.Addr().String() + ")"
	if err != nil || !strings.Contains(string(text), want) {
		t.Errorf("told %s, %v, want %s", text, err, want)
	}
}

// TestStatusRefused: the status is for this machine, and one node.
func TestStatusRefused(t *testing.T) {
	ctx := t.Context()
	for _, bad := range []string{"7400", "0.0.0.0:7400", ":7400", "10.0.0.1:7400", "example.com:80"} {
		var wrong *cohort.ConfigError
		if _, err := cohort.Start(ctx, cohort.Config{Status: bad}); !errors.As(err, &wrong) || wrong.Field != "Status" {
			t.Errorf("status at %s: %v", bad, err)
		}
	}
	path := filepath.Join(t.TempDir(), "status")
	n, err := cohort.Start(ctx, cohort.Config{Status: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	for _, taken := range []string{path, filepath.Join(path, "below")} {
		var in *cohort.ListenError
		if _, err := cohort.Start(ctx, cohort.Config{Status: taken}); !errors.As(err, &in) {
			t.Errorf("status at %s: %v", taken, err)
		}
	}
}

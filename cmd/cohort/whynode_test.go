package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// TestAskNode asks a member of the service what waits there, by a path and by
// an address.
func TestAskNode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status")
	first, addr := found(t, "--name", "first", "--status", path)
	second := begins(t, "twenty", "serve", "--seeds", addr, "--name", "second")
	second.says("ready")
	first.says("members 2")
	if err := second.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.says("removed: crash")
	runs(t, "", "why", "--node", path).wants(t, exitDone,
		"node first at "+addr+", address ", ": in touch with a majority\n", "group twenty, view ", ": members 1, 1 with the state\n",
		"second (site ", ") was removed by entry ", "crash, its process was seen to end", "nothing waits")
	runs(t, "", "why", "--node", path, "--json").wants(t, exitDone, `"cohort":"status","version":1,"name":"first"`, `"what":"removed"`)
	o := runs(t, "", "twenty", "serve", "--listen", "127.0.0.1:0", "--status", path)
	o.wants(t, exitFailed, path, "give another address or path, or none")
	if strings.Contains(o.stderr, "--seeds") {
		t.Errorf("about its --status it says %q", o.stderr)
	}
}

// TestAskStranger: what says something else, or in another version, is no status.
func TestAskStranger(t *testing.T) {
	for said, want := range map[string]string{
		"":                                "is not the status of a node",
		"HTTP/1.1 400 Bad Request\r\n":    "is not the status of a node",
		`{"cohort":"trace","version":1}`:  "is not the status of a node",
		`{"cohort":"status","version":9}`: "in version 9, this program reads 1",
	} {
		o := runs(t, "", "why", "--node", says(t, said))
		o.wants(t, exitFailed, want)
		if strings.Count(o.stderr, "\n") != 1 {
			t.Errorf("it says %q", o.stderr)
		}
	}
}

// TestAskOneOutside: a node that is starting or coming back is in touch with nobody.
func TestAskOneOutside(t *testing.T) {
	addr := says(t, `{"cohort":"status","version":1,"name":"late","addr":"a:1","address":"-"}`)
	runs(t, "", "why", "--node", addr).wants(t, exitDone, "node late at a:1, address -: in no system\n")
}

// says is the address of somebody who says that to the first who connects.
func says(t *testing.T, said string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		conn, err := ln.Accept()
		if err == nil {
			_, _ = conn.Write([]byte(said))
			_ = conn.Close()
		}
	}()
	return ln.Addr().String()
}

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestInterruptedReader ends commands that only read and compute, by the first
// signal: there they wait for a file that does not end.
func TestInterruptedReader(t *testing.T) {
	for _, c := range []struct {
		sig  os.Signal
		args []string
	}{
		{os.Interrupt, []string{"check"}},
		{syscall.SIGTERM, []string{"check", "--json"}},
		{syscall.SIGTERM, []string{"why"}},
		{os.Interrupt, []string{"trace", "-o", "-"}},
		{syscall.SIGTERM, []string{"sim", "--replay"}},
	} {
		path := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		b := begins(t, append(c.args, path)...)
		pipe, err := os.OpenFile(path, os.O_WRONLY, 0) // when the command reads
		if err != nil {
			t.Fatal(err)
		}
		if err := b.cmd.Process.Signal(c.sig); err != nil {
			t.Fatal(err)
		}
		b.says("cohort: interrupted")
		if code := b.ends(); code != exitFailed {
			t.Errorf("%v: exit code %d", c.args, code)
		}
		_ = pipe.Close()
	}
}

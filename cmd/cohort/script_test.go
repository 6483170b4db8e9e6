package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"cohort": main})
}

// TestScripts runs the command as people type it. Scripts are in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"isxml":    isXML,
			"lastjson": lastJSON,
			"cut":      cut,
			"double":   double,
		},
	})
}

// exits CODE ARG... runs cohort and demands an exit code. With code 2 it demands
// one line on stderr and nothing on stdout.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	err := ts.Exec("cohort", args[1:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if code == "2" && (stdout != "" || strings.Count(stderr, "\n") != 1) {
		ts.Fatalf("a wrong call deserves one line on stderr")
	}
}

// isxml FILE reads the file as XML.
func isXML(ts *testscript.TestScript, _ bool, args []string) {
	in := xml.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	for {
		_, err := in.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		ts.Check(err)
	}
}

// lastjson NAME... demands that each line of stdout is a JSON object and that
// the last one has these fields.
func lastJSON(ts *testscript.TestScript, _ bool, names []string) {
	var object map[string]any
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		object = nil
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("%q: %v", line, err)
		}
	}
	for _, name := range names {
		if _, ok := object[name]; !ok {
			ts.Fatalf("the last object has no %q", name)
		}
	}
}

// cut FILE COPY writes a copy without the last 10 bytes, as a killed process leaves it.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text[:len(text)-10]), 0o644))
}

// double FILE COPY writes a copy in which the first delivery stands twice.
func double(ts *testscript.TestScript, _ bool, args []string) {
	var out strings.Builder
	done := false
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		out.WriteString(line)
		if !done && strings.Contains(line, `"e":"deliver"`) {
			out.WriteString(line)
			done = true
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o644))
}

// Who interrupts a campaign is told what was done, and that it is not done.
func TestSimInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"sim", "--seeds", "1000000"}, {"sim", "--seeds", "1000000", "--json"}} {
		var stdout, stderr bytes.Buffer
		root := newRootCommand()
		root.SetArgs(args)
		root.SetOut(&stdout)
		root.SetErr(&stderr)
		if err := root.ExecuteContext(ctx); exit(root, err) != exitFailed {
			t.Errorf("%v: %v", args, err)
		}
		want := "interrupted: 1,000,000 runs to go"
		if len(args) > 3 {
			want = `"runs":0`
		}
		if !strings.Contains(stdout.String(), want) || stderr.Len() > 0 {
			t.Errorf("%v: it says %q and %q", args, stdout.String(), stderr.String())
		}
	}
}

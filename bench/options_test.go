package main

import (
	"errors"
	"flag"
	"strings"
	"testing"
)

// What is wrong is refused before anything is measured or overwritten.
func TestWrongUsage(t *testing.T) {
	for args, want := range map[string]string{
		"-rounds 0": "-rounds is", "-rounds -1": "-rounds is", "-rounds 1001": "-rounds is", "-rounds x": "invalid value",
		"-seconds 0": "-seconds is", "-seconds -2": "-seconds is", "-seconds NaN": "-seconds is", "-seconds 601": "-seconds is",
		"raw": `"raw" is no flag`, "-rounds 1 -seconds 1 raw": `"raw" is no flag`, "-rwa": "not defined",
		"-only rwa": "no system has a name like", "-only (": "missing closing",
		"-paper a -history b": "give -paper or -history", "-paper a -rounds 1": "measure nothing", "-history a -only raw": "measure nothing",
		"-paper a -docs=": "needs a file, and a directory", "-paper=": "needs a file", "-history=": "needs a file", "-history a -docs b": "leave out -docs",
	} {
		var out strings.Builder
		if o, err := parse(strings.Fields(args), &out); err == nil || errors.Is(err, flag.ErrHelp) || o != nil {
			t.Errorf("%q: %+v, %v", args, o, err)
		}
		if text := out.String(); !strings.Contains(text, want) || !strings.Contains(text, "Usage of bench") {
			t.Errorf("%q tells:\n%s", args, text)
		}
	}
	if _, err := parse([]string{"-h"}, &strings.Builder{}); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
}

// The page of all systems is not overwritten with some, unless that is asked for.
func TestWhereItIsWritten(t *testing.T) {
	const all = "../docs/bench"
	for args, want := range map[string]string{
		"": all, "-rounds 1": all, "-docs=": "", "-docs here": "here", "-only raw": "", "-only raw -docs here": "here", "-only=": all, "-paper a": all,
	} {
		o, err := parse(strings.Fields(args), &strings.Builder{})
		if err != nil || o.docs != want {
			t.Errorf("%q: %v, written to %q", args, err, o.docs)
		}
	}
	o, err := parse([]string{"-rounds", "3", "-seconds", "0.5", "-only", "^raw$"}, &strings.Builder{})
	if err != nil || o.rounds != 3 || o.measure.Seconds() != 0.5 || len(o.peers) != 1 {
		t.Errorf("%v: %+v", err, o)
	}
}

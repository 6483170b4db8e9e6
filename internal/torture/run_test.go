package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/crew"
	"github.com/cohortkit/cohort/internal/trace"
)

// asWorker makes a run of the test program a worker.
const asWorker = "as-a-worker"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == asWorker {
		if err := Work(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// tormented runs three members for a time.
func tormented(t *testing.T, o Options) (Result, string, error) {
	t.Helper()
	switch {
	case runtime.GOOS != "linux":
		t.Skip("needs Linux")
	case testing.Short():
		t.Skip("starts processes and takes seconds")
	}
	var story bytes.Buffer
	o.Sites, o.Worker, o.Keep, o.Story, o.Verbose = 3, []string{asWorker}, t.TempDir(), &story, true
	res, err := Run(t.Context(), o)
	return res, story.String(), err
}

func TestRun(t *testing.T) {
	for _, apart := range []bool{false, true} {
		t.Run(fmt.Sprintf("apart %v", apart), func(t *testing.T) { testRun(t, apart) })
	}
}

func testRun(t *testing.T, apart bool) {
	res, story, err := tormented(t, Options{For: 8 * time.Second, Faults: Faults(), Seed: seedOf(apart)})
	if err != nil || !res.OK() {
		t.Fatalf("%+v, %v:\n%s", res, err, story)
	}
	if res.Ops < 100 || res.Acknowledged < 50 || res.Facts < 1000 || res.Checks < 1000 || res.Rounds != 1 || len(res.Kept) > 0 {
		t.Errorf("%+v", res)
	}
	happened := 0
	for _, n := range res.Faults {
		happened += n
	}
	if happened < 5 {
		t.Errorf("faults: %v", res.Faults)
	}
	if res.MaxOutageMs < 1 || res.MaxOutageMs > 8000 {
		t.Errorf("the longest outage: %d ms", res.MaxOutageMs)
	}
	if told := strings.Contains(story, "apart, as if"); told != apart || (res.Apart == 1) != apart {
		t.Errorf("apart is %d:\n%s", res.Apart, story)
	}
}

// TestAForgetfulMember has a member that leaves an update out. That keeps the
// traces, which say what the members knew of each other.
func TestAForgetfulMember(t *testing.T) {
	for _, apart := range []bool{false, true} {
		t.Run(fmt.Sprintf("apart %v", apart), func(t *testing.T) { testAForgetfulMember(t, apart) })
	}
}

func testAForgetfulMember(t *testing.T, apart bool) {
	res, story, err := tormented(t, Options{For: time.Second, Forget: 20, Seed: seedOf(apart)})
	if err != nil || res.OK() || res.Lost == 0 || res.Violations == 0 {
		t.Fatalf("%+v, %v:\n%s", res, err, story)
	}
	if !strings.Contains(story, "LOST update") || !strings.Contains(story, "by m2") {
		t.Errorf("the story does not say what was lost:\n%s", story)
	}
	if len(res.Kept) != 1 {
		t.Fatalf("kept: %q", res.Kept)
	}
	files, _ := filepath.Glob(filepath.Join(res.Kept[0], "*.jsonl"))
	if len(files) != 3+clients+1 {
		t.Errorf("kept: %q", files)
	}
	run, err := trace.Read(files...)
	if err != nil {
		t.Fatal(err)
	}
	alone := 0
	for _, x := range run.Records {
		v, ok := x.Fact.(fact.SiteView)
		if !ok {
			continue
		}
		for _, m := range v.Members {
			if m.Machine == 0 {
				alone++
			}
			if (m.Machine == 0) != apart {
				t.Fatalf("machine %x in %+v", m.Machine, v)
			}
		}
	}
	if (alone > 0) != apart {
		t.Errorf("%d members were apart", alone)
	}
}

func TestAnInterruptedRun(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
	ctx, stop := context.WithCancel(t.Context())
	dir := t.TempDir()
	story := &watch{text: "m3 is in", found: stop}
	_, err := Run(ctx, Options{
		Sites: 3, For: time.Minute, Faults: Faults(), Worker: []string{asWorker}, Keep: dir, Story: story, Verbose: true,
	})
	if !errors.Is(err, crew.ErrInterrupted) {
		t.Errorf("an interrupted run ends with %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}
}

// watch waits for a text.
type watch struct {
	text  string
	found func()
}

func (w *watch) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.text)) {
		w.found()
	}
	return len(p), nil
}

func TestParseFaults(t *testing.T) {
	for list, want := range map[string][]Fault{ // order does not matter: a table
		"all": Faults(), "kill": {Kill}, "loss, cut,loss": {Loss, Cut},
	} {
		if got, err := ParseFaults(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
	if _, err := ParseFaults("kill,rain"); err == nil || !strings.Contains(err.Error(), `"rain"`) || !strings.Contains(err.Error(), "partition") {
		t.Errorf("an unknown fault: %v", err)
	}
	for _, none := range []string{"", " "} {
		if got, err := ParseFaults(none); err == nil || !strings.Contains(err.Error(), "or all") || !strings.Contains(err.Error(), "partition") {
			t.Errorf("%q: %v, %v", none, got, err)
		}
	}
}

func TestLongestOutage(t *testing.T) {
	at := time.UnixMilli
	var m majority
	m.begin(at(100))
	m.begin(at(150)) // it was there
	m.end(at(500))
	m.end(at(550)) // it was gone
	m.begin(at(1000))
	m.end(at(1100))
	for _, c := range []struct {
		times       []int64
		want, since int64
	}{
		{nil, 400, 100},
		{[]int64{50, 700, 2000}, 400, 100},
		{[]int64{250, 130, 480}, 230, 250},
		{[]int64{100, 180, 260, 340, 420, 499, 1010}, 90, 1010},
		{[]int64{499, 100, 200, 300, 410, 1000, 1099}, 110, 300},
	} {
		if got, since := m.longest(c.times); got != c.want || since != c.since {
			t.Errorf("%v: %d since %d, want %d since %d", c.times, got, since, c.want, c.since)
		}
	}
}

func TestTruncate(t *testing.T) {
	const header = `{"trace":"cohort","version":1,"clock":"wall"}` + "\n"
	line := func(at int) string { return fmt.Sprintf(`{"t":%d,"s":"1","e":"stall"}`+"\n", at) }
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{header, header},
		{header + line(5) + line(7), header + line(5) + line(7)},
		{header + line(5) + line(7) + line(8) + line(9), header + line(5) + line(7)},
		{header + line(8), header},
		{header + line(5) + `{"t":8`, header + line(5) + `{"t":8`}, // torn
	} {
		path := filepath.Join(t.TempDir(), "trace.jsonl")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := truncate(path, 7); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != c.want {
			t.Errorf("%q became %q, %v", c.text, got, err)
		}
		if _, err := trace.Read(path); err != nil {
			t.Errorf("it cannot be read: %v", err)
		}
	}
}

package paper

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
)

// asWorker makes a run of the test program a worker.
const asWorker = "as-a-worker"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asWorker {
		if err := bench.Work(bench.Ours(), os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func newEvaluation(t *testing.T) *evaluation {
	p := &Paper{Worker: []string{asWorker}, Tell: func(string) {}}
	b := bench.Bench{Worker: p.Worker, Measure: 300 * time.Millisecond}
	return &evaluation{Paper: p, ctx: t.Context(), b: b, out: &Result{Members: countedMembers}}
}

func TestFigure2(t *testing.T) {
	e := newEvaluation(t)
	for _, o := range Orders {
		for _, replies := range []string{bench.OwnReply, bench.AllReplies} {
			if err := e.call(o, replies, 2, Sizes[0]); err != nil {
				t.Fatal(err)
			}
			if l := e.out.Find(o, replies, 2, Sizes[0]); l == nil || l.Calls == 0 || l.P50 <= 0 || l.P99 < l.P50 || l.LastP50 <= 0 {
				t.Errorf("%s, %s: %+v", o, replies, l)
			}
		}
	}
	if err := e.throughput(); err != nil {
		t.Fatal(err)
	}
	for i, x := range e.out.Throughput {
		if x.Size != Sizes[i] || x.Deliveries == 0 {
			t.Errorf("%+v", x)
		}
	}
}

// The parts of each call make up the whole.
func TestFigure3(t *testing.T) {
	for _, s := range [][2]bool{{true, false}, {false, true}} {
		at := func(m *moments) int64 { return m.called }
		for _, p := range steps {
			if p.call != s[0] && p.remote != s[1] {
				continue
			}
			m := someMoments()
			if p.from(m) != at(m) {
				t.Errorf("%s does not begin where the step before it ends", p.Name)
			}
			at = p.to
		}
		m := someMoments()
		if end := map[bool]int64{true: m.returned, false: m.handled[third]}[s[0]]; at(m) != end {
			t.Errorf("the last step ends at %d, not at %d", at(m), end)
		}
	}
	e := newEvaluation(t)
	if err := e.breakdown(); err != nil {
		t.Fatal(err)
	}
	b := &e.out.Breakdown
	if b.Casts == 0 || b.RemoteCasts == 0 || len(b.Steps) != 6 || len(b.Remote) != 4 || b.Call <= 0 || b.Delivered <= 0 {
		t.Errorf("%+v", b)
	}
	for _, s := range append(b.Steps, b.Remote...) {
		if s.P50 < 0 || s.P50 > s.P99 {
			t.Errorf("%+v", s)
		}
	}
}

func someMoments() *moments {
	return &moments{
		called: 1, sent: 2, delivered: [members]int64{3, 4, 5}, handled: [members]int64{6, 7, 8}, answered: 9, returned: 10,
	}
}

func TestNoTrace(t *testing.T) {
	if _, err := takeApart(t.TempDir(), nil); err == nil {
		t.Error("no trace is taken apart")
	}
}

// What is measured is read again as it was, and told to people.
func TestWrite(t *testing.T) {
	rows, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	r := &Result{
		Isis: Then(), Table: rows, Members: countedMembers,
		Throughput: []Throughput{{Size: 100, BytesPerS: 204.3e6}},
		Latency:    []Latency{{Order: bench.Total, Replies: bench.OwnReply, Members: 3, Size: 100, P50: 39, P99: 144}},
		Breakdown:  Breakdown{Casts: 17, Steps: []Step{{Name: "cast", What: "a hop", P50: 19.1, P99: 141}}},
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Result
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(&again, r) {
		t.Errorf("%v; read again it is %+v", err, again)
	}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"204.3", "39 (144)", "19.1 (141)", "17 casts", "1987: 70 ms", "4 Data, 2 Replies"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not told", want)
		}
	}
}

func TestTimeIsDivided(t *testing.T) {
	p := Paper{For: 30 * time.Second}
	if all := time.Duration(runs()) * (p.measure()*3/2 + overhead); all > p.For || all < p.For*9/10 {
		t.Errorf("%d runs take %v", runs(), all)
	}
	if p.For = 0; p.measure() != least {
		t.Errorf("with no time a run takes %v", p.measure())
	}
}

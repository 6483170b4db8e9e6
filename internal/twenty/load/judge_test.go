package load

import (
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/twenty"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

// right is what a service of three members with that table answers.
func right(t *testing.T, table *twenty.Table, q twenty.Query) answered {
	t.Helper()
	const of = 3
	a := service.Answer{}
	for m := range of {
		if r, ok := table.Reply(q, m, of); ok {
			a.Parts = append(a.Parts, service.Part{Member: m, Of: of, Reply: r})
		}
	}
	if len(a.Parts) == 0 {
		t.Fatalf("nobody answers %v", q)
	}
	a.Reply = a.Parts[0].Reply // enough: the judge looks at the version and at the parts
	return answered{query: q, answer: a, at: time.Now()}
}

func query(t *testing.T, text string) twenty.Query {
	t.Helper()
	q, err := twenty.ParseQuery(twenty.Cars().Schema(), text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestJudgeTakesRightAnswers(t *testing.T) {
	table := twenty.Cars()
	j := newJudge(table, time.Now())
	asker := twenty.NewAsker(3, table.Len())
	for version := range uint64(50) {
		for range 20 {
			j.answered(right(t, table, asker.Query(table)))
		}
		u := j.propose(asker)
		if err := u.Apply(table); err != nil {
			t.Fatal(err)
		}
		j.updated(u, version+1)
	}
	j.finish()
	if j.wrong != 0 || j.judged != 1000 {
		t.Errorf("%d of %d are wrong: %v", j.wrong, j.judged, j.faults)
	}
}

func TestJudgeWaitsForUpdates(t *testing.T) {
	table := twenty.Cars()
	j := newJudge(table, time.Now())
	q := query(t, "*mpg > 20")
	first, second := twenty.DeleteRow(0), twenty.DeleteRow(1)
	for _, u := range []twenty.Update{first, second} {
		if err := u.Apply(table); err != nil {
			t.Fatal(err)
		}
	}
	j.answered(right(t, table, q)) // from version 2
	j.updated(second, 2)
	if j.judged != 0 {
		t.Fatal("judged without the first update")
	}
	j.updated(first, 1)
	if j.judged != 1 || j.wrong != 0 {
		t.Errorf("%d judged, %d wrong: %v", j.judged, j.wrong, j.faults)
	}
}

func TestJudgeFindsFaults(t *testing.T) {
	table := twenty.Cars()
	for name, fault := range map[string]func(*judge){ // order does not matter: each has its own judge
		"a part is wrong": func(j *judge) {
			a := right(t, table, query(t, "*mpg > 20"))
			a.answer.Parts[1].Matches++
			j.answered(a)
		},
		"the one answer is wrong": func(j *judge) {
			a := right(t, table, query(t, "mpg > 20"))
			a.answer.Parts[0].Rows--
			j.answered(a)
		},
		"another member answered": func(j *judge) {
			a := right(t, table, query(t, "mpg > 20"))
			a.answer.Parts[0].Member++
			a.answer.Parts[0].Member %= 3
			j.answered(a)
		},
		"from a version that nobody made": func(j *judge) {
			a := right(t, table, query(t, "mpg > 20"))
			a.answer.Version, a.answer.Parts[0].Version = 5, 5
			j.answered(a)
		},
		"an old version": func(j *judge) {
			a := right(t, table, query(t, "*mpg > 20"))
			j.updated(twenty.DeleteRow(0), 1)
			for i := range a.answer.Parts {
				a.answer.Parts[i].Version = 1
			}
			a.answer.Version = 1
			j.answered(a)
		},
		"a version before one that was seen": func(j *judge) {
			a := right(t, table, query(t, "mpg > 20"))
			j.updated(twenty.DeleteRow(0), 1)
			a.after = 1
			j.answered(a)
		},
		"one version twice": func(j *judge) {
			j.updated(twenty.DeleteRow(0), 1)
			j.updated(twenty.DeleteRow(1), 1)
		},
		"an update that does not fit": func(j *judge) { j.updated(twenty.DeleteRow(1<<40), 1) },
		"parts that contradict":       func(j *judge) { j.inconsistent(&service.InconsistentError{}) },
	} {
		t.Run(name, func(t *testing.T) {
			j := newJudge(table, time.Now())
			fault(j)
			j.finish()
			if j.wrong != 1 || len(j.faults) != 1 {
				t.Errorf("%d are wrong: %v", j.wrong, j.faults)
			}
			if got := j.right.longest(time.Now().Add(time.Hour)); got != 0 {
				t.Error("counts as right")
			}
		})
	}
}

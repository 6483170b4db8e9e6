package twenty

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func newGame(tb testing.TB, table *Table, seed uint64) *Game {
	tb.Helper()
	g, err := NewGame(table, rand.New(rand.NewPCG(seed, 0)))
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// replies has n members answer q.
func replies(table *Table, q Query, n int) []Reply {
	var all []Reply
	for m := range n {
		if r, ok := table.Reply(q, m, n); ok {
			all = append(all, r)
		}
	}
	return all
}

// ask plays one question and returns the answer.
func ask(t *testing.T, g *Game, table *Table, text string) Answer {
	t.Helper()
	q, err := g.Question(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	a, err := g.Ask(q, replies(table, q, 5))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return a
}

// TestGame has a player follow the suggestions: for every secret the table
// tells apart from all others, twenty questions must do.
func TestGame(t *testing.T) {
	table := Cars()
	won, played := 0, 0
	secrets := make(map[string]bool)
	for seed := range uint64(40) {
		g := newGame(t, table, seed)
		for {
			q, ok := g.Suggest(table)
			if !ok {
				break
			}
			q.Horizontal = seed%2 == 0
			ask(t, g, table, q.String())
		}
		candidates := g.Candidates(table)
		if len(candidates) == 0 {
			t.Fatal("the secret is no candidate")
		}
		right, err := g.Guess(candidates[0])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(candidates, g.Secret()) || right != (candidates[0] == g.Secret()) || right != g.Won() || !g.Over() {
			t.Errorf("secret %q, candidates %q, right %v", g.Secret(), candidates, right)
		}
		secrets[g.Secret()] = true
		played++
		if right {
			won++
		}
	}
	if won < played*9/10 || len(secrets) < 15 {
		t.Errorf("won %d of %d games with %d secrets", won, played, len(secrets))
	}
}

func TestGameQuestions(t *testing.T) {
	table := Cars()
	g := newGame(t, table, 1)
	for text, kind := range map[string]error{
		"maker = ford":    new(TellingError),
		"*name < m":       new(TellingError),
		"[ford] mpg > 20": new(SyntaxError),
		"mpg > many":      new(ValueError),
		"doors > 2":       new(ColumnError),
		"mpg >> 2":        new(OperatorError),
	} {
		if _, err := g.Question(text); !sameType(err, kind) {
			t.Errorf("%s: %v", text, err)
		}
	}
	q, err := g.Question("mpg > 20")
	if err != nil || q.Category == "" {
		t.Fatalf("%v, %v", q, err)
	}
	if a, err := g.Ask(q, nil); a != Unanswered || err != nil {
		t.Errorf("no replies: %v, %v", a, err)
	}
	if _, err := g.Ask(q, []Reply{{Version: 1}, {Version: 2}}); !sameType(err, new(VersionsError)) {
		t.Errorf("replies of two versions: %v", err)
	}
	if g.Left() != MaxQuestions {
		t.Errorf("what was not answered counts: %d left", g.Left())
	}
	for i := range MaxQuestions {
		if g.Left() != MaxQuestions-i {
			t.Errorf("%d left after %d", g.Left(), i)
		}
		ask(t, g, table, "*weight > 3000")
	}
	if _, err := g.Question("mpg > 20"); !errors.Is(err, ErrNoQuestions) {
		t.Errorf("question 21: %v", err)
	}
	if _, err := g.Ask(q, replies(table, q, 5)); !errors.Is(err, ErrNoQuestions) || g.Left() != 0 {
		t.Errorf("question 21: %v", err)
	}
	if q, ok := g.Suggest(table); ok {
		t.Errorf("suggests %v as question 21", q)
	}
	for _, turn := range g.Turns() {
		if turn.Query.Category != "" || strings.Contains(turn.Query.String(), "[") {
			t.Errorf("%v tells the secret", turn.Query)
		}
	}
}

func TestGuess(t *testing.T) {
	table := Cars()
	g := newGame(t, table, 1)
	_, err := g.Guess("tesla")
	if !sameType(err, new(UnknownCategoryError)) || !strings.Contains(err.Error(), "amc, audi, bmw") || g.Over() || g.Secret() != "" {
		t.Errorf("%v, over %v, secret %q", err, g.Over(), g.Secret())
	}
	q, err := g.Question("mpg > 20")
	if err != nil {
		t.Fatal(err)
	}
	if right, err := g.Guess(" " + strings.ToUpper(q.Category) + "\n"); !right || err != nil {
		t.Errorf("the right guess: %v, %v", right, err)
	}
	if g.Secret() != q.Category || g.String() != "won after 0 questions" {
		t.Errorf("secret %q, %v", g.Secret(), g)
	}
	if _, err := g.Guess("ford"); !errors.Is(err, ErrOver) {
		t.Errorf("a second guess: %v", err)
	}
	if _, err := g.Question("mpg > 20"); !errors.Is(err, ErrOver) {
		t.Errorf("a question afterwards: %v", err)
	}

	g = newGame(t, table, 1)
	wrong := slices.DeleteFunc(g.Categories(), func(c string) bool { return c == q.Category })[0]
	if right, err := g.Guess(wrong); right || err != nil || g.Won() || g.String() != "lost after 0 questions" {
		t.Errorf("a wrong guess: %v, %v, %v", right, err, g)
	}
}

func TestNoGame(t *testing.T) {
	for _, table := range []*Table{Paper(), read(t, "a\nx\ny\n"), NewTable(Cars().Schema())} {
		if _, err := NewGame(table, rand.New(rand.NewPCG(1, 1))); !errors.Is(err, ErrNoGame) {
			t.Errorf("%v: %v", table.Schema().Names(), err)
		}
	}
}

func TestHints(t *testing.T) {
	table := read(t, "kind:category\tid:telling\tcolor\twheels:number\tempty:number\n"+
		"car\tx\tred\t4\t\ncar\ty\tblue\t3\t\nplane\tz\tblue\t\t\nboat\tw\t\t0\t\n")
	g := newGame(t, table, 1)
	hints := g.Hints(table)
	if len(hints) != 3 {
		t.Fatalf("%+v", hints)
	}
	color, wheels, empty := hints[0], hints[1], hints[2]
	if color.Column != "color" || !slices.Equal(color.Examples, []Value{String("blue"), String("red")}) {
		t.Errorf("%+v", color)
	}
	if wheels.Low != Number(0) || wheels.High != Number(4) || wheels.Kind != KindNumber {
		t.Errorf("%+v", wheels)
	}
	if !empty.Low.IsNull() || !empty.High.IsNull() {
		t.Errorf("%+v", empty)
	}
}

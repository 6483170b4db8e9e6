package twenty

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// MaxQuestions is how many questions a game allows.
const MaxQuestions = 20

// Errors of a game that is used out of turn.
var (
	// ErrNoQuestions is returned when all questions are asked; only a guess is left.
	ErrNoQuestions = errors.New("twenty: all 20 questions are asked; guess")
	// ErrOver is returned when the guess has been made.
	ErrOver = errors.New("twenty: the game is over")
	// ErrNoGame is returned for a table with fewer than two categories.
	ErrNoGame = errors.New("twenty: a game needs a table with at least two categories")
)

// TellingError refuses a question about a column that would give the category
// away. It does not count as a question.
type TellingError struct {
	Column string
}

func (e *TellingError) Error() string {
	return "twenty: " + e.Column + " would give the answer away; ask about another column"
}

// UnknownCategoryError refuses a guess that is no category. The game goes on.
type UnknownCategoryError struct {
	Guess      string
	Categories []string
}

func (e *UnknownCategoryError) Error() string {
	return "twenty: " + brief(e.Guess) + " is not one of " + strings.Join(e.Categories, ", ")
}

// Turn is a question with its answer.
type Turn struct {
	Query  Query // without the category
	Answer Answer
}

// Game is one game: it holds the secret category, counts the questions and
// judges the guess. Who asks whom, and how, is the caller's: it reads a question
// with Question, has the service answer it, and reports the replies to Ask.
type Game struct {
	schema     *Schema
	categories []string
	secret     string
	turns      []Turn
	guess      string // "" until it is made
}

// NewGame begins a game about t's categories, with a secret drawn by rng. It
// does not keep t; a category that comes up later is not part of the game. The
// error is ErrNoGame.
func NewGame(t *Table, rng *rand.Rand) (*Game, error) {
	categories := t.Categories()
	if len(categories) < 2 {
		return nil, ErrNoGame
	}
	return &Game{
		schema:     t.schema,
		categories: categories,
		secret:     categories[rng.IntN(len(categories))],
	}, nil
}

// Question reads a player's question and qualifies it with the secret category,
// ready to be sent to the service; the query must not be shown. It counts
// nothing yet. Beside the errors of ParseQuery it returns a *TellingError,
// ErrNoQuestions and ErrOver, and a *SyntaxError if the player names a category.
func (g *Game) Question(text string) (Query, error) {
	if err := g.mayAsk(); err != nil {
		return Query{}, err
	}
	q, err := ParseQuery(g.schema, text)
	switch {
	case err != nil:
		return Query{}, err
	case q.Category != "":
		return Query{}, &SyntaxError{Text: text, Reason: "every question is about the secret category; name none"}
	case g.schema.columns[g.schema.Index(q.Column)].Role != RolePlain:
		return Query{}, &TellingError{Column: q.Column}
	}
	q.Category = g.secret
	return q, nil
}

// Ask counts q as asked, with the one reply to a vertical query or those of all
// members to a horizontal one, and returns the player's answer. Without a reply,
// or with replies that Combine refuses, it counts nothing and the player may ask
// again.
func (g *Game) Ask(q Query, replies []Reply) (Answer, error) {
	if err := g.mayAsk(); err != nil {
		return Unanswered, err
	}
	if len(replies) == 0 {
		return Unanswered, nil
	}
	sum, err := Combine(replies)
	if err != nil {
		return Unanswered, err
	}
	q.Category = ""
	g.turns = append(g.turns, Turn{Query: q, Answer: sum.Answer()})
	return sum.Answer(), nil
}

// Guess ends the game with the player's one guess and reports whether it is
// right; case and outer spaces do not matter. A guess that is no category is
// refused with an *UnknownCategoryError and does not count; after the guess,
// the error is ErrOver.
func (g *Game) Guess(category string) (bool, error) {
	if g.Over() {
		return false, ErrOver
	}
	category = strings.TrimSpace(category)
	i := slices.IndexFunc(g.categories, func(c string) bool { return strings.EqualFold(c, category) })
	if i < 0 {
		return false, &UnknownCategoryError{Guess: category, Categories: g.categories}
	}
	g.guess = g.categories[i]
	return g.Won(), nil
}

// Left is how many questions may still be asked.
func (g *Game) Left() int { return MaxQuestions - len(g.turns) }

// Turns are the questions so far, without the category.
func (g *Game) Turns() []Turn { return slices.Clone(g.turns) }

// Categories lists what the secret may be, sorted.
func (g *Game) Categories() []string { return slices.Clone(g.categories) }

// Over reports whether the guess has been made.
func (g *Game) Over() bool { return g.guess != "" }

// Won reports whether the guess was right.
func (g *Game) Won() bool { return g.guess == g.secret }

// Secret is the category, once the game is over; "" until then.
func (g *Game) Secret() string {
	if !g.Over() {
		return ""
	}
	return g.secret
}

// String sums the game up in a line, without the secret.
func (g *Game) String() string {
	switch {
	case g.Won():
		return fmt.Sprintf("won after %d questions", len(g.turns))
	case g.Over():
		return fmt.Sprintf("lost after %d questions", len(g.turns))
	}
	return fmt.Sprintf("%d questions left", g.Left())
}

func (g *Game) mayAsk() error {
	switch {
	case g.Over():
		return ErrOver
	case g.Left() == 0:
		return ErrNoQuestions
	}
	return nil
}

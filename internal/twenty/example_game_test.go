package twenty_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/cohortkit/cohort/internal/twenty"
)

// A player who follows every suggestion, and the service in one process.
func ExampleGame() {
	table := twenty.Cars()
	game, err := twenty.NewGame(table, rand.New(rand.NewPCG(1983, 0)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		suggestion, ok := game.Suggest(table)
		if !ok {
			break
		}
		q, err := game.Question(suggestion.String())
		if err != nil {
			fmt.Println(err)
			return
		}
		reply, _ := table.Reply(q, table.Responsible(q, 3), 3) // a group would answer
		answer, _ := game.Ask(q, []twenty.Reply{reply})
		fmt.Printf("%v? %v\n", suggestion, answer)
	}
	fmt.Println(game.Candidates(table))
	_, _ = game.Guess(game.Candidates(table)[0]) // String tells
	fmt.Println(game)
	// Output:
	// displacement > 122? yes
	// mpg > 15.5? yes
	// cylinders > 4? sometimes
	// [mercedes-benz]
	// won after 3 questions
}

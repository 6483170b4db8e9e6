package twenty_test

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/twenty"
)

// The example of the paper: five members answer *price > 9000, each for its rows.
func Example() {
	table := twenty.Paper()
	q, err := twenty.ParseQuery(table.Schema(), "*price >9000")
	if err != nil {
		fmt.Println(err)
		return
	}
	for member := range 5 {
		fmt.Println(member, table.AnswerRows(q, member, 5))
	}
	// Output:
	// 0 no
	// 1 sometimes
	// 2 sometimes
	// 3 sometimes
	// 4 yes
}

func ExampleParseQuery() {
	schema := twenty.Cars().Schema()
	for _, text := range []string{"*mpg>=30", "[toyota] origin = Japan", "doors = 4", "mpg > good", "mpg is 30"} {
		q, err := twenty.ParseQuery(schema, text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(q)
	}
	// Output:
	// *mpg >= 30
	// [toyota] origin = Japan
	// twenty: unknown column "doors"; the columns are maker, name, mpg, cylinders, displacement, horsepower, weight, acceleration, year, origin
	// twenty: column mpg expects a finite number, not "good"
	// twenty: bad operator "is"; use one of = != < <= > >=
}

// An update travels as the bytes of a message; every reply names the version of
// the table it is about.
func ExampleUpdate() {
	table := twenty.Paper()
	q, _ := twenty.ParseQuery(table.Schema(), "color = pink")
	price := table.Schema().Index("price")

	message, _ := twenty.SetCells(3, twenty.Cell{Column: price, Value: twenty.Number(5999)}).MarshalBinary()
	var u twenty.Update
	fmt.Println(len(message), u.UnmarshalBinary(message), u.Apply(table))
	fmt.Println(twenty.DeleteRow(77).Apply(table))
	fmt.Println(table.Reply(q, table.Responsible(q, 5), 5))
	// Output:
	// 13 <nil> <nil>
	// twenty: no row 77
	// no (0 of 10 rows, version 1) true
}

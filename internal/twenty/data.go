package twenty

import (
	_ "embed" // for the tables
	"strings"
)

var (
	//go:embed data/paper.tsv
	paperTSV string
	//go:embed data/cars.tsv
	carsTSV string
)

// Paper is a new copy of the demonstration table of the 1987 paper: ten rows,
// all of the category car. See data/SOURCE.md.
func Paper() *Table { return embedded(paperTSV) }

// Cars is a new copy of a table of 406 cars of 1970 to 1982. The category is the
// maker, of which there are 31; the name would give it away. See data/SOURCE.md.
func Cars() *Table { return embedded(carsTSV) }

// embedded reads a table that is part of the program.
func embedded(text string) *Table {
	t, err := ReadTSV(strings.NewReader(text))
	if err != nil {
		panic(err) // the program was built with a broken table
	}
	return t
}

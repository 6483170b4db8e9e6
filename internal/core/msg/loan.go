package msg

// A Loan is memory with the body of a run in it, lent to the site by whoever runs
// it. The site hands the loan back when no part of it will read the body again and
// the program has used it.
type Loan interface {
	// Return takes the memory back, to write something else into it.
	Return()
	// Keep makes the memory a gift: Return does nothing from then on. It is for a
	// program that wants to keep the body, before it counts as used.
	Keep()
}

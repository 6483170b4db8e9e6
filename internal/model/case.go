package model

// A Case is a machine with its bounds.
type Case struct {
	Model  string // the package of the machine
	Bounds string // how large the world is, in words
	Broken string // the rule that is left out, empty for the design itself
	Large  bool   // takes more than some seconds
	Run    func(limit int) Result
}

// NewCase makes a case of m, which is a function so that nothing is built
// before the case is run.
func NewCase[S comparable](name, bounds, broken string, m func() Machine[S]) Case {
	return Case{Model: name, Bounds: bounds, Broken: broken, Run: func(limit int) Result { return Check(m(), limit) }}
}

// AsLarge is c, marked as one that takes long.
func (c Case) AsLarge() Case {
	c.Large = true
	return c
}

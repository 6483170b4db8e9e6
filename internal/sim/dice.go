package sim

// Dice is the only source of chance in a simulation: splitmix64, the same on
// every machine.
type Dice struct{ state uint64 }

// NewDice returns dice whose throws depend on the seed alone. The seed is mixed
// first: splitmix64 walks through its states in equal steps, so that seeds a step
// apart would throw the same, one throw later, and runs whose numbers of throws
// differ by one would be one run.
func NewDice(seed uint64) *Dice { return &Dice{state: mix(mix(seed + 0x9e3779b97f4a7c15))} }

// Uint64 throws 64 bits.
func (d *Dice) Uint64() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return mix(d.state)
}

// N throws a number from 0 to n-1; n must be positive.
func (d *Dice) N(n int) int { return int(d.Uint64() % uint64(n)) }

// Between throws a number from lo to hi, both included.
func (d *Dice) Between(lo, hi int64) int64 { return lo + int64(d.Uint64()%uint64(hi-lo+1)) }

// Chance is true so many times in a thousand.
func (d *Dice) Chance(perMille int) bool { return d.N(1000) < perMille }

// Pick throws one of the items, which must not be empty.
func Pick[T any](d *Dice, items []T) T { return items[d.N(len(items))] }

package lab

import "testing"

// One seed of chaos, run and judged: what a campaign costs for each.
func BenchmarkSeed(b *testing.B) {
	o := Options{Faults: chaos(b)}
	b.ReportAllocs()
	seed := uint64(0)
	for b.Loop() {
		o.run(seed)
		seed++
	}
}

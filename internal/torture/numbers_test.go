package torture

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNumbers holds the set to a map, and its spans to what they promise.
func TestNumbers(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var s numbers
		model := map[uint64]bool{}
		for range 100 {
			n := dice.Uint64N(120)
			if added := s.add(n); added == model[n] {
				t.Fatalf("adding %d to %v said %t", n, s, added)
			}
			model[n] = true
		}
		for i, x := range s {
			if x[0] > x[1] || i > 0 && s[i-1][1]+1 >= x[0] {
				t.Fatalf("spans %v", s)
			}
		}
		for n := range uint64(130) {
			if s.has(n) != model[n] {
				t.Fatalf("%v has %d: %t", s, n, s.has(n))
			}
		}
		if s.count() != uint64(len(model)) {
			t.Fatalf("%v counts %d of %d", s, s.count(), len(model))
		}
	}
}

func TestMinus(t *testing.T) {
	s, other := numbers{{1, 5}, {8, 9}}, numbers{{2, 3}, {9, 12}}
	if got := s.minus(other); !slices.Equal(got, []uint64{1, 4, 5, 8}) {
		t.Errorf("%v without %v is %v", s, other, got)
	}
	if got := other.minus(nil); len(got) != 6 {
		t.Errorf("%v without nothing is %v", other, got)
	}
}

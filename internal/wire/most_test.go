package wire

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// TestMost holds what package msg says that messages take at most to what they take,
// random ones and such as have the greatest of all numbers.
func TestMost(t *testing.T) {
	for _, s := range samples() {
		if s.frame.Lane != msg.LaneControl || len(s.frame.Msgs) != 1 {
			continue
		}
		typ := reflect.TypeOf(s.frame.Msgs[0]).Elem()
		for seed := range uint64(100) {
			g := gen{rand.New(rand.NewPCG(seed, uint64(s.frame.Msgs[0].Kind())))}
			for _, m := range g.frame(msg.LaneControl, typ).Msgs {
				isWithinMost(t, s.name, m)
				greatest(reflect.ValueOf(m))
				isWithinMost(t, s.name+" of the greatest numbers", m)
			}
		}
	}
}

func isWithinMost(t *testing.T, name string, m msg.Message) {
	t.Helper()
	head, _ := appendMessage(nil, m)
	if most := msg.Most(m); 1+len(head) > most {
		t.Fatalf("%s takes %d bytes, and at most %d", name, 1+len(head), most)
	}
}

// greatest makes all numbers below v as great as they can be.
func greatest(v reflect.Value) {
	switch k := v.Kind(); {
	case k == reflect.Uint8: // one byte, whatever it is
	case k >= reflect.Uint16 && k <= reflect.Uint64:
		v.SetUint(math.MaxUint64 >> (64 - v.Type().Bits()))
	case k == reflect.Struct:
		for _, field := range v.Fields() {
			greatest(field)
		}
	case k == reflect.Pointer && !v.IsNil():
		greatest(v.Elem())
	case k == reflect.Slice:
		for i := range v.Len() {
			greatest(v.Index(i))
		}
	}
}

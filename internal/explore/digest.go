package explore

import (
	"reflect"
	"unsafe"
)

// sum is a digest of 128 bits: so many that two states with the same one are
// taken to be the same.
type sum struct{ a, b uint64 }

func (s *sum) word(x uint64) {
	s.a = mix(s.a ^ x)
	s.b = mix(s.b + x*0x9e3779b97f4a7c15 + 0x165667b19e3779f9)
}

func (s *sum) add(o sum) {
	s.word(o.a)
	s.word(o.b)
}

// join adds o in such a way that the order of many does not matter.
func (s *sum) join(o sum) {
	s.a += mix(o.a)
	s.b += mix(o.b)
}

func (s *sum) text(x string) {
	s.word(uint64(len(x)))
	for ; len(x) >= 8; x = x[8:] {
		s.word(uint64(x[0]) | uint64(x[1])<<8 | uint64(x[2])<<16 | uint64(x[3])<<24 |
			uint64(x[4])<<32 | uint64(x[5])<<40 | uint64(x[6])<<48 | uint64(x[7])<<56)
	}
	for i := range len(x) {
		s.word(uint64(x[i]))
	}
}

func mix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// digester digests values with all that they hold, exported or not. Pointers
// count for what they lead to, maps for what is in them in whatever order;
// functions do not count, for all that ours know is in the values around them.
type digester struct {
	known map[unsafe.Pointer]map[reflect.Type]sum // what pointers lead to
	open  map[unsafe.Pointer]bool                 // on the way from the root
}

// digest is the digest of all that x holds.
func digest(x any) sum {
	d := digester{map[unsafe.Pointer]map[reflect.Type]sum{}, map[unsafe.Pointer]bool{}}
	var s sum
	d.value(&s, reflect.ValueOf(x))
	return s
}

func (d *digester) value(s *sum, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			s.word(1)
		} else {
			s.word(0)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.word(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		s.word(v.Uint())
	case reflect.String:
		s.text(v.String())
	case reflect.Struct:
		for _, field := range v.Fields() {
			d.value(s, field)
		}
	case reflect.Array:
		for i := range v.Len() {
			d.value(s, v.Index(i))
		}
	case reflect.Slice:
		d.slice(s, v)
	case reflect.Map:
		d.entries(s, v)
	case reflect.Interface:
		if v.IsNil() {
			s.word(0)
			return
		}
		s.text(v.Elem().Type().String())
		d.value(s, v.Elem())
	case reflect.Pointer:
		d.pointer(s, v)
	case reflect.Func:
	default:
		panic("explore: the core holds a " + v.Kind().String() + ", which has no digest")
	}
}

func (d *digester) slice(s *sum, v reflect.Value) {
	n := v.Len()
	if v.Type().Elem().Kind() == reflect.Uint8 {
		s.text(unsafe.String(unsafe.SliceData(v.Bytes()), n))
		return
	}
	s.word(uint64(n))
	for i := range n {
		d.value(s, v.Index(i))
	}
}

func (d *digester) entries(s *sum, v reflect.Value) {
	var all sum
	for it := v.MapRange(); it.Next(); {
		var one sum
		d.value(&one, it.Key())
		d.value(&one, it.Value())
		all.join(one)
	}
	s.word(uint64(v.Len()))
	s.add(all)
}

// pointer digests what a pointer leads to, once for each; what leads back to
// where we come from counts as that.
func (d *digester) pointer(s *sum, v reflect.Value) {
	p := v.UnsafePointer()
	switch {
	case p == nil:
		s.word(0)
		return
	case d.open[p]:
		s.text(v.Type().String())
		return
	}
	one, ok := d.known[p][v.Type()]
	if !ok {
		d.open[p] = true
		one.word(1)
		d.value(&one, v.Elem())
		delete(d.open, p)
		if d.known[p] == nil {
			d.known[p] = map[reflect.Type]sum{}
		}
		d.known[p][v.Type()] = one
	}
	s.add(one)
}

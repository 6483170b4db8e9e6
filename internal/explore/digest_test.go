package explore

import "testing"

type node struct {
	name string
	next *node
	tags map[string]int
	any  any
	call func()
}

// What differs anywhere below has another digest; order of keys, functions and
// identity of pointers do not count.
func TestDigest(t *testing.T) {
	made := func(change func(*node)) sum {
		a := &node{name: "a", tags: map[string]int{"x": 1, "y": 2, "z": 3}}
		b := &node{name: "b", next: a, any: []uint64{1, 2}}
		a.next = b
		if change != nil {
			change(a)
		}
		return digest(a)
	}
	plain := made(nil)
	for range 20 {
		if made(nil) != plain {
			t.Fatal("the same value has two digests")
		}
	}
	if made(func(n *node) { n.call = func() {} }) != plain {
		t.Error("a function counts")
	}
	for name, change := range map[string]func(*node){
		"string":    func(n *node) { n.name = "c" },
		"below":     func(n *node) { n.next.name = "c" },
		"map value": func(n *node) { n.tags["x"] = 2 },
		"map key":   func(n *node) { delete(n.tags, "x"); n.tags["w"] = 1 },
		"swapped":   func(n *node) { n.tags["x"], n.tags["y"] = 2, 1 },
		"interface": func(n *node) { n.next.any = []uint32{1, 2} },
		"slice":     func(n *node) { n.next.any = []uint64{2, 1} },
		"length":    func(n *node) { n.next.any = []uint64{1, 2, 0} },
		"nil":       func(n *node) { n.next = nil },
	} {
		if made(change) == plain {
			t.Errorf("%s: what differs has the same digest", name)
		}
	}
}

package house

import (
	"strings"
	"testing"
)

// planted are bodies of a pure package, with what each must be told.
var planted = []struct {
	name, text string
	want       []string
}{
	{"nothing", `func f(n int) int { return n + 1 }`, nil},
	{"goroutine", `func f() { go f() }`, []string{"no goroutine"}},
	{"channel type", `type t struct{ c chan int }`, []string{"no channels"}},
	{
		"channel use", `func f() { c := make(chan int); c <- 1; <-c; close(c) }`,
		[]string{"does not call close", "no channels", "no channels", "no channels"},
	},
	{"channel range", `func f[C chan int](c C) { for range c { return } }`, []string{"no channels", "no channels"}},
	{"select", `func f() { select {} }`, []string{"does not select"}},
	{"clock", `import "time"; func f() { _ = time.Second }`, []string{"may not import time"}},
	{"renamed clock", `import clock "time"; func f() { _ = clock.Now() }`, []string{"call time.Now", "may not import time"}},
	{"lock", `import "sync"; var m sync.Mutex`, []string{"may not import sync"}},
	{"dice", `import "math/rand/v2"; func f() { rand.Int() }`, []string{"may not import math/rand/v2"}},
	{"address", `import "unsafe"; var p unsafe.Pointer`, []string{"may not import unsafe"}},
	{
		"terminal", `import "fmt"; func f() { fmt.Println(fmt.Sprint(1)); println(2) }`,
		[]string{"call fmt.Println", "call println"},
	},
	{"coroutine", `import "iter"; func f(s iter.Seq[int]) { iter.Pull(s) }`, []string{"call iter.Pull"}},
	{"constraint", "//go:build linux", []string{"no build constraints"}},

	{
		"map range", `func f(m map[int]int) (s int) { for k := range m { s = k }; return s }`,
		[]string{"order of a map's keys"},
	},
	{
		"map range through a name", `type t map[int]int; func f(m t) (s int) { for _, v := range m { s -= v }; return s }`,
		[]string{"order of a map's keys"},
	},
	{
		"map range through a type parameter", `func f[M ~map[int]int](m M) (s int) { for k := range m { s = k }; return s }`,
		[]string{"order of a map's keys"},
	},
	{"counting", `func f(m map[int]int) (n int) { for range m { n++ }; return n }`, nil},
	{"collected and sorted", `import "slices"
		func f(m map[int]int) []int {
			var keys []int
			for k, v := range m { if v == 0 { continue }; keys = append(keys, k) }
			slices.Sort(keys)
			return keys
		}`, nil},
	{"collected, not sorted", `func f(m map[int]int) (keys []int) {
			for k := range m { keys = append(keys, k) }
			return keys
		}`, []string{"order of a map's keys"}},
	{"another one sorted", `import "slices"
		func f(m map[int]int, other []int) (keys []int) {
			for k := range m { keys = append(keys, k) }
			slices.Sort(other)
			return keys
		}`, []string{"order of a map's keys"}},
	{"sorted before", `import "slices"
		func f(m map[int]int) (keys []int) {
			slices.Sort(keys)
			for k := range m { keys = append(keys, k) }
			return keys
		}`, []string{"order of a map's keys"}},
	{"more than collected", `import "slices"
		func f(m map[int]int) (keys []int, last int) {
			for k := range m { keys = append(keys, k); last = k }
			slices.Sort(keys)
			return
		}`, []string{"order of a map's keys"}},
	{"marked", `func f(m map[int]int) (s int) {
			// order does not matter: addition commutes
			for k := range m { s += k }
			for k := range m { s += k } // order does not matter: the same
			return s
		}`, nil},
	{"marked on the line above", `func f(m map[int]int) (s int) {
			for k := range m { s += k } // order does not matter: addition commutes
			for k := range m { s -= k }
			return s
		}`, []string{"p.go:4: the order of a map's keys"}},
	{"marked on two lines", `func f(m map[int]int) (s int) {
			// order does not matter: addition commutes, as everybody
			// knows
			for k := range m { s += k }
			return s
		}`, nil},
	{"marked without a reason", `func f(m map[int]int) (s int) {
			for k := range m { s += k } // order does not matter:
			return s
		}`, []string{"needs a reason"}},
	{"marked elsewhere", `func f(s []int) {
			// order does not matter: this is a slice
			for range s { }
		}`, []string{"marks nothing"}},

	{"keys sorted at once", `import ("maps"; "slices")
		func f(m map[int]int) []int { return slices.Sorted(maps.Keys(m)) }`, nil},
	{"keys as they come", `import ("maps"; "slices")
		func f(m map[int]int) []int { return slices.Collect(maps.Keys(m)) }`, []string{"maps.Keys comes in any order"}},
	{
		"values as they come", `import "maps"
		func f(m map[int]int) (s int) { for v := range maps.Values(m) { s -= v }; return s }`,
		[]string{"maps.Values comes in any order"},
	},
	{"keys in a variable", `import "maps"
		func f(m map[int]int) { keys := maps.Keys[map[int]int]; _ = keys(m) }`, []string{"maps.Keys comes in any order"}},
}

func TestPurityFindsPlantedFaults(t *testing.T) {
	all, err := goList("-deps", "-export", "fmt", "iter", "maps", "math/rand/v2", "slices", "sync", "time")
	if err != nil {
		t.Fatal(err)
	}
	imports, allowed := exports(all), readPure(t)
	for _, c := range planted {
		t.Run(c.name, func(t *testing.T) {
			text := "package p\n" + c.text
			if strings.HasPrefix(c.text, "//go:build") {
				text = c.text + "\n\npackage p\n"
			}
			got, err := checkPurity("p", []source{mustParse(t, "p.go", text)}, allowed, imports)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, got, c.want...)
		})
	}
}

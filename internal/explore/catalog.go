package explore

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// Worlds are the worlds that are searched again and again. Quick ones take
// seconds, the others minutes.
func Worlds() []World { return slices.Concat(quick(), long(), longer(), mistaken()) }

// Quick are the worlds of seconds.
func Quick() []World { return quick() }

// Named finds a world by its name.
func Named(name string) (World, bool) {
	all := Worlds()
	i := slices.IndexFunc(all, func(w World) bool { return w.Name == name })
	if i < 0 {
		return World{}, false
	}
	return all[i], true
}

// casts and its like make one act, in the first group.
func casts(o msg.Order) Act { return Act{Do: Cast, Order: o} }
func safely() Act           { return Act{Do: Cast, Order: msg.FIFO, Safe: true} }
func calls(o msg.Order) Act { return Act{Do: Call, Order: o} }
func joins() Act            { return Act{Do: Join} }
func replaces(n int) Act    { return Act{Do: Join, Of: n} }
func leaves() Act           { return Act{Do: Leave} }

// other does the same in the second group.
func other(a Act) Act {
	a.Group = 1
	return a
}

// trio is a group of three.
func trio() [][]int { return [][]int{{1, 2, 3}} }

// apart are two groups of two that meet at one site: what is cast in the one never
// comes to the other's third site, so there are fewer states than with trio.
func apart() [][]int { return [][]int{{1, 2}, {2, 3}} }

func quick() []World {
	return []World{
		{
			Name: "orders", About: "a FIFO, a Causal and a Total cast, each at another site",
			Sites: 3, Groups: trio(),
			Acts: [][]Act{{casts(msg.FIFO)}, {casts(msg.Causal)}, {casts(msg.Total)}},
		},
		{
			Name: "order-moves", About: "two sites cast Total, and the order goes to whose the last one was",
			Sites: 3, Groups: trio(), Tenure: 1,
			Acts: [][]Act{{casts(msg.Causal)}, {casts(msg.Total)}, {casts(msg.Total), casts(msg.Total)}},
		},
		{
			Name: "crash", About: "one cast, and any site dies",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{{casts(msg.Causal)}, nil, nil},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "join", About: "a site joins a group of two, one of which casts",
			Sites: 3, Groups: [][]int{{1, 2}},
			Acts: [][]Act{nil, {casts(msg.Total)}, {joins()}},
		},
		{
			Name: "replace", About: "a site joins in the place of the oldest member, which casts",
			Sites: 3, Groups: [][]int{{1, 2}},
			Acts: [][]Act{{casts(msg.Total)}, nil, {replaces(1)}},
		},
		{
			Name: "leave", About: "a member leaves after a cast",
			Sites: 3, Groups: trio(),
			Acts: [][]Act{nil, {casts(msg.Total), leaves()}, nil},
		},
		{
			Name: "break", About: "two casts, and the connections of their sender break",
			Sites: 2, Groups: [][]int{{1, 2}},
			Acts:   [][]Act{{casts(msg.FIFO), casts(msg.Total)}, {casts(msg.Total)}},
			Faults: []Fault{{Break, 1, 2}, {Break, 2, 1}}, Budget: 1,
		},
		{
			Name: "cast-each", About: "two groups that meet at one site, a Total cast in each, and any site dies",
			Sites: 3, Groups: apart(),
			Acts:   [][]Act{{casts(msg.Total)}, {other(casts(msg.Total))}, nil},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "wrong-sender", About: "two groups that meet at one site, which casts Total, and the oldest takes it for crashed",
			Sites: 3, Groups: apart(),
			Acts:   [][]Act{nil, {casts(msg.Total)}, nil},
			Faults: []Fault{{Wrong, 1, 2}}, Budget: 1,
		},
	}
}

func long() []World {
	return []World{
		{
			Name: "safe-crash", About: "one safe cast, and any site dies",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{{safely()}, nil, nil},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "total-crash", About: "two sites cast Total, and any site dies",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, {casts(msg.Total)}, {casts(msg.Total)}},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "order-moves-crash", About: "a site casts Total, which brings it the order, and any site dies",
			Sites: 3, Groups: trio(), Tenure: 1,
			Acts:   [][]Act{nil, nil, {casts(msg.Total), casts(msg.Total)}},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "order-moves-safe", About: "a Total cast, which brings its site the order, then a safe one, and any site dies",
			Sites: 3, Groups: trio(), Tenure: 1,
			Acts:   [][]Act{nil, nil, {casts(msg.Total), {Do: Cast, Order: msg.Total, Safe: true}}},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "causal-crash", About: "two casts of which one may depend on the other, and any site dies",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{{casts(msg.FIFO)}, {casts(msg.Causal)}, nil},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "wrong", About: "one safe cast, and a wrong suspicion by anybody of anybody",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{{safely()}, nil, nil},
			Faults: AnyWrong(3), Budget: 1,
		},
		{
			Name: "wrong-idle", About: "a wrong suspicion by anybody of anybody, and no cast",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, nil, nil},
			Faults: AnyWrong(3), Budget: 1,
		},
		{
			Name: "lapse-idle", About: "two sites in turn hear nobody for too long, and no cast",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, nil, nil},
			Faults: []Fault{{Kind: Lapse, Site: 2}, {Kind: Lapse, Site: 3}}, Budget: 2,
		},
		{
			Name: "lapse", About: "one safe cast, and two sites in turn hear nobody for too long",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, {safely()}, nil},
			Faults: []Fault{{Kind: Lapse, Site: 2}, {Kind: Lapse, Site: 3}}, Budget: 2,
		},
		{
			Name: "timers", About: "one safe cast, and any two timers fire at any time",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{{safely()}, nil, nil},
			Timers: 2,
		},
		{
			Name: "join-crash", About: "a site joins a group of two, one of which casts, and any site dies",
			Sites: 3, Groups: [][]int{{1, 2}},
			Acts:   [][]Act{{casts(msg.Total)}, nil, {joins()}},
			Faults: AnyCrash(3), Budget: 1,
		},
	}
}

func longer() []World {
	return []World{
		{
			Name: "two-groups", About: "two groups that overlap, a cast in each, and any site dies",
			Sites: 3, Groups: [][]int{{1, 2, 3}, {1, 2}},
			Acts:   [][]Act{{casts(msg.Causal), other(casts(msg.Causal))}, nil, nil},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "barrier-crash", About: "a Barrier cast amid another, and any site dies",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, {casts(msg.Barrier)}, {casts(msg.Total)}},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "leave-crash", About: "a member leaves after a cast, and any site dies",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, {casts(msg.FIFO), leaves()}, nil},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "call-crash", About: "a member calls all, and any site dies",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, {calls(msg.Total)}, nil},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "replace-crash", About: "a site joins in the place of the oldest member, and any site dies",
			Sites: 3, Groups: [][]int{{1, 2}},
			Acts:   [][]Act{nil, nil, {replaces(1)}},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "joins", About: "two sites join at once, and any site dies",
			Sites: 3, Groups: [][]int{{1}},
			Acts:   [][]Act{nil, {joins()}, {joins()}},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "flush", About: "a flush call after a cast, and any site dies",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, {casts(msg.FIFO), {Do: Flush}}, nil},
			Faults: AnyCrash(3), Budget: 1,
		},
		{
			Name: "four", About: "four sites, one cast, and the oldest or its sender dies",
			Sites: 4, Groups: [][]int{{1, 2, 3, 4}},
			Acts:   [][]Act{nil, {casts(msg.FIFO)}, nil, nil},
			Faults: []Fault{{Kind: Crash, Site: 1}, {Kind: Crash, Site: 2}}, Budget: 1,
		},
	}
}

// mistaken are worlds with casts and a wrong suspicion that are small enough to be
// searched through. Where all are in one group a Total or a safe cast has many more
// states than a FIFO one, and so with it goes one suspicion and not any.
func mistaken() []World {
	return []World{
		{
			Name: "wrong-apart", About: "two groups that meet at one site, which casts, and a wrong suspicion by anybody of anybody",
			Sites: 3, Groups: apart(),
			Acts:   [][]Act{nil, {casts(msg.FIFO)}, nil},
			Faults: AnyWrong(3), Budget: 1,
		},
		{
			Name: "wrong-fifo", About: "one FIFO cast, and a wrong suspicion by anybody of anybody",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, {casts(msg.FIFO)}, nil},
			Faults: AnyWrong(3), Budget: 1,
		},
		{
			Name: "wrong-total", About: "one Total cast, and the oldest takes its sender for crashed",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, nil, {casts(msg.Total)}},
			Faults: []Fault{{Wrong, 1, 3}}, Budget: 1,
		},
		{
			Name: "wrong-safe", About: "one safe cast, and the oldest takes its sender for crashed",
			Sites: 3, Groups: trio(),
			Acts:   [][]Act{nil, nil, {safely()}},
			Faults: []Fault{{Wrong, 1, 3}}, Budget: 1,
		},
		{
			Name: "wrong-each", About: "two groups that meet at one site, which casts in each, and a wrong suspicion by anybody of anybody",
			Sites: 3, Groups: apart(),
			Acts:   [][]Act{nil, {casts(msg.Causal), other(casts(msg.Causal))}, nil},
			Faults: AnyWrong(3), Budget: 1,
		},
	}
}

package cohort

import (
	"math"
	"slices"
)

// Process adds another process to this node. It joins groups, those of the
// node's other processes too, and casts and calls, under an address of its own;
// views list it by itself. All processes of a node live and die with it, and come
// back with it. Only the one that Start returned ends the node: Leave and Close of
// another end that process alone; who is being given the state by one that is closed, and
// that alone held it, has lost it. A node has at most 65,535 in its life, with
// those that sessions take. The error is a *ConfigError after that, or ErrLeft
// after Close.
func (n *Node) Process() (*Node, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	number, err := n.nextProcess()
	if n.ended {
		err = ErrLeft
	}
	if err != nil {
		return nil, err
	}
	return &Node{system: n.system, number: number}, nil
}

// nextProcess gives out the number of a process. The caller holds mu.
func (n *system) nextProcess() (uint16, error) {
	switch {
	case n.closed || n.over || n.leaving:
		return 0, ErrLeft
	case n.last == math.MaxUint16:
		return 0, &ConfigError{Field: "process", What: "would be the 65,536th of this node; start another node"}
	}
	n.last++
	return n.last, nil
}

// memberships are the groups of one process; those of the first are the node's.
// The caller holds mu.
func (n *Node) memberships() []*Group {
	if n.number == 1 {
		return slices.Clone(n.groups)
	}
	return slices.DeleteFunc(slices.Clone(n.groups), func(g *Group) bool { return g.n.number != n.number })
}

// closeProcess ends one process of a node that runs on.
func (n *Node) closeProcess() {
	n.mu.Lock()
	n.ended = true
	groups := n.memberships()
	n.mu.Unlock()
	n.closeSessions(n.number)
	n.closeDirects(func(number uint16) bool { return number == n.number })
	for _, g := range groups {
		g.finish(ErrLeft)
	}
	n.retireAll(func(a windowKey) bool { return a.number == n.number })
}

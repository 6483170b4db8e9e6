package cohort

import (
	"errors"
	"net"
	"testing"
)

// TestCallsOfAnEndedIncarnation asks on behalf of one that has just ended: what
// nobody would answer must end at once.
func TestCallsOfAnEndedIncarnation(t *testing.T) {
	node, err := Start(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = node.Close() }()
	g, err := node.Join(t.Context(), "group", GroupConfig{})
	if err != nil {
		t.Fatal(err)
	}
	former, addr := node.life, g.Address()
	node.mu.Lock()
	node.life = &life{n: node.system, node: former.node}
	node.mu.Unlock()
	stale := peer{n: node, bounds: ofMembers, dest: func() (*life, Address, error) { return former, addr, nil }}
	if _, err := stale.Call(t.Context(), Total, 1, nil, 1); !errors.Is(err, ErrUnknown) {
		t.Errorf("Call: %v", err)
	}
	if _, err := node.register(former, newPending(0)); !errors.Is(err, ErrUnknown) {
		t.Errorf("Flush and Lookup: %v", err)
	}
	if len(node.calls) > 0 {
		t.Errorf("%d calls are left that nobody settles", len(node.calls))
	}
}

// TestWhereANodeComesBack: a node listens where it did before, which need not be
// where it is reached.
func TestWhereANodeComesBack(t *testing.T) {
	node, err := Start(t.Context(), Config{Advertise: "cohort.example:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = node.Close() }()
	_, reached, _ := net.SplitHostPort(node.Addr())
	host, port, err := net.SplitHostPort(node.cfg.Listen)
	if err != nil || host != "127.0.0.1" || port == "0" || port != reached {
		t.Errorf("it is reached at %s, and would come back at %s", node.Addr(), node.cfg.Listen)
	}
}

package node

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

// visitor is a connection of somebody who is no node.
type visitor struct {
	net.Conn
	t *testing.T
}

func visit(t *testing.T, addr string, say ...[]byte) visitor {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	v := visitor{conn, t}
	for _, b := range say {
		v.say(b)
	}
	return v
}

// say writes; a node may have closed already, which is its right.
func (v visitor) say(b []byte) { _, _ = v.Write(b) }

// sentAway waits until the node has closed the connection, and returns what it said.
func (v visitor) sentAway() string {
	v.t.Helper()
	b, err := io.ReadAll(v)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		v.t.Errorf("the node keeps a connection")
	}
	_ = v.Close()
	return string(b)
}

// hello is what a site says that is in no system.
func hello(site id.Site, lane msg.Lane) []byte {
	return wire.AppendHello(nil, wire.Hello{Site: site, Name: "stranger", Addr: "127.0.0.1:1", Lane: lane})
}

// welcomed waits until the node has closed the connection, and returns its answer.
func (v visitor) welcomed() wire.Refusal {
	v.t.Helper()
	w, err := wire.ReadWelcome(strings.NewReader(v.sentAway()))
	if err != nil {
		v.t.Error(err)
	}
	return w.Refused
}

// TestStrangers: nothing that comes from elsewhere disturbs two nodes at work.
func TestStrangers(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	all := w.startAll(2)
	strangers(t, all[0])
	badGuests(t, all[0])
	// More that say nothing, or not enough, than are let wait.
	for i := range 300 {
		v := visit(t, all[0].Addr(), hello(7, 0)[:i%8])
		defer func() { _ = v.Close() }()
	}
	_ = visit(t, all[0].Addr()).Close()

	for k := range 20 {
		for _, p := range all {
			p.cast(msg.Total, true, fmt.Sprint(k))
		}
		for _, p := range all {
			p.await("casts", func() bool { return p.has(msg.Total) == 2*(k+1) })
		}
	}
	c := w.start()
	for _, p := range w.nodes {
		p.sees(all[0], all[1], c)
		p.await("just one view more", func() bool { return p.site.Seq == 3 })
	}
}

// strangers do not get past the greeting.
func strangers(t *testing.T, a *program) {
	for name, say := range map[string][]byte{
		"text":     []byte("hello, is anybody there?\n"),
		"http":     []byte("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"),
		"zeros":    make([]byte, 10000),
		"welcome":  wire.AppendWelcome(nil, wire.Welcome{Site: 7}),
		"no site":  hello(0, 0),
		"bad lane": hello(7, 9),
	} {
		if said := visit(t, a.Addr(), say).sentAway(); said != "" {
			t.Errorf("%s was answered with %q", name, said)
		}
	}
	other := hello(1, msg.LaneControl)
	other[4] = 77 // another version
	if visit(t, a.Addr(), other).welcomed() != 0 {
		t.Error("another version was refused as a site")
	}
	if visit(t, a.Addr(), hello(a.Site(), 0)).welcomed() != wire.RefusedSelf {
		t.Error("who calls itself by our number is taken in")
	}
	elsewhere := wire.AppendHello(nil, wire.Hello{System: 1, Site: 8})
	if visit(t, a.Addr(), elsewhere).welcomed() != wire.RefusedSystem {
		t.Error("who is of another system is taken in")
	}
}

// badGuests greet well and then do not keep to the form of frames.
func badGuests(t *testing.T, a *program) {
	for name, say := range map[string][]byte{
		"oversize":   {0xFF, 0xFF, 0xFF, 0xFF},
		"other lane": {2, 0, 0, 0, byte(msg.LaneBulk), byte(msg.KindXferBlock)},
		"garbage":    {3, 0, 0, 0, 1, 200, 7},
		"text":       []byte("GET / HTTP/1.1\r\n\r\n"),
	} {
		if visit(t, a.Addr(), hello(9, msg.LaneData), say).welcomed() != 0 {
			t.Errorf("%s: was refused before it did anything", name)
		}
	}
}

package bench

import (
	"strings"
	"testing"
)

// Plain TCP has the congestion control that it is to have, and says which.
func TestPlainTCPsCongestionControl(t *testing.T) {
	s := small
	s.Senders, s.Order = One, FIFO
	b := newBench()
	b.Congestion = "reno" // no system is without it
	r, err := b.Run(t.Context(), Raw, s)
	if err != nil {
		t.Fatal(err)
	}
	if r.Control != b.Congestion {
		t.Errorf("plain TCP was to have %s, and had %q", b.Congestion, r.Control)
	}
	b.Congestion = ""
	if r, err = b.Run(t.Context(), Raw, s); err != nil || r.Control == "" {
		t.Errorf("plain TCP left to the system has %q, %v", r.Control, err)
	}
	b.Congestion = "no such"
	if _, err := b.Run(t.Context(), Raw, s); err == nil || !strings.Contains(err.Error(), "net.ipv4.tcp_allowed_congestion_control") {
		t.Errorf("of a control that there is not it says %v", err)
	}
}

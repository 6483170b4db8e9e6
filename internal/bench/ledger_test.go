package bench

import (
	"slices"
	"strings"
	"testing"
)

// judged delivers messages to a ledger of member 0 and returns its complaints.
func judged(s Shape, list ...message) (l *ledger, faults []string) {
	l = newLedger(s, 0)
	l.own = func() {}
	l.fail = func(err error) { faults = append(faults, err.Error()) }
	for _, m := range list {
		b := newPayload(s.Size, m.sender)
		m.write(b)
		l.deliver(0, b)
	}
	return l, faults
}

func TestLedgerJudges(t *testing.T) {
	for _, c := range []struct {
		name string
		list []message
		says string // "" if all is well
	}{
		{"in order", []message{{sender: 1}, {sender: 1, seq: 1}, {sender: 2, witness: 1, seen: 2}}, ""},
		{"a gap", []message{{sender: 1}, {sender: 1, seq: 2}}, "cast 2 where 1 was next"},
		{"twice", []message{{sender: 1}, {sender: 1}}, "cast 0 where 1 was next"},
		{"overtaken", []message{{sender: 1}, {sender: 2, witness: 1, seen: 2}}, "that its sender had seen: 1 of 2"},
		{"a stranger", []message{{sender: 3}}, "not what was cast"},
		{"another group's", []message{{sender: 1, group: 1}}, "cast 0 of member 1 to group 1 came in group 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := judged(small, c.list...)
			if c.says == "" && faults != nil || c.says != "" && (len(faults) != 1 || !strings.Contains(faults[0], c.says)) {
				t.Errorf("it says %q", faults)
			}
		})
	}
	fifo := small
	fifo.Order = FIFO
	if _, faults := judged(fifo, message{sender: 2, witness: 1, seen: 2}); faults != nil {
		t.Errorf("of FIFO it demands %q", faults)
	}
}

// Casts of one sender with the same number that change places between two groups, at
// all members alike, are found by nothing but the group in them.
func TestGroupsAreNotMixedUp(t *testing.T) {
	two := small
	two.Groups = 2
	l, _ := judged(two)
	var faults []string
	l.fail = func(err error) { faults = append(faults, err.Error()) }
	for group := range 2 {
		b := newPayload(two.Size, 1)
		m := message{sender: 1, group: 1 - group}
		m.write(b)
		l.deliver(group, b)
	}
	if len(faults) != 2 {
		t.Errorf("it says %q", faults)
	}
}

// Each group has all members as witnesses, whatever the number of groups.
func TestWitnesses(t *testing.T) {
	for _, s := range []Shape{{Members: 3, Groups: 1}, {Members: 3, Groups: 3}, {Members: 2, Groups: 6}, {Members: 4, Groups: 2}, {Members: 5, Groups: 3}} {
		seen := make([]map[int]bool, s.Groups)
		for k := range s.Groups * s.Members {
			if seen[k%s.Groups] == nil {
				seen[k%s.Groups] = map[int]bool{}
			}
			seen[k%s.Groups][s.witness(k)] = true
		}
		for g, ranks := range seen {
			if len(ranks) != s.Members {
				t.Errorf("%d members, %d groups: group %d has witnesses %v", s.Members, s.Groups, g, ranks)
			}
		}
	}
}

func TestLedgerTellsOrdersApart(t *testing.T) {
	a, _ := judged(small, message{sender: 1}, message{sender: 2})
	b, _ := judged(small, message{sender: 2}, message{sender: 1})
	c, _ := judged(small, message{sender: 1}, message{sender: 2})
	if slices.Equal(a.chains(), b.chains()) || !slices.Equal(a.chains(), c.chains()) {
		t.Errorf("%x %x %x", a.chains(), b.chains(), c.chains())
	}
}

func TestLedgerCounts(t *testing.T) {
	l, _ := judged(small, message{sender: 1}, message{sender: 1, seq: 1}, message{sender: 0})
	if all, others := l.counts(); all != 3 || others != 2 {
		t.Errorf("%d and %d of others", all, others)
	}
	for _, c := range []struct {
		sent []uint64
		deaf bool
		want bool
	}{
		{[]uint64{1, 2, 0}, false, true},
		{[]uint64{1, 3, 0}, false, false},
		{[]uint64{9, 2, 0}, false, false},
		{[]uint64{9, 2, 0}, true, true},
	} {
		l.deaf = c.deaf
		if got := l.has([][]uint64{c.sent}); got != c.want {
			t.Errorf("has %v, deaf %v: %v", c.sent, c.deaf, got)
		}
	}
}

// What is told as checked are the deliveries that there were: a deaf member has none
// of its own casts.
func TestSettleCountsWhatCame(t *testing.T) {
	l, _ := judged(small, message{sender: 1}, message{sender: 1, seq: 1}, message{sender: 2})
	l.deaf = true
	w := &worker{ledger: l, seat: Seat{Shape: small}}
	var r report
	if err := w.settle(&order{Sent: [][]uint64{{9, 2, 1}}}, &r); err != nil || r.Checked != 3 {
		t.Errorf("%d deliveries checked, %v", r.Checked, err)
	}
}

func TestMessage(t *testing.T) {
	for _, size := range []int{LeastSize, 64, page, page + 12, 3*page + 5} {
		m := message{sender: 2, group: 999, seq: 1 << 40, at: 99, witness: 1, seen: 1 << 33}
		b := newPayload(size, 2)
		m.write(b)
		if got := (message{}); !got.read(b, size) || got != m {
			t.Fatalf("%d bytes: %+v", size, got)
		}
		for i := range b {
			b[i] ^= 0x10
			if new(message).read(b, size) {
				t.Fatalf("%d bytes: byte %d may be any", size, i)
			}
			b[i] ^= 0x10
		}
		if new(message).read(b[:size-1], size) {
			t.Errorf("%d bytes: one may be missing", size)
		}
	}
}

package cohort

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
)

// Why says what waits at this node and why, and after that which nodes were
// removed from the system lately, oldest first, and why. It asks nobody else,
// and changes nothing. Each Message has the fields
//
//	what     Text     the kind: "node", "view", "delivery", "handling", "send",
//	                  "use", "call", "flush", "state", "wish" and so on, or
//	                  "removed"
//	text     Text     a sentence that says it all
//	member   Address  whose wait it is, or the node that was removed
//
// and, where they mean something,
//
//	group    Text       the group's name
//	causes   []Message  what it waits for: why, text, who
//	who      []Address  whom it waits for, or who saw that the node was gone; an
//	                    Address that ends in .0 is a node as a whole
//	seconds  Float      how long it has waited at least, or ago
//	advice   Text       what to do
//
// The list is empty when nothing waits and nobody was removed. A wait is
// nothing unusual: what is in the list again and again is worth a look. The same
// sentences are logged about what has waited for five seconds (Config.Logger),
// and told by `cohort why`.
func (n *Node) Why() []Message { return n.why() }

func (n *system) why() []Message {
	n.mu.Lock()
	l, closed := n.life, n.closed || n.over
	n.mu.Unlock()
	switch {
	case l == nil && closed:
		return nil
	case l == nil:
		w := n.whyOutside()
		return []Message{waitMessage(&w)}
	}
	waits, losses := l.node.Explain()
	var list []Message
	for i := range waits {
		list = append(list, waitMessage(&waits[i]))
	}
	for i := range losses {
		list = append(list, lossMessage(&losses[i]))
	}
	return list
}

// whyOutside is why a node without an incarnation waits: it comes back, or is being
// started.
func (n *system) whyOutside() why.Wait {
	n.mu.Lock()
	defer n.mu.unlockUnchanged()
	w := why.Wait{What: why.Node, Kind: "back", Who: why.Who{Name: cmp.Or(n.cfg.Name, n.cfg.Listen, "without a name")}}
	c := why.Cause{Why: why.Excluded, Text: n.halted}
	switch {
	case !n.begun:
		w.Kind, c = "outside", why.Cause{Why: why.Seeds, Text: strings.Join(n.cfg.Seeds, ", ")}
	case n.away.text != "":
		c.Text = strings.TrimPrefix(c.Text+"; the last try: "+n.away.text, "; ")
	}
	w.Causes = []why.Cause{c}
	return w
}

func waitMessage(w *why.Wait) Message {
	m := Message{"what": string(w.What), "text": w.String(), "member": w.Who.Proc}
	if w.Name != "" {
		m["group"] = w.Name
	}
	var causes []Message
	for _, c := range w.Causes {
		x := Message{"why": string(c.Why), "text": c.String()}
		if len(c.Who) > 0 {
			x["who"] = addresses(c.Who)
		}
		causes = append(causes, x)
	}
	if len(causes) > 0 {
		m["causes"] = causes
	}
	return extend(m, w.Blame(), w.For, w.Advice())
}

func lossMessage(l *why.Loss) Message {
	m := Message{"what": "removed", "text": l.String(), "member": l.Site.Proc}
	m["causes"] = []Message{{"why": l.Evidence, "text": l.Meaning()}}
	return extend(m, l.Accusers, l.Ago, l.Advice())
}

// extend adds the fields that only some have.
func extend(m Message, who []why.Who, ns int64, advice string) Message {
	if len(who) > 0 {
		m["who"] = addresses(who)
	}
	if ns > 0 {
		m["seconds"] = float64(ns) / 1e9
	}
	if advice != "" {
		m["advice"] = advice
	}
	return m
}

func addresses(who []why.Who) []id.Address {
	var list []id.Address
	for _, w := range who {
		if !slices.Contains(list, w.Proc) {
			list = append(list, w.Proc)
		}
	}
	return list
}

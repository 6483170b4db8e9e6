/*
Package cohort makes programs fault tolerant by putting processes into groups.

It is the Isis toolkit of 1987 (Birman and Joseph, Exploiting Virtual Synchrony
in Distributed Systems) for Go programs of today. Processes form named groups;
the system agrees on who is in each group; what is cast to a group is ordered
against other casts and against every change of its membership. A program that
is correct when events happen one at a time stays correct when they happen at
once, and when machines fail in between.

This page is a tutorial of ten minutes. Its code is the package's Examples.

# A node

A process takes part through a [Node]. The first one founds a system, the others
name one or more that are in:

	first, err := cohort.Start(ctx, cohort.Config{Listen: "10.0.0.1:7400"})
	other, err := cohort.Start(ctx, cohort.Config{Seeds: []string{"10.0.0.1:7400"}})

Nobody founds a system by accident: with Seeds a node joins or fails, unless Expect
says that they found one together. All else in Config has a default. The nodes watch each other, and agree by majority on
who is in. A crashed process is noticed in milliseconds, by its closed
connections; a machine that is silent in a second or so, by time.

# A group

A node joins groups by name; the first one creates it:

	g, err := node.Join(ctx, "counter", cohort.GroupConfig{
		State:    cohort.JSON(&c),
		OnView:   func(v cohort.View) { log.Print(v) },
		Handlers: map[cohort.Entry]cohort.Handler{Add: add, Get: get},
	})

All that happens in the group reaches the program in one stream, one event at a
time: views and casts. That order is the guarantee. Between the same two views
all members are delivered the same casts, and every cast is delivered in the
view in which it was sent. So a handler may look at its rank and act on it: all
members see the same ranks when they handle that request.

	func get(r *cohort.Request) {
		if r.Rank() != 0 { // the oldest answers; if it dies, the next is rank 0
			r.Decline()
			return
		}
		r.Reply(cohort.Message{"now": c.N})
	}

A View lists the members oldest first. When one fails, the survivors first
deliver what any of them got from it, then all install the view without it. After
that nothing of the dead one is ever heard again.

# State

Who joins later is given the State by a member that has it, as of one point of
the stream, and then gets the casts from that point on. [JSON] turns any value
into a State; larger ones implement [State] and stream; [WriteShared] spares a
copy. The group works on while it feeds a joiner.

# Casts

	g.Cast(ctx, cohort.Causal, Add, cohort.Message{"n": 1})

The [Order] says how the cast relates to others. Take the weakest that your data
needs: FIFO when only one process changes it, Causal when who changes it has
exclusive access, Total when several do, Barrier when it must cut through
everything like a change of membership. [Safe] holds a delivery back until no
failure can undo it. Casts of one sender always arrive in its order.

Cast returns when the cast is on its way. Group.Flush waits until everything so
far is known to all members: call it before you tell the world outside.

# Calls

	replies, err := g.Call(ctx, cohort.Total, Add, cohort.Message{"n": 1}, cohort.All)

A call wants 1, n or All replies. Members that have nothing to say decline, so
that callers need not know how many there are; members that fail are counted
out. When nobody is left who could answer, the call ends at once with ErrNobody.
[Call] and [Handle] are the same with Go types for question and answer.

Processes outside the group call it through a [Client]:

	v, err := node.Lookup(ctx, "counter")
	replies, err := node.Client(v.Group).Call(ctx, cohort.Causal, Get, nil, 1)

A member relays the request; if it dies, another takes over, and the request is
still carried out once. With Client.Session that holds as well when the caller's own
node is cut off, or its program restarts.

A client of several destinations casts to all of them: Total casts come in one
order wherever they meet, to all or to none.

	err := node.Client(savings, checking).Cast(ctx, cohort.Total, Transfer, order)

[Node.Process] adds a process to a node, with an address of its own.

# Failures

A node that is out of touch with the majority stalls: it neither sends nor
delivers anything safe, and resumes when it is in touch again. If the others have
gone on without it, it comes back by itself as a new incarnation, joins its
groups again and is given their state. Calls that were under way then end with
[ErrUnknown]. Every error says whose fault it is and what to do.

What waits says for what: see [Node.Why].

There is no split brain: of two sides of a broken network only one has the
majority. With an even split it is the side with the oldest member.

What is promised exactly, numbered, is in docs/PROTOCOL.md; each promise is
checked by a judge that reads what simulated and real runs have written down.
*/
package cohort

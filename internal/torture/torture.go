// Package torture runs real processes under load on one machine, does to them
// what the world does, and judges what they did.
//
//	fault.go     what can be done to them
//	run.go       a run: a series of rounds, each of a system of its own
//	round.go     a round: it starts, storms, rests and is judged
//	apart.go     rounds whose processes are as on machines of their own
//	slot.go      the place of a process in a round
//	storm.go     which faults when, and to whom
//	weather.go   faults of links
//	rest.go      the end of a round: everything must come to rest
//	verdict.go   traces and states, judged
//	outage.go    how long nothing succeeded
//	network.go   the relays between the processes
//	crossing.go  one connection through a relay
//	worker.go    the process that is tormented
//	load.go      what it asks for
//	tally.go     what it has to report
//	book.go      the state that it holds
//	numbers.go   sets of numbers
//	words.go     what is said between a run and its workers
package torture

// Package explore takes the very core that ships through every interleaving of
// a tiny world: a few sites that have come to rest, a few casts, joins or leaves
// to be made, one fault that may come at any step, a timer that may fire at any
// step. Where the simulator samples, this enumerates, within its bounds.
//
// A site is a deterministic value that cannot be copied, so a site's state is
// known by the inputs that lead to it, and made again from them when needed. Two
// ways into the same state are found to be one by a digest of everything the
// site holds, together with what it has told. Each step of a site is taken once
// and remembered; the state of a world is then a few numbers: which state each
// site is in, and which frames are under way.
//
// Time stands still while the world is explored, but for the timers that are
// fired on purpose. When nothing is left to happen time runs again, without
// surprises, until all has come to rest; then the judges look at the whole run.
//
//	world.go   what a world consists of; catalog.go some of them
//	machine.go one site with its program, and its steps
//	program.go what the program does with what it is handed
//	local.go   states of sites, and the memory of steps
//	digest.go  when two states are the same
//	global.go  states of the world
//	moves.go   what can happen next
//	calm.go    how time runs when nothing goes wrong
//	search.go  the search
//	verdict.go what is demanded of every finished run
package explore

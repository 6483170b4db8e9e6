// Package cohorttest runs programs written on package cohort in a simulated
// world, as net/http/httptest does for servers, and breaks the world around
// them: messages are slow, connections break, links are cut, sites stand still
// and are killed at any moment, and come back. A seed decides all of it, so a
// world in which a program failed can be run again, exactly.
//
//	func TestBank(t *testing.T) {
//		cohorttest.Run(t, cohorttest.Options{Seeds: 200, Faults: cohorttest.All}, func() cohorttest.Program[*Bank] {
//			return cohorttest.Program[*Bank]{
//				Start: start, // makes a site's program, at each boot
//				Act:   act,   // does what a client would, by chance
//				Check: check, // says what is wrong when all is at rest
//			}
//		})
//	}
//
// The program is the one that ships: it calls cohort.Start with the context and
// the Config it is given, joins groups, casts and calls. Under the public
// package runs the very core that runs in production; network, clocks and
// crashes are simulated, and no real time passes. A world of five sites and some
// seconds takes about a hundredth of a second. docs/testing-your-program.md is
// the tutorial.
//
// # A failure
//
// Run fails the test with a [Failure]: the seed, what was wrong, the log of the
// program's own lines between those of who was in and what broke, and the
// command that runs that world again, with a trace for "cohort check" and
// "cohort trace". The judges of Cohort's promises look at every world as well: a
// broken promise is reported as Cohort's fault, not the program's. These flags
// of the test binary do the rest:
//
//	-cohort.seed=N      run this world alone, and print its log
//	-cohort.seeds=N     run so many worlds
//	-cohort.trace=FILE  write the trace of the last world that was run
//
// # What the world decides
//
// Everything runs in a bubble of testing/synctest, so time.Now, time.After and
// context.WithTimeout are of the world's time. Goroutines that call package
// cohort go on one at a time: each runs until it waits again, and then the world
// decides who is next, and how long that takes. So a run depends on the seed
// alone, if the program
//
//   - takes chance from [Site.Rand], and nothing from the order of a map's keys or
//     from a select of several cases that are ready;
//   - has no two goroutines of its own that the same instant wakes and that the
//     order of matters for; one at a time is fine;
//   - waits for nothing outside the world, such as a file or a socket.
//
// And it must not hold a lock while it waits in a call, if another of its
// goroutines waits for that lock meanwhile: the bubble takes a goroutine that
// waits for a sync.Mutex for one that is busy. Such a world is stopped after half
// a minute of real time, with the stacks of all goroutines.
//
// A crash ends every goroutine of a site's process as soon as it calls package
// cohort or returns from a call; deferred functions run. The context of Start
// ends then, and goroutines that wait for something else must wait for it too.
//
// # What is not broken
//
// A world keeps a majority of its system, and of each group a member that holds
// the state. When partitions and crashes together kill more than that, the world
// is left out, and the test says how many were. There are no disks: a program
// that comes back has nothing.
package cohorttest

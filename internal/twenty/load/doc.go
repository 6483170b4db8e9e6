// Package load keeps the twenty-questions service busy and judges every answer.
//
// Askers ask random questions and updaters make random updates, each the next as
// soon as it has the answer to the last. Every update is also applied to a
// table of the client's own, in the order of the versions that the service says
// it made, and every part of every answer is compared with what that table, at
// the version of the part, says row by row. An answer from a version that is
// not known yet, for the reply to its update is still under way, is judged when
// it is. An answer from a version before one that the client had seen when it
// asked is wrong, too: questions come after what their asker knew.
package load

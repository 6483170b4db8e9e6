// Package service is the twenty-questions service of section 5 of the 1987
// paper: a process group whose members hold a table each and answer questions
// about it together.
//
// # Who answers
//
// Of the view in which a request is delivered the first N members that hold the
// state are the acting ones; N is NMEMBERS in the paper. All members see the
// same view there, so they agree on who acts without a word. The others are hot
// standbys: they decline every request and move up when an acting member fails.
// A vertical question about column C is answered by member C mod N, a horizontal
// one by all N, each for its rows; a caller of the latter that gets fewer asks
// again. While fewer than N members hold the state, N is how many do.
//
// # Updates
//
// Questions are cast Causal and updates Barrier, as in step 5 of the paper:
// every member applies an update at the same place among the questions, so all
// answers to one question come from one version of the table. An update carries
// an ID under which the members remember its outcome, so that a caller that does
// not know what became of it may repeat it: it is applied once. The outcomes of
// the last 65,536 updates are remembered; they are part of the state.
//
// # On the wire
//
// All payloads are binary. A question is a twenty.Query. The answer is the
// number of the member, N, both as varints, and a twenty.Reply. An update is its
// ID, 16 bytes, and a twenty.Update; its answer the version that it made, a
// varint. The entry for the table takes nothing and answers with a snapshot.
package service

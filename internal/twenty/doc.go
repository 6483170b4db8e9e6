// Package twenty is the game of twenty questions of section 5 of the 1987
// paper, without the network: a relation, queries answered yes, no or
// sometimes, the division of one query among the members of a group, updates,
// and the guessing game itself. The service puts it behind a process group.
//
// # Rows and members
//
// A row is named by its RowID. IDs start at 0 with the first row below the
// header, grow by one with every row ever added and are never used again.
// Horizontally, member m of n answers for the rows R with R mod n = m; deleting
// a row therefore moves no other row to another member. Vertically, member
// C mod n answers a query on column C, counted from 0, over all rows. With this
// numbering *price > 9000 on the paper's table and five members is answered
// no, sometimes, sometimes, sometimes, yes, as printed there.
//
// # Yes, no and sometimes
//
// An answer is about the rows in question: those of the query's category, if it
// names one, and of the member's share, if the query is horizontal. It is Yes
// if there are such rows and all match, No if none matches, else Sometimes. So
// no rows at all is No. Null matches nothing, under any operator, != included;
// a row with a null there is still in question. Strings compare by bytes.
//
// A member without rows in question says No, which says nothing about the rows
// of the others. That is why members send a Tally, the two counts behind the
// answer, and why Combine adds tallies instead of judging answers.
//
// # Replicas
//
// Everything here is deterministic: replicas that start from the same table
// and apply the same updates in the same order have the same Version and Digest
// after each, and refuse the same updates with the same error.
package twenty

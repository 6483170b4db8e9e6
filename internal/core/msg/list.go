package msg

import "github.com/cohortkit/cohort/internal/core/id"

// Casts to a list of destinations. The cast goes to each on its own, and is kept
// there unseen; when all members of all destinations hold it, the membership log
// is asked to number it; where its number comes up, each destination delivers it.

// Listed goes with a run, or the request for one, that is part of a cast to a
// list. With Places nil the run brings the cast; else it is from the lead of its
// group, has no cast, and says which of those brought before come now.
type Listed struct {
	Num    uint64 // the sending site's number for this attempt
	Places []Place
}

// A Place delivers, in one group, what Caller brought under Num. Number is its
// place among all casts to lists.
type Place struct {
	Number uint64
	Caller id.Address
	Num    uint64
}

// List is what OpList asks the log to number: the cast that Op.Proc brought to
// all of Dests under Num.
type List struct {
	Num   uint64
	Dests []ListDest
}

// ListDest is one destination, and the view in which its members hold the cast; 0
// for a process.
type ListDest struct {
	Dest id.Address
	View uint64
}

// ListMark is what the log remembers of one site about casts to lists.
type ListMark struct {
	Site id.Site
	Num  uint64 // the last attempt of Site that the log has dealt with
	Owed []Owed // what was numbered for processes of Site, until Site says that they were given it
}

// Owed is a cast to a list with a number, for one process: what Caller brought to
// Proc under Num. A site that skips entries of the log still learns of it.
type Owed struct {
	Number       uint64
	Proc, Caller id.Address
	Num          uint64
}

package spacetime

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// A callKey names a call: the caller's own number for it.
type callKey struct {
	caller, group id.Address
	id            uint64
}

// callBook holds what a trace says about calls, to tie replies to casts.
type callBook struct {
	begun    map[callKey]int64
	ended    map[callKey]trace.Record
	outcomes map[callKey]map[id.Address]int64
	casts    map[callKey][]*cast // the casts that carry the request
	asked    map[stream]map[uint64]callKey
}

// readCalls gives the casts of known streams the calls they carry.
func readCalls(r *run, records []trace.Record, known streams) {
	b := &callBook{
		begun:    make(map[callKey]int64),
		ended:    make(map[callKey]trace.Record),
		outcomes: make(map[callKey]map[id.Address]int64),
		casts:    make(map[callKey][]*cast),
		asked:    make(map[stream]map[uint64]callKey),
	}
	for _, rec := range records {
		b.note(rec, known)
	}
	for _, rec := range records {
		switch f := rec.Fact.(type) {
		case fact.Call:
			b.addCall(r, callKey{f.Caller, f.Group, f.ID})
		case fact.Reply:
			b.addReply(r, f, rec.Time)
		}
	}
}

func (b *callBook) note(rec trace.Record, known streams) {
	switch f := rec.Fact.(type) {
	case fact.Call:
		b.begun[callKey{f.Caller, f.Group, f.ID}] = rec.Time
	case fact.Done:
		b.ended[callKey{f.Caller, f.Group, f.ID}] = rec
	case fact.Outcome:
		key := callKey{f.Caller, f.Group, f.ID}
		if b.outcomes[key] == nil {
			b.outcomes[key] = make(map[id.Address]int64)
		}
		if f.Kind != "failed" {
			b.outcomes[key][f.Member] = rec.Time
		}
	case fact.Asked:
		key, from := callKey{f.Caller, f.Group, f.ID}, stream{f.Caller, f.Group, f.View}
		if b.asked[from] == nil {
			b.asked[from] = make(map[uint64]callKey)
		}
		b.asked[from][f.Cast] = key
		if c := known.find(from, f.Cast); c != nil {
			b.casts[key] = append(b.casts[key], c)
		}
	case fact.Send:
		c := known.find(stream{f.Proc, f.Group, f.View}, f.First)
		if f.Origin == 0 || c == nil {
			return
		}
		for i := range c.n {
			key := callKey{f.Origin, f.Group, f.OFirst + i}
			b.casts[key] = append(b.casts[key], c)
		}
	}
}

// addCall marks begin and end of a call, and the way of its request to a relay.
func (b *callBook) addCall(r *run, key callKey) {
	caller := r.of(key.caller)
	casts := b.casts[key]
	if caller == nil || len(casts) == 0 {
		return
	}
	begin := b.begun[key]
	casts[0].calls = append(casts[0].calls, mark{call, caller, begin, fmt.Sprintf("%s calls: %d", caller.name, key.id)})
	if rec, ok := b.ended[key]; ok {
		text := fmt.Sprintf("call %d ends", key.id)
		if err := rec.Fact.(fact.Done).Err; err != "" {
			text += ": " + err
		}
		casts[0].calls = append(casts[0].calls, mark{done, caller, rec.Time, text})
	}
	for _, c := range casts {
		if c.row != nil && c.row != caller {
			c.links = append(c.links, link{false, caller, c.row, span{begin, c.at}})
		}
	}
}

// addReply links a reply with the moment when its caller counted it.
func (b *callBook) addReply(r *run, f fact.Reply, at int64) {
	key := callKey{f.Caller, f.Group, f.Cast}
	if f.View != 0 {
		key = b.asked[stream{f.Caller, f.Group, f.View}][f.Cast]
	}
	from, to := r.of(f.Proc), r.of(f.Caller)
	counted, ok := b.outcomes[key][f.Proc]
	if !ok || from == nil || to == nil || from == to || len(b.casts[key]) == 0 {
		return
	}
	c := b.casts[key][0]
	c.links = append(c.links, link{true, from, to, span{at, counted}})
}

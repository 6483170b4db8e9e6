package trace

import (
	"encoding/json"
	"fmt"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// decoders has one entry for each event of the format.
var decoders = map[string]func([]byte) (fact.Fact, error){
	"start":     decode[fact.Start],
	"siteview":  decode[fact.SiteView],
	"applied":   decode[fact.Applied],
	"accepted":  decode[fact.Accepted],
	"takeover":  decode[fact.Takeover],
	"heir":      decode[fact.Heir],
	"suspect":   decode[fact.Suspect],
	"stall":     decode[fact.Stall],
	"resume":    decode[fact.Resume],
	"halt":      decode[fact.Halt],
	"crash":     decode[fact.Crash],
	"quiet":     decode[fact.Quiet],
	"view":      decode[fact.View],
	"op":        decode[fact.Op],
	"made":      decode[fact.Made],
	"send":      decode[fact.Send],
	"held":      decode[fact.Held],
	"deliver":   decode[fact.Deliver],
	"stable":    decode[fact.Stable],
	"sequencer": decode[fact.Sequencer],
	"session":   decode[fact.Session],
	"block":     decode[fact.Block],
	"flushok":   decode[fact.FlushOK],
	"cut":       decode[fact.Cut],
	"drop":      decode[fact.Drop],
	"leave":     decode[fact.Leave],
	"flushcall": decode[fact.FlushCall],
	"flushdone": decode[fact.FlushDone],
	"listcast":  decode[fact.ListCast],
	"listdone":  decode[fact.ListDone],
	"brought":   decode[fact.Brought],
	"listed":    decode[fact.Listed],
	"readcall":  decode[fact.ReadCall],
	"readdone":  decode[fact.ReadDone],
	"snapshot":  decode[fact.Snapshot],
	"loaded":    decode[fact.Loaded],
	"digest":    decode[fact.Digest],
	"call":      decode[fact.Call],
	"asked":     decode[fact.Asked],
	"reply":     decode[fact.Reply],
	"outcome":   decode[fact.Outcome],
	"done":      decode[fact.Done],
}

func decode[F fact.Fact](b []byte) (fact.Fact, error) {
	var f F
	err := json.Unmarshal(b, &f)
	return f, err
}

// Parse reads one line as Append writes it. Fields it does not know are passed
// over; an event it does not know is an error.
func Parse(b []byte) (Record, error) {
	var head struct {
		Time  *int64   `json:"t"`
		Site  *id.Site `json:"s"`
		Event *string  `json:"e"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return Record{}, err
	}
	switch {
	case head.Time == nil:
		return Record{}, missingFieldError("t")
	case head.Site == nil:
		return Record{}, missingFieldError("s")
	case head.Event == nil:
		return Record{}, missingFieldError("e")
	}
	read, ok := decoders[*head.Event]
	if !ok {
		return Record{}, unknownEventError(*head.Event)
	}
	f, err := read(b)
	if err != nil {
		return Record{}, err
	}
	return Record{Time: *head.Time, Site: *head.Site, Fact: f}, nil
}

func parseHeader(b []byte) (Header, error) {
	var h struct {
		Trace   string  `json:"trace"`
		Version int     `json:"version"`
		Clock   Clock   `json:"clock"`
		Site    id.Site `json:"site"`
		Run     string  `json:"run"`
	}
	if err := json.Unmarshal(b, &h); err != nil || h.Trace != "cohort" {
		return Header{}, errNotTrace
	}
	if h.Version != Version {
		return Header{}, unknownVersionError(h.Version)
	}
	if h.Clock != Simulated && h.Clock != Wall {
		return Header{}, fmt.Errorf("clock %q is neither %q nor %q", h.Clock, Simulated, Wall)
	}
	return Header{Clock: h.Clock, Site: h.Site, Run: h.Run}, nil
}

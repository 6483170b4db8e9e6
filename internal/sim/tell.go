package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// tale is what happened since it was told last: what sites did, and what went
// through the ordered streams of members. The same at several sites is told once.
type tale struct {
	notes   []note
	streams []note
	groups  map[id.Address]string // names
	all     map[string][]string   // stream: casts handled, since its member joined
	calls   map[string][]string   // outcomes, by caller and number
	facts   map[string]int        // by name
}

type note struct {
	text string
	who  []string
}

func (t *tale) note(who, text string) {
	i := slices.IndexFunc(t.notes, func(n note) bool { return n.text == text })
	if i < 0 {
		t.notes = append(t.notes, note{text, []string{who}})
	} else if !slices.Contains(t.notes[i].who, who) {
		t.notes[i].who = append(t.notes[i].who, who)
	}
}

// token adds to a member's stream, which is first told as "who group: tokens".
func (t *tale) token(who, group, token string) {
	i := slices.IndexFunc(t.streams, func(n note) bool { return n.who[0] == who && n.who[1] == group })
	if i < 0 {
		t.streams = append(t.streams, note{who: []string{who, group}})
		i = len(t.streams) - 1
	}
	t.streams[i].text += " " + token
}

// tell writes the tale down and begins anew.
func (s *Story) tell() {
	if s.silent {
		return
	}
	t := &s.tale
	for _, n := range t.notes {
		slices.Sort(n.who)
		s.say(strings.Join(n.who, " ") + ": " + n.text)
	}
	t.notes = t.notes[:0]
	streams := t.streams
	t.streams = nil
	slices.SortStableFunc(streams, func(a, b note) int {
		return strings.Compare(a.who[1]+" "+a.who[0], b.who[1]+" "+b.who[0])
	})
	for _, n := range streams {
		t.note(n.who[0], n.who[1]+n.text)
	}
	for _, n := range t.notes {
		s.say(strings.Join(n.who, " ") + ": " + n.text)
	}
	t.notes = t.notes[:0]
}

// list names sites or processes.
func list[T id.Site | id.Address](all []T) string {
	words := make([]string, len(all))
	for i, x := range all {
		if a, ok := any(x).(id.Address); ok {
			words[i] = labelled(a)
		} else {
			words[i] = label(id.Site(x))
		}
	}
	return strings.Join(words, " ")
}

// told takes what a site did into the tale.
func (s *Story) told(at id.Site, f fact.Fact) {
	if s.silent {
		return
	}
	t := &s.tale
	if t.groups == nil {
		*t = tale{groups: map[id.Address]string{}, all: map[string][]string{}, calls: map[string][]string{}, facts: map[string]int{}}
	}
	t.facts[f.Event()]++
	if at == 0 {
		return
	}
	who := whose(at, f)
	switch f := f.(type) {
	case fact.SiteView:
		t.note(who, siteView(f))
	case fact.Suspect:
		if f.Cleared {
			t.note(who, "suspects "+label(f.Site)+" no more")
		} else {
			t.note(who, fmt.Sprintf("suspects %s (%s)", label(f.Site), f.Evidence))
		}
	case fact.Takeover:
		t.note(who, fmt.Sprintf("takes over in site view %d", f.ViewSeq))
	case fact.Heir:
		t.note(who, fmt.Sprintf("votes for %s in site view %d", label(f.Of), f.ViewSeq))
	case fact.Stall:
		t.note(who, "stalls")
	case fact.Resume:
		t.note(who, "resumes")
	case fact.Halt:
		t.note(who, "halts: "+f.Why)
	case fact.Crash:
		t.note(who, "crashes")
	case fact.View:
		t.groups[f.Group] = f.Name
	case fact.Drop:
		t.note(who, fmt.Sprintf("drops %d of %s in %s", f.N, labelled(f.Sender), t.groups[f.Group]))
	case fact.Leave:
		t.token(who, t.groups[f.Group], "("+f.Why+")")
		delete(t.all, who+" "+t.groups[f.Group])
	case fact.Loaded:
		t.note(who, fmt.Sprintf("has the state of %s, taken by %s", t.groups[f.Group], labelled(f.From)))
	case fact.Sequencer:
		if f.Of == f.Proc {
			t.note(who, "has the order of "+t.groups[f.Group])
		} else {
			t.note(who, fmt.Sprintf("gives the order of %s to %s", t.groups[f.Group], labelled(f.Of)))
		}
	case fact.Session:
		t.token(who, t.groups[f.Group], fmt.Sprintf("(session %d %s)", f.Session, f.What))
	case fact.ReadDone:
		if f.Err != "" {
			t.note(who, fmt.Sprintf("read %d: %s", f.ID, f.Err))
		} else {
			t.note(who, fmt.Sprintf("read %d sees %d casts", f.ID, f.Counts))
		}
	case fact.ListDone:
		t.note(who, fmt.Sprintf("cast %d to a list: %s", f.ID, f.End))
	case fact.FlushDone:
		t.note(who, fmt.Sprintf("flush %d is done", f.ID))
	case fact.Outcome:
		s.outcome(who, f.ID, labelled(f.Member)+":"+f.Kind)
	case fact.Done:
		s.outcome(who, f.ID, strings.TrimSuffix("done:"+f.Err, ":"))
	}
}

// whose tells whose doing a fact is, of a site or of a process there.
func whose(at id.Site, f fact.Fact) string {
	switch f := f.(type) {
	case fact.Drop:
		return labelled(f.Proc)
	case fact.Leave:
		return labelled(f.Proc)
	case fact.Loaded:
		return labelled(f.Proc)
	case fact.Sequencer:
		return labelled(f.Proc)
	case fact.Session:
		return labelled(f.Proc)
	case fact.ReadDone:
		return labelled(f.Proc)
	case fact.FlushDone:
		return labelled(f.Proc)
	case fact.ListDone:
		return labelled(f.Proc)
	case fact.Outcome:
		return labelled(f.Caller)
	case fact.Done:
		return labelled(f.Caller)
	}
	return label(at)
}

func (s *Story) outcome(who string, call uint64, what string) {
	t := &s.tale
	key := fmt.Sprintf("%s %d", who, call)
	t.calls[key] = append(t.calls[key], what)
	if strings.HasPrefix(what, "done") {
		t.note(who, fmt.Sprintf("call %d: %s", call, strings.Join(t.calls[key], " ")))
	}
}

func siteView(f fact.SiteView) string {
	var members []id.Site
	for _, m := range f.Members {
		members = append(members, m.Site)
	}
	parts := []string{fmt.Sprintf("site view %d: %s", f.Seq, list(members))}
	if len(f.Joined) > 0 {
		parts = append(parts, "new "+list(f.Joined))
	}
	for _, r := range f.Removed {
		parts = append(parts, fmt.Sprintf("without %s (%s)", label(r.Site), r.Evidence))
	}
	return strings.Join(parts, ", ")
}

// direct takes a cast to a process by its own address.
func (s *Story) direct(p *program, c core.Casts) {
	if s.silent {
		return
	}
	for k, rest := 0, c.Run.Body; k < int(c.Run.N); k++ {
		payload, next, ok := msg.NextCast(rest)
		if !ok {
			return
		}
		rest = next
		text, _, _ := strings.Cut(string(payload), "*")
		s.tale.note(labelled(p.proc), "is given "+text)
	}
}

// streamed takes an item of a member's stream, as its program handles it.
func (s *Story) streamed(m *membership, i core.Item) {
	if s.silent {
		return
	}
	t := &s.tale
	who := labelled(m.p.proc)
	switch i := i.(type) {
	case core.Viewed:
		var members []string
		for _, gm := range i.View.Members {
			name := labelled(gm.Proc)
			switch {
			case gm.Aside:
				name += "~"
			case !gm.Ready:
				name += "?"
			}
			members = append(members, name)
		}
		for _, x := range i.Slow {
			t.token(who, m.name, fmt.Sprintf("(slow: %s, says %s)", labelled(x.Proc), labelled(x.By)))
		}
		t.token(who, m.name, "["+strings.Join(members, " ")+"]")
	case core.Casts:
		for k, rest := 0, i.Run.Body; k < int(i.Run.N); k++ {
			payload, next, ok := msg.NextCast(rest)
			if !ok {
				return
			}
			rest = next
			text, _, _ := strings.Cut(string(payload), "*")
			t.token(who, m.name, text)
			t.all[who+" "+m.name] = append(t.all[who+" "+m.name], text)
		}
	case core.RestoreEnd:
		t.token(who, m.name, "(state)")
	}
}

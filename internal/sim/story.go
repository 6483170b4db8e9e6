package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/trace"
)

// Story is a run in which everything is told and nothing left to chance: every
// frame takes a millisecond, programs take no time, and what goes wrong goes
// wrong when the story says so. testdata/stories/README.md has the language.
//
//	story.go   reading and telling
//	opening.go how a story begins
//	deeds.go   what a story can make happen; readdeeds.go with leases and reads,
//	           sessiondeeds.go with sessions and migration
//	recorded.go what only recordings tell
//	names.go   how it names sites and processes
//	expect.go  what it can demand
//	tell.go    what it tells by itself
type Story struct {
	w         *World
	out       strings.Builder
	errs      []error
	line      int
	judged    bool
	stateSize int
	lags      map[[2]int]effect.Time
	held      []hold
	moments   []moment
	manners   map[string]string // of answering, by host
	open      map[string][]question
	tale      tale
	noise     noise
	silent    bool // nothing is told
	wrong     []Wrong
}

// hold keeps frames with messages of one kind, and all behind them on their
// lane, from arriving. Hosts count from 0; -1 is any.
type hold struct {
	from, to int
	kind     msg.Kind
}

func (h hold) covers(from, to int) bool {
	return (h.from < 0 || h.from == from) && (h.to < 0 || h.to == to)
}

// moment is when a command is carried out: as a site writes a message of a kind.
type moment struct {
	hold
	before bool
	do     string
}

// question is a request that a program has not answered.
type question struct {
	p *program
	r core.Request
}

// RunStory runs the story that text tells and returns it with what happened, in
// place of what the text says happened, and its trace. The error joins all that
// went otherwise than expected, or could not be understood.
func RunStory(text string) (told string, records []trace.Record, err error) {
	s := newStory()
	s.play(text)
	return s.out.String(), s.records(), errors.Join(s.errs...)
}

// Wrong is something that a run broke: a promise by its ID, or one of Own.
type Wrong struct{ Property, Text string }

// Own is what the simulator judges itself, beside the promises of package check.
var Own = []string{"panic", "state", "stream", "wire", "lent", "drain", "reads", "why", "sessions", "reply"}

// Outcome plays a story and says only what was wrong in the end, and not what
// happened. Commands that make no sense, as they may in an edited recording, are
// passed over; told is how many there were.
func Outcome(text string) (wrong []Wrong, records []trace.Record, senseless int) {
	s := newStory()
	s.silent = true
	s.play(text)
	return s.wrong, s.records(), len(s.errs) - len(s.wrong)
}

func newStory() *Story {
	return &Story{lags: map[[2]int]effect.Time{}, manners: map[string]string{}, open: map[string][]question{}, stateSize: 32, noise: noise{}}
}

// play plays the story that text tells.
func (s *Story) play(text string) {
	for line := range strings.Lines(text) {
		s.line++
		line = strings.TrimRight(line, " \n")
		if strings.HasPrefix(line, "  ") {
			continue // told last time
		}
		if !s.silent {
			s.out.WriteString(line + "\n")
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s.do(line)
		if s.w != nil && s.w.failure != "" {
			if !s.judged {
				s.fail(s.broke(s.w.failure))
			}
			return
		}
	}
	if !s.judged {
		s.fail(errors.New("a story ends with the command judge"))
	}
}

func (s *Story) records() []trace.Record {
	if s.w == nil {
		return nil
	}
	return s.w.records
}

// broke notes what the run itself found wrong.
func (s *Story) broke(failure string) error {
	property, _, _ := strings.Cut(failure, ":")
	s.wrong = append(s.wrong, Wrong{property, failure})
	return errors.New(failure)
}

func (s *Story) fail(err error) {
	s.errs = append(s.errs, fmt.Errorf("line %d: %w", s.line, err))
	s.say("WRONG: " + err.Error())
}

func (s *Story) say(text string) {
	if s.silent {
		return
	}
	for line := range strings.Lines(text + "\n") {
		s.out.WriteString("  " + line)
	}
}

// do carries out one command.
func (s *Story) do(line string) {
	words := strings.Fields(line)
	do := command(words[0])
	switch {
	case do == nil:
		s.fail(fmt.Errorf("no command %q", words[0]))
	case s.w == nil && words[0] != "sites" && words[0] != "hosts":
		s.fail(errors.New("a story begins with the command sites"))
	default:
		if err := do(s, words[1:]); err != nil {
			s.fail(err)
		}
	}
}

// run lets time pass and tells what happened.
func (s *Story) run(d effect.Time) {
	s.w.runUntil(s.w.now + d)
	s.tell()
}

// judge lets all come to rest and calls the judges.
func (s *Story) judge() error {
	s.judged = true
	s.held = nil
	s.release(hold{from: -1, to: -1})
	r := s.w.finish()
	s.tell()
	if r.Lost {
		s.say("the majority is lost")
	}
	var errs []error
	if r.Failure != "" {
		errs = append(errs, s.broke(r.Failure))
	}
	for _, v := range check.Run(r.Records, check.Options{GlobalClock: true, Limit: 3}).Violations {
		errs = append(errs, errors.New(v.String()))
		s.wrong = append(s.wrong, Wrong{v.Property, v.Text})
	}
	if len(errs) == 0 {
		s.say("the judges are silent")
	}
	return errors.Join(errs...)
}

// duration reads a number with the unit ns, us, ms or s.
func duration(word string) (effect.Time, error) {
	for _, u := range []struct {
		name string
		size effect.Time
		bits int // of numbers that do not overflow
	}{{"ns", 1, 63}, {"us", effect.Microsecond, 48}, {"ms", effect.Millisecond, 40}, {"s", effect.Second, 32}} {
		if n, err := strconv.ParseInt(strings.TrimSuffix(word, u.name), 10, u.bits); err == nil && strings.HasSuffix(word, u.name) {
			return n * u.size, nil
		}
	}
	return 0, fmt.Errorf("%q is no time: take 50ms, 3s or 200us", word)
}

// kinds are the messages that a story can name.
var kinds = map[string]msg.Kind{
	"Heartbeat": msg.KindHeartbeat, "Join": msg.KindJoin, "Refuse": msg.KindRefuse,
	"Prepare": msg.KindPrepare, "Promise": msg.KindPromise, "Propose": msg.KindPropose, "Accept": msg.KindAccept,
	"Nack": msg.KindNack, "Commit": msg.KindCommit, "Fetch": msg.KindFetch, "Decided": msg.KindDecided,
	"Snapshot": msg.KindSnapshot, "Accuse": msg.KindAccuse, "Submit": msg.KindSubmit,
	"Data": msg.KindData, "Part": msg.KindPart, "Ack": msg.KindAck,
	"FlushOK": msg.KindFlushOK, "Cut": msg.KindCut, "CutAck": msg.KindCutAck, "Install": msg.KindInstall,
	"Request": msg.KindRequest, "RequestHeld": msg.KindRequestHeld, "Replies": msg.KindReplies,
	"XferAsk": msg.KindXferAsk, "XferBegin": msg.KindXferBegin, "XferBlock": msg.KindXferBlock,
	"XferEnd": msg.KindXferEnd, "XferCredit": msg.KindXferCredit, "Bond": msg.KindBond,
	"DepAsk": msg.KindDepAsk, "DepDone": msg.KindDepDone,
	"XferReplies": msg.KindXferReplies, "SessionTold": msg.KindSessionTold, "HandOver": msg.KindHandOver,
}

func kind(word string) (msg.Kind, error) {
	k, ok := kinds[word]
	if !ok {
		return 0, fmt.Errorf("no message is called %q", word)
	}
	return k, nil
}

func has(f *msg.Frame, k msg.Kind) bool {
	return slices.ContainsFunc(f.Msgs, func(m msg.Message) bool { return m.Kind() == k })
}

// holds reports whether a frame written to l is held back.
func (s *Story) holds(l *link, f *msg.Frame) bool {
	return slices.ContainsFunc(s.held, func(h hold) bool {
		return h.covers(l.from.host.index, l.to.host.index) && has(f, h.kind)
	})
}

// release lets go of what is held back between some hosts.
func (s *Story) release(on hold) {
	s.held = slices.DeleteFunc(s.held, func(h hold) bool {
		return on.covers(h.from, h.to) && (on.kind == 0 || on.kind == h.kind)
	})
	for l := range s.w.links.all() {
		if !on.covers(l.from.host.index, l.to.host.index) || len(l.queue) == 0 {
			continue
		}
		for i := range l.queue {
			l.queue[i].held = false
		}
		s.w.in(0, func() { s.w.arrive(l) })
	}
}

// writes and wrote are told of every write, and report whether its site lives on.
func (s *Story) writes(from *site, x core.Write) bool { return s.strike(from, x, true) }
func (s *Story) wrote(from *site, x core.Write) bool  { return s.strike(from, x, false) }

func (s *Story) strike(from *site, x core.Write, before bool) bool {
	to := int(x.To)/1296 - 1
	i := slices.IndexFunc(s.moments, func(m moment) bool {
		return m.before == before && m.covers(from.host.index, to) && has(x.Frame, m.kind)
	})
	if i >= 0 {
		m := s.moments[i]
		s.moments = slices.Delete(s.moments, i, i+1)
		s.do(m.do)
	}
	return !from.stopped
}

// answer answers a request in the manner of the host.
func (s *Story) answer(p *program, r core.Request, payload []byte) {
	if s.reply(p, r, payload) {
		return
	}
	at, who := label(p.s.id), labelled(p.proc)
	switch s.manners[at] {
	case "mute":
		s.open[at] = append(s.open[at], question{p, r})
	case "null":
		p.s.post(core.Answer{Proc: p.proc, Request: r, Null: true})
	case "copy":
		p.s.post(core.Answer{Proc: p.proc, Request: r, Body: []byte(who), Copy: []byte("copy-of-" + who)})
	default:
		p.s.post(core.Answer{Proc: p.proc, Request: r, Body: []byte(who)})
	}
}

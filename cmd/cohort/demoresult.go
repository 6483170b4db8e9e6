package main

import (
	"fmt"
	"math"
)

// demoResult is what demo --json prints.
type demoResult struct {
	Queries       uint64  `json:"queries"`
	Updates       uint64  `json:"updates"`
	Refused       uint64  `json:"refused"`
	Wrong         uint64  `json:"wrong"`
	Lost          uint64  `json:"lost"`
	Retries       uint64  `json:"retries"`
	Kills         int     `json:"kills"`
	ViewChanges   int     `json:"view_changes"`
	ViewChangeMs  float64 `json:"view_change_ms"`
	OutageMs      float64 `json:"outage_ms"`
	TransferBytes int64   `json:"transfer_bytes"`
	Members       int     `json:"members"`
	Seconds       float64 `json:"seconds"`
	QueriesPerS   float64 `json:"queries_per_s"`
	UpdatesPerS   float64 `json:"updates_per_s"`
}

// result sums the demo up.
func (s *stage) result() demoResult {
	t := s.totals
	seconds := t.Duration.Seconds()
	return demoResult{
		Queries: t.Queries, Updates: t.Updates, Refused: t.Refused, Wrong: t.Wrong, Lost: t.Lost, Retries: t.Retries,
		Kills: 1, ViewChanges: len(s.views),
		ViewChangeMs: round(ms(s.viewChange)), OutageMs: round(ms(t.Outage)),
		TransferBytes: s.newcomer.bytes, Members: s.o.members, Seconds: round(seconds),
		QueriesPerS: round(float64(t.Queries) / seconds), UpdatesPerS: round(float64(t.Updates) / seconds),
	}
}

// round keeps one decimal.
func round(f float64) float64 { return math.Round(f*10) / 10 }

// summary tells a person what the demo means.
func (s *stage) summary(r demoResult) {
	say := func(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }
	say("")
	say("What happened")
	say("  %s questions and %s updates in %.1f s: %s and %s a second, from one client.",
		thousands(int(r.Queries)), thousands(int(r.Updates)), r.Seconds,
		thousands(int(r.QueriesPerS)), thousands(int(r.UpdatesPerS)))
	say("  %d answers were wrong and %d were lost. Each was compared, row by row, with the", r.Wrong, r.Lost)
	say("  client's own table at the version that the answer came from.")
	say("  %s was killed with kill -9 while it acted. %.1f ms later the last survivor had the", s.victim.Name, r.ViewChangeMs)
	if s.promoted != nil {
		say("  new view, and %s acted in its place.", s.promoted.Name)
	} else {
		say("  new view, and the rows and columns were divided anew.")
	}
	say("  The client was never longer than %.1f ms without a right answer; %d requests were", r.OutageMs, r.Retries)
	say("  asked again.")
	say("  %s took the place of %s with %s bytes of state while the others went on.",
		s.newcomer.Name, s.victim.Name, thousands(int(r.TransferBytes)))
	say("")
	say("What it means")
	say("  The first Isis did 30 questions or 5 updates a second with four machines of 1987;")
	say("  this run did %.0f times as many questions and %.0f times as many updates, at once.", r.QueriesPerS/30, r.UpdatesPerS/5)
	say("  A killed process is noticed when its connections end: here the new view was there")
	say("  after %.1f ms. A process that stops without dying is excluded after some 1.15 s:", r.ViewChangeMs)
	say("  measure it with  cohort bench events --only stop")
	if s.o.trace != "" {
		say("")
		say("Judge the run:  cohort check %s*.jsonl", s.o.trace)
		say("Draw it:        cohort trace %s*.jsonl -o run.svg", s.o.trace)
	}
}

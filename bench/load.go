package main

import (
	"slices"

	"github.com/cohortkit/cohort/internal/bench"
)

// peer is a system under comparison.
type peer struct {
	name  string
	order string // the strongest it promises; checked
	what  string // for the table
	loads []string
	needs func() error // what it lacks on this machine; nil for who brings all along
	bench.System
}

// bears reports whether a system can be put under a load.
func (p *peer) bears(l load) bool { return slices.Contains(p.loads, l.name) }

// lack says why this machine cannot run the system.
func (p *peer) lack() error {
	if p.needs == nil {
		return nil
	}
	return p.needs()
}

// The loads.
const (
	latency   = "latency"
	one64     = "one, 64 B"
	one1024   = "one, 1 KiB"
	all64     = "all, 64 B"
	all1024   = "all, 1 KiB"
	unbounded = "all, 64 B, no window"

	flood64    = "one, 64 B, no window"
	flood1024  = "one, 1 KiB, no window"
	flood16384 = "one, 16 KiB, no window"
	flood60000 = "one, 60 kB, no window"
)

// load is a shape that all systems are put under which can bear it.
type load struct {
	name string
	what string
	bench.Shape
}

func loads() []load {
	shape := func(senders string, size, window int) bench.Shape {
		return bench.Shape{Members: 3, Size: size, Senders: senders, Window: window, Groups: 1}
	}
	return []load{
		{latency, "one member casts 64 bytes, one cast at a time", shape(bench.One, 64, 1)},
		{one64, "one member casts 64 bytes, 1024 under way", shape(bench.One, 64, 1024)},
		{one1024, "one member casts 1 KiB, 1024 under way", shape(bench.One, 1024, 1024)},
		{all64, "all members cast 64 bytes, 1024 under way each", shape(bench.All, 64, 1024)},
		{all1024, "all members cast 1 KiB, 1024 under way each", shape(bench.All, 1024, 1024)},
		{unbounded, "all members cast 64 bytes, as many as their system lets them", shape(bench.All, 64, 0)},
		{flood64, "one member casts 64 bytes, as many as its system lets it", shape(bench.One, 64, 0)},
		{flood1024, "one member casts 1 KiB, as many as its system lets it", shape(bench.One, 1024, 0)},
		{flood16384, "one member casts 16 KiB, as many as its system lets it", shape(bench.One, 16<<10, 0)},
		{flood60000, "one member casts 60,000 bytes, about the most of a datagram", shape(bench.One, 60_000, 0)},
	}
}

// peers are the systems, raw TCP first.
func peers() []peer {
	ours := bench.Ours()
	window := []string{latency, one64, one1024, all64, all1024}
	every := append(slices.Clone(window), unbounded)
	single := []string{latency, one64, one1024}
	flood := []string{flood64, flood1024, flood16384, flood60000}
	return []peer{
		{bench.Raw, bench.FIFO, "plain TCP, batched; no order between senders, no membership", slices.Concat(every, flood), nil, ours[bench.Raw]},
		{"UDP", bench.FIFO, "a datagram for each message and receiver, a system call for each datagram; the sender goes no further ahead than the receivers have room for", flood, nil, bench.System{Make: newUDP, Deaf: true}},
		{bench.Cohort, bench.Total, "Total, not safe, through the public package: its sender may be delivered a cast before others have it", every, nil, ours[bench.Cohort]},
		{"cohort, causal", bench.Causal, "Causal, through the public package", flood, nil, ours[bench.Cohort]},
		{"cohort, safe", bench.Total, "Total, delivered when all members have it", every, nil, safely(ours[bench.Cohort])},
		{"hashicorp/raft", bench.Total, "log in memory, batches of 1024; only the leader casts", single, nil, bench.System{Make: newHraft}},
		{"dragonboat", bench.Total, "log in memory", window, nil, bench.System{Make: newDragon(false)}},
		{"dragonboat, disk", bench.Total, "log on disk, synced", window, nil, bench.System{Make: newDragon(true)}},
		{"NATS", bench.FIFO, "one server, in a member's process; no order between senders, nothing is kept", window, nil, bench.System{Make: newNATS}},
		{"etcd, disk", bench.Total, "values put and watched, synced", []string{latency}, nil, bench.System{Make: newEtcd}},
		{"JetStream", bench.Total, "a stream with three replicas in memory", window, nil, bench.System{Make: newStream}},
		{"Corosync", bench.Total, "closed process groups (CPG) over knet, which is UDP; a daemon for each member, whose time and memory count as the member's, and allocations do not", every, needsCorosync, bench.System{Make: newCorosync}},
	}
}

// safely is the system with safe casts. What logs decide by a majority is to be
// compared with this: no failure undoes a delivery.
func safely(s bench.System) bench.System {
	return bench.System{Calls: s.Calls, Make: func(seat *bench.Seat) bench.Member {
		seat.Safe = true
		return s.Make(seat)
	}}
}

// systems are those that workers know.
func systems() bench.Systems {
	known := bench.Systems{}
	for _, p := range peers() {
		known[p.name] = p.System
	}
	return known
}

package gms

import "github.com/cohortkit/cohort/internal/core/msg"

// chain extends the log's running hash by one entry (FNV-1a over its fields).
// Two sites with the same hash at the same index have the same history; the
// hash is carried and compared so that a divergence stops us at once.
func chain(h uint64, e *msg.Entry) uint64 {
	s := summer(h)
	s.num(e.Index)
	s.num(uint64(len(e.Remove)))
	for _, r := range e.Remove {
		s.num(uint64(r.Site))
		s.num(uint64(r.Evidence))
		s.num(uint64(len(r.Accusers)))
		for _, a := range r.Accusers {
			s.num(uint64(a))
		}
	}
	s.num(uint64(len(e.Add)))
	for _, m := range e.Add {
		s.num(uint64(m.Site))
		s.text(m.Name)
		s.text(m.Addr)
		s.num(uint64(m.Weight))
		s.num(m.Machine)
	}
	s.num(uint64(len(e.Ops)))
	for _, op := range e.Ops {
		s.num(uint64(op.Kind))
		s.num(uint64(op.Proc))
		s.num(uint64(op.Group))
		s.text(op.Name)
		s.num(op.Index)
		if op.Stateful {
			s.num(1)
		}
		if op.Kind.Accuses() {
			s.num(uint64(op.Old))
			s.num(op.Since)
		}
		if op.Kind == msg.OpList {
			s.num(op.List.Num)
			s.num(uint64(len(op.List.Dests)))
			for _, d := range op.List.Dests {
				s.num(uint64(d.Dest))
				s.num(d.View)
			}
		}
	}
	return uint64(s)
}

const fnvPrime = 1099511628211

type summer uint64

func (s *summer) byte(b byte) { *s = (*s ^ summer(b)) * fnvPrime }

func (s *summer) num(n uint64) {
	for range 8 {
		s.byte(byte(n))
		n >>= 8
	}
}

func (s *summer) text(t string) {
	s.num(uint64(len(t)))
	for i := range len(t) {
		s.byte(t[i])
	}
}

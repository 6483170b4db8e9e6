package sim

import (
	"iter"
	"slices"
)

// links are the connections there are, in the order in which they were made.
type links struct {
	list []*link // some may be gone
	last uint64  // number of the newest
	gone int
}

// add numbers a new connection.
func (s *links) add(l *link) {
	l.from.keepLink(l)
	l.to.keepLink(l)
	if s.gone > 16 && s.gone > len(s.list)/2 {
		s.list = slices.DeleteFunc(s.list, func(l *link) bool { return l.gone })
		s.gone = 0
	}
	s.last++
	l.conn = s.last
	s.list = append(s.list, l)
}

// find returns a connection by its number, or nil when it is gone.
func (s *links) find(conn uint64) *link {
	i, ok := slices.BinarySearchFunc(s.list, conn, func(l *link, conn uint64) int {
		switch {
		case l.conn < conn:
			return -1
		case l.conn > conn:
			return 1
		}
		return 0
	})
	if !ok || s.list[i].gone {
		return nil
	}
	return s.list[i]
}

// keepLink puts a new connection among those of a site.
func (s *site) keepLink(l *link) {
	if n := len(s.links); n == cap(s.links) { // before it grows
		s.links = slices.DeleteFunc(s.links, func(l *link) bool { return l.gone })
	}
	s.links = append(s.links, l)
}

// drop ends a connection: nothing more comes out of it.
func (s *links) drop(l *link) {
	if !l.gone {
		l.gone = true
		l.queue = nil
		s.gone++
	}
}

// all walks over the connections there are. Others may be dropped meanwhile,
// none may be added.
func (s *links) all() iter.Seq[*link] {
	return func(yield func(*link) bool) {
		for _, l := range s.list {
			if !l.gone && !yield(l) {
				return
			}
		}
	}
}

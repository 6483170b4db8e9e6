package model

// fingerprints is a set of hashes, open addressed, at most half full.
type fingerprints struct {
	slots []uint64 // 0 is empty
	n     int
}

func newFingerprints() *fingerprints { return &fingerprints{slots: make([]uint64, 1<<12)} }

// add puts h in and reports whether it is new.
func (f *fingerprints) add(h uint64) bool {
	if h == 0 {
		h = 1
	}
	if 2*f.n >= len(f.slots) {
		f.grow()
	}
	i := f.find(h)
	if f.slots[i] == h {
		return false
	}
	f.slots[i] = h
	f.n++
	return true
}

// find is the slot of h, or the empty one where it belongs.
func (f *fingerprints) find(h uint64) int {
	mask := uint64(len(f.slots) - 1)
	i := h & mask
	for f.slots[i] != 0 && f.slots[i] != h {
		i = (i + 1) & mask
	}
	return int(i)
}

func (f *fingerprints) grow() {
	old := f.slots
	f.slots = make([]uint64, 2*len(old))
	for _, h := range old {
		if h != 0 {
			f.slots[f.find(h)] = h
		}
	}
}

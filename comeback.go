package cohort

import (
	"context"
	"slices"
	"time"
)

const (
	// tryFor is how long one attempt to come back may take.
	tryFor = 10 * time.Second
	// tellEvery is the pause between two lines about the same hindrance.
	tellEvery = time.Minute
)

// hindrance is what kept the node from coming back when it tried last.
type hindrance struct {
	text string
	told time.Time // when it was logged
}

// comeBack starts new incarnations until one gets in or the node closes. The last one was
// reached at own.
func (n *system) comeBack(own string) *life {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-n.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		n.mu.Lock()
		seeds := slices.Concat(n.seeds, n.cfg.Seeds)
		n.mu.Unlock()
		seeds = slices.DeleteFunc(seeds, func(addr string) bool { return addr == own })
		if len(seeds) == 0 {
			return nil // it was alone: nobody can have excluded it
		}
		try, done := context.WithTimeout(ctx, tryFor)
		l, err := n.begin(try, n.cfg.Listen, seeds, false)
		done()
		if err == nil {
			return l
		}
		if !closed(n.gone) {
			n.hindered(err)
		}
		select {
		case <-time.After(pause):
		case <-n.gone:
			return nil
		}
	}
}

// hindered notes for Why what keeps the node from coming back, and logs it when it is
// another than before or has lasted.
func (n *system) hindered(err error) {
	now, text := time.Now(), err.Error()
	n.mu.Lock()
	tell := n.away.text != text || now.Sub(n.away.told) >= tellEvery
	if n.away.text = text; tell {
		n.away.told = now
	}
	n.mu.Unlock()
	if tell && n.cfg.Logger != nil {
		n.cfg.Logger.Warn("cannot come back yet", "err", err)
	}
}

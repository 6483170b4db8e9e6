package cohort

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/node"
)

// barred is a host on which nothing starts before it is free.
type barred struct {
	node.Here
	free, other time.Time
	tries       func()
}

func (h *barred) Start(context.Context, node.Config) (node.Site, error) {
	h.tries()
	switch now := time.Now(); {
	case now.After(h.free):
		return mute{}, nil
	case now.After(h.other):
		return nil, &SeedError{Seeds: []node.SeedFailure{{Addr: "a:1"}}}
	}
	return nil, &ListenError{Addr: "b:1", Err: syscall.EADDRINUSE}
}

// What keeps a node from coming back is logged when it begins, when it becomes
// something else and once in a while; and Why says it all the time.
func TestWhatKeepsANodeAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		n := &system{cfg: Config{Name: "b", Listen: "b:1", Seeds: []string{"a:1"}}, halted: "excluded", begun: true, gone: make(chan struct{})}
		n.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		now, last := time.Now(), ""
		n.host = &barred{other: now.Add(150 * time.Second), free: now.Add(160 * time.Second), tries: func() {
			list := n.why()
			if len(list) != 1 {
				t.Fatalf("it says %v", list)
			}
			last = list[0].Read().Text("text")
			if want := "node b is coming back: its former incarnation has ended (excluded"; !strings.HasPrefix(last, want) {
				t.Fatalf("it says %q", last)
			}
			if known := strings.Contains(last, "address already in use") || strings.Contains(last, "a:1: answers"); known != time.Now().After(now) {
				t.Errorf("after %v it says %q", time.Since(now), last)
			}
		}}
		if n.comeBack("") == nil || !strings.Contains(last, "a:1: answers") {
			t.Errorf("before it was back it said %q", last)
		}
		text := log.String()
		if busy, shut := strings.Count(text, "address already in use"), strings.Count(text, "a:1: answers"); busy != 3 || shut != 1 {
			t.Errorf("in two and a half minutes, and then ten seconds, it logged\n%s", text)
		}
		if n.away.text != "" {
			t.Errorf("it is back, and says for the next time %q", n.away.text)
		}
	})
}

package cohort_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

// Nodes with the same configuration, started in any order, are one system.
func TestExpect(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var seeds []string
	var held []net.Listener
	for range 2 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		seeds, held = append(seeds, ln.Addr().String()), append(held, ln)
	}
	for _, ln := range held { // not sooner, or one address may be given twice
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
	}
	nodes, failed := make(chan *cohort.Node, 2), make(chan error, 2)
	for _, at := range seeds {
		go func() {
			n, err := cohort.Start(ctx, cohort.Config{Listen: at, Seeds: seeds, Expect: 2, MinWeight: 2})
			if err != nil {
				failed <- err
				return
			}
			nodes <- n
		}()
	}
	views := make(chan cohort.View, 8)
	for range seeds {
		select {
		case err := <-failed:
			t.Fatal(err)
		case n := <-nodes:
			t.Cleanup(func() { _ = n.Close() })
			if _, err := n.Join(ctx, "g", cohort.GroupConfig{OnView: func(v cohort.View) { views <- v }}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for {
		select {
		case v := <-views:
			if len(v.Members) == 2 {
				return
			}
		case <-ctx.Done():
			t.Fatal("the nodes never were in one group")
		}
	}
}

func TestConfigMistakes(t *testing.T) {
	elsewhere := cohort.Config{Expect: 1, Seeds: []string{"127.0.0.1:1"}, Listen: "127.0.0.1:0"}
	if _, err := cohort.Start(t.Context(), elsewhere); err == nil || !strings.Contains(err.Error(), "Seeds has not this site's own address") {
		t.Errorf("error %v, want one about the node's own address", err)
	}
	for field, cfg := range map[string]cohort.Config{
		"Seeds":     {Expect: 3, Seeds: []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:1"}},
		"Expect":    {Expect: -1},
		"Weight":    {Weight: 2, NoVote: true},
		"HaltAfter": {HaltAfter: -time.Second},
	} {
		_, err := cohort.Start(t.Context(), cfg)
		if e := (*cohort.ConfigError)(nil); !errors.As(err, &e) || e.Field != field {
			t.Errorf("error %v, want one about %s", err, field)
		}
	}
}

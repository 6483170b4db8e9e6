package node

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/transport"
	"github.com/cohortkit/cohort/internal/wire"
)

func TestConfigErrors(t *testing.T) {
	none := uint32(0)
	for field, cfg := range map[string]Config{
		"Name":      {Name: strings.Repeat("n", 256)},
		"Advertise": {Advertise: strings.Repeat("a", 256) + ":1"},
		"advertise": {Advertise: "nowhere"},
		"Seeds":     {Seeds: []string{"127.0.0.1"}},
		"Weight":    {Weight: &none},
	} {
		n, err := Start(t.Context(), cfg)
		var bad *ConfigError
		if !errors.As(err, &bad) || !strings.EqualFold(bad.Field, field) || n != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestBadAddresses: what can be told of an address before anybody tries it is told.
func TestBadAddresses(t *testing.T) {
	bad := []string{"", "nowhere", "a:", "a:http", "a:-1", "a:99999", "a:+1"}
	nobody := []string{":1", "0.0.0.0:1", "[::]:1", "[::ffff:0.0.0.0]:1", "[::%1]:1"}
	for field, c := range map[string]struct {
		bad []string
		cfg func(addr string) Config
	}{
		"Advertise": {slices.Concat(bad[1:], nobody, []string{":0", "0.0.0.0:0", "[::]:0"}), func(a string) Config { return Config{Advertise: a} }},
		"Together":  {slices.Concat(bad, nobody, []string{"a:0"}), func(a string) Config { return Config{Together: []string{"a:1", a}} }},
		"Seeds":     {append(bad, "a:0"), func(a string) Config { return Config{Seeds: []string{"a:1", a}} }},
	} {
		for _, addr := range c.bad {
			cfg := c.cfg(addr)
			if wrong := (*ConfigError)(nil); !errors.As(cfg.complete(), &wrong) || wrong.Field != field {
				t.Errorf("%s with %q: %v", field, addr, wrong)
			}
		}
		for _, addr := range []string{"a:1", "localhost:65535", "10.0.0.1:7400", "[::1]:7400", "[fe80::1%eth0]:7400"} {
			cfg := c.cfg(addr)
			if err := cfg.complete(); err != nil {
				t.Errorf("%s with %q: %v", field, addr, err)
			}
		}
	}
}

func TestAddressInUse(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		p := w.start()
		_, err := w.tryStart(t.Context(), func(cfg *Config) { cfg.Listen, cfg.Transport = p.Addr(), w.host(0) })
		var taken *ListenError
		if !errors.As(err, &taken) || taken.Addr != p.Addr() || !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a second node at the address: %v", err)
		}
		p.sees(p)
	})
}

// TestSeedErrors: each seed's failure is told, when there is no more time.
func TestSeedErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := transport.NewMemory()
		answer := func(host string, say []byte) {
			ln, err := net.Host(host).Listen(":1")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = ln.Close() })
			go func() {
				for {
					conn, err := ln.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Write(say)
					_ = conn.Close()
				}
			}()
		}
		later := wire.AppendWelcome(nil, wire.Welcome{Site: 1})
		later[4] = 99
		answer("web", []byte("HTTP/1.1 400 Bad Request\r\n"))
		answer("later", later)
		answer("waiting", wire.AppendWelcome(nil, wire.Welcome{Site: 1}))
		net.Hold("a", "far")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := Start(ctx, Config{
			Transport: net.Host("a"), Listen: "a:7", Seeds: []string{"gone:1", "web:1", "later:1", "far:1", "waiting:1", "a:7"},
		})
		var bad *SeedError
		if !errors.As(err, &bad) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		var version *wire.VersionError
		for i, is := range []func(error) bool{
			func(err error) bool { return failure(err) == transport.Refused && errors.Is(err, syscall.ECONNREFUSED) },
			func(err error) bool { return errors.Is(err, wire.ErrNotCohort) },
			func(err error) bool { return errors.As(err, &version) && version.Theirs == 99 },
			func(err error) bool { return failure(err) == transport.Unreachable },
			func(err error) bool { return err == nil },
			func(err error) bool { return errors.Is(err, errOwn) },
		} {
			if !is(bad.Seeds[i].Err) {
				t.Errorf("seed %s: %v", bad.Seeds[i].Addr, bad.Seeds[i].Err)
			}
		}
	})
}

func failure(err error) transport.Failure {
	var e *transport.DialError
	if !errors.As(err, &e) {
		return transport.Declined
	}
	return e.Why
}

// TestOnlyOwnSeeds: who names but itself is told at once, by whatever address.
func TestOnlyOwnSeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host := alias{transport.NewMemory().Host("a")}
		_, err := Start(t.Context(), Config{Transport: host, Listen: "a:1", Seeds: []string{"a:1", "alias:1"}})
		var bad *SeedError
		if !errors.As(err, &bad) || len(bad.Seeds) != 2 || !errors.Is(err, errOwn) || bad.Err != nil {
			t.Error(err)
		}
	})
}

// alias is a network that has a second name for host a.
type alias struct{ transport.Transport }

func (a alias) Dial(ctx context.Context, addr string) (net.Conn, error) {
	return a.Transport.Dial(ctx, strings.Replace(addr, "alias:", "a:", 1))
}

// TestLateSeed: a node waits for its seed to come, and for that to be in a
// system; and it is content with one that answers.
func TestLateSeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		early := newProgram(t)
		started := make(chan error)
		go func() {
			n, err := Start(t.Context(), Config{
				Name: "z", Transport: w.host(25), Listen: "z:1", Seeds: []string{"nobody:1", "b:1"}, OnItems: early.take,
			})
			early.Node = n
			started <- err
		}()
		synctest.Wait() // it has found nobody
		w.start()
		b := w.start(func(cfg *Config) { cfg.Listen = "b:1" })
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		w.nodes = append(w.nodes, early)
		early.sees(w.nodes[0], b, early)
	})
}

// TestWildcard: who listens everywhere advertises an address that leads to it.
func TestWildcard(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	a := w.start(func(cfg *Config) { cfg.Listen = ":0" })
	host, port, err := net.SplitHostPort(a.Addr())
	if ip := net.ParseIP(host); err != nil || ip == nil || ip.IsUnspecified() || port == "0" {
		t.Fatalf("advertised as %s", a.Addr())
	}
	b := w.start(func(cfg *Config) { cfg.Name = "" })
	if b.Name() != b.Addr() {
		t.Errorf("without a name it is called %s", b.Name())
	}
	c := w.start(func(cfg *Config) { cfg.Advertise = "localhost:0" })
	for _, p := range w.nodes {
		p.sees(a, b, c)
	}
	if c.Addr() == "localhost:0" {
		t.Error("advertised without a port")
	}
	b.Inspect(func(s *core.Site) {
		if m, _ := s.View().Member(c.Site()); m.Addr != c.Addr() {
			t.Errorf("advertised %s, known as %s", c.Addr(), m.Addr)
		}
	})
}

// TestTogether starts three nodes with the same configuration, in any order: they
// found one system when all are there.
func TestTogether(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	var all []string
	var held []net.Listener
	for range 3 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		all, held = append(all, ln.Addr().String()), append(held, ln)
	}
	for _, ln := range held { // not sooner, or one address may be given twice
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
	}
	type started struct {
		p   *program
		err error
	}
	ready := make(chan started)
	for _, at := range all {
		go func() {
			p := newProgram(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			n, err := Start(ctx, Config{Name: at, Listen: at, Seeds: all, Together: all, OnItems: p.take})
			p.Node = n
			ready <- started{p, err}
		}()
	}
	for range all {
		s := <-ready
		if s.err != nil {
			t.Error(s.err)
			continue
		}
		w.nodes = append(w.nodes, s.p)
	}
	for _, p := range w.nodes {
		p.sees(w.nodes...)
	}
}

// TestTogetherNeedsOneself: who is not among those that found cannot wait for it.
func TestTogetherNeedsOneself(t *testing.T) {
	_, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Seeds: []string{"127.0.0.1:1"}, Together: []string{"127.0.0.1:1"}})
	if e := (*ConfigError)(nil); !errors.As(err, &e) || e.Field != "Together" {
		t.Errorf("error %v, want one about Together", err)
	}
}

// TestNamesNotFound: a name that nobody knows may be this site's own, and to ask for it
// takes no longer than Start may.
func TestNamesNotFound(t *testing.T) {
	former := net.DefaultResolver
	defer func() { net.DefaultResolver = former }()
	ctx, cancel := context.WithCancel(t.Context())
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		cancel()
		<-ctx.Done() // it never answers
		return nil, ctx.Err()
	}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	_ = ln.Close()
	all := []string{"silent.example.:" + port, "127.0.0.1:1"}
	_, err = Start(ctx, Config{Listen: "127.0.0.1:" + port, Seeds: all, Together: all})
	var bad *SeedError
	if !errors.As(err, &bad) || !errors.Is(err, context.Canceled) || len(bad.Seeds) != 1 || bad.Seeds[0].Addr != all[0] {
		t.Fatalf("with a name that is not found: %v", err)
	}
	var lookup *net.DNSError
	if !errors.As(err, &lookup) || lookup.Name != "silent.example." {
		t.Errorf("it is told %v", err)
	}
}

// TestHaltAfter: who bears to be stalled for so long only, ends.
func TestHaltAfter(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		a := w.start()
		b := w.start(func(cfg *Config) { cfg.HaltAfter = 50 * time.Millisecond })
		b.sees(a, b)
		a.Close()
		select {
		case <-b.Done():
		case <-time.After(patience):
			t.Fatal("it is stalled and does not end")
		}
		if e := (*HaltedError)(nil); !errors.As(b.Err(), &e) || e.Why != "stalled" {
			t.Errorf("ended by %v, want a halt because it was stalled", b.Err())
		}
	})
}

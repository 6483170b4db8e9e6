package node

import (
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/trace"
	"github.com/cohortkit/cohort/internal/transport"
	"github.com/cohortkit/cohort/internal/wire"
)

// Config is what a node is told. The zero value founds a system of its own on
// the loopback interface.
type Config struct {
	// Name of the site, unique in the system, at most 255 bytes. A site that
	// comes back under its old name replaces its former self. Empty means the
	// advertised address.
	Name string
	// Listen is the address to accept connections at; empty means a free port
	// of the loopback interface.
	Listen string
	// Advertise is where others reach this site, at most 255 bytes. Empty means
	// the address listened at or, when that is all of this machine's, the one of
	// them that leads to the seeds. Port 0 stands for the port listened at.
	Advertise string
	// Seeds are addresses of sites of the system to join; any one that answers
	// will do. Without seeds a new system is founded.
	Seeds []string
	// Weight is the site's votes. Nil means 1; 0 is a site that hosts
	// processes and never votes, which cannot found a system.
	Weight *uint32
	// Core overrides times of core.Defaults where it is not zero. Its other
	// fields are not used.
	Core core.Config
	// Transport is TCP when nil.
	Transport transport.Transport
	// OnItems gets what each step has for the program, in order. It is called
	// on the core's goroutine and must neither block, nor call Inspect or
	// Close, nor keep the slice. Bodies in the items are shared: they must not
	// be written to, and whoever keeps a part of one keeps all of its chunk.
	OnItems func([]core.Item)
	// Trace gets the facts of this site when not nil. It is called on the
	// core's goroutine.
	Trace Tracer
	// Logger is nil for no logs.
	Logger *slog.Logger
}

// Tracer takes the records of a trace.
type Tracer interface {
	Write(trace.Record)
}

// complete checks the configuration and fills in what does not depend on the
// listener.
func (c *Config) complete() error {
	if len(c.Name) > wire.MaxName {
		return &ConfigError{"Name", fmt.Sprintf("has %d bytes, at most %d are allowed", len(c.Name), wire.MaxName)}
	}
	if c.Advertise != "" {
		if _, _, err := net.SplitHostPort(c.Advertise); err != nil {
			return &ConfigError{"Advertise", "is no address: " + err.Error()}
		}
	}
	for _, s := range c.Seeds {
		if _, _, err := net.SplitHostPort(s); err != nil {
			return &ConfigError{"Seeds", "has what is no address: " + err.Error()}
		}
	}
	if c.Weight == nil {
		one := uint32(1)
		c.Weight = &one
	}
	if *c.Weight == 0 && len(c.Seeds) == 0 {
		return &ConfigError{"Weight", "is 0, and who has no vote cannot found a system: name seeds"}
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Transport == nil {
		c.Transport = transport.TCP{}
	}
	if c.OnItems == nil {
		c.OnItems = func([]core.Item) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// located fills in what depends on where the node listens.
func (c *Config) located(at net.Addr) error {
	c.Advertise = advertised(c.Advertise, at, c.Seeds)
	if len(c.Advertise) > wire.MaxName {
		return &ConfigError{"Advertise", fmt.Sprintf("has %d bytes, at most %d are allowed", len(c.Advertise), wire.MaxName)}
	}
	if c.Name == "" {
		c.Name = c.Advertise
	}
	return nil
}

// core is the configuration of the core of a site that is me.
func (c *Config) core(me view.Member) core.Config {
	cfg := core.Defaults(me)
	set := func(to *effect.Time, from effect.Time) {
		if from != 0 {
			*to = from
		}
	}
	set(&cfg.Detect.Beat, c.Core.Detect.Beat)
	set(&cfg.Detect.Floor, c.Core.Detect.Floor)
	set(&cfg.Detect.Ceil, c.Core.Detect.Ceil)
	set(&cfg.Log.Patience, c.Core.Log.Patience)
	set(&cfg.Log.Gather, c.Core.Log.Gather)
	set(&cfg.Log.Retry, c.Core.Log.Retry)
	set(&cfg.Retry, c.Core.Retry)
	set(&cfg.Lazy, c.Core.Lazy)
	set(&cfg.Linger, c.Core.Linger)
	set(&cfg.Absent, c.Core.Absent)
	cfg.Tracing = c.Trace != nil
	return cfg
}

// advertised is the address others are told: given, with the port listened at,
// or one that leads here.
func advertised(given string, at net.Addr, seeds []string) string {
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return at.String()
	}
	if given != "" {
		h, p, err := net.SplitHostPort(given)
		if err == nil && p == "0" {
			return net.JoinHostPort(h, port)
		}
		return given
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
		return net.JoinHostPort(host, port)
	}
	return net.JoinHostPort(outwards(seeds), port)
}

// outwards is the address of this machine from which the seeds are reached, or
// the first one that is not of the loopback interface. Nothing is sent.
func outwards(seeds []string) string {
	d := net.Dialer{Timeout: time.Second} // for names
	for _, s := range seeds {
		if conn, err := d.Dial("udp", s); err == nil {
			host, _, _ := net.SplitHostPort(conn.LocalAddr().String())
			_ = conn.Close()
			return host
		}
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return "127.0.0.1"
}

package node

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
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
	// them that leads to the seeds. It names a host; port 0 stands for the port
	// listened at.
	Advertise string
	// Seeds are addresses of sites of the system to join; any one that answers
	// will do. Without seeds a new system is founded.
	Seeds []string
	// Weight is the site's votes. Nil means 1; 0 is a site that hosts
	// processes and never votes, which cannot found a system.
	Weight *uint32
	// Together are the advertised addresses of all the sites that found a system
	// together, this one's among them and Seeds as a rule the same; nobody founds
	// one until all of them run and are in none. Where there is one, the site joins.
	Together []string
	// MinWeight is what a site view must weigh for this site to work in it; where
	// it is the same at all sites, none that weighs less excludes anybody.
	MinWeight uint64
	// HaltAfter is how long a site stays stalled before it halts; 0 means for ever.
	HaltAfter time.Duration
	// Apart keeps the site from taking notice of the others on its machine. It is
	// so in any case with a transport of one's own, and where the system has no
	// means to see another process end for certain.
	Apart bool
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
	// OnTerms gets what readers may rely on (Output.Terms and Dues) after each
	// step, before anything of it is written, and a last time, with nothing to
	// rely on, before the node can be taken for dead. As OnItems.
	OnTerms func(*core.Output)
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
	if err := c.addresses(); err != nil {
		return err
	}
	if c.Weight == nil {
		one := uint32(1)
		c.Weight = &one
	}
	if c.HaltAfter < 0 {
		return &ConfigError{"HaltAfter", "is negative"}
	}
	if *c.Weight == 0 && (len(c.Seeds) == 0 || len(c.Together) > 0) {
		return &ConfigError{"Weight", "is 0, and who has no vote cannot found a system: name seeds"}
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	c.Apart = c.Apart || c.Transport != nil
	if c.Transport == nil {
		c.Transport = transport.TCP{}
	}
	if c.OnItems == nil {
		c.OnItems = func([]core.Item) {}
	}
	if c.OnTerms == nil {
		c.OnTerms = func(*core.Output) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// addresses checks those at which sites are to be reached, as far as they tell by
// themselves: others would try a bad one for ever, or find themselves there.
func (c *Config) addresses() error {
	if c.Advertise != "" {
		if bad := cmp.Or(badPort(c.Advertise, 0), badHost(c.Advertise)); bad != "" {
			return &ConfigError{"Advertise", bad}
		}
	}
	for _, s := range c.Together {
		if bad := cmp.Or(badPort(s, 1), badHost(s)); bad != "" {
			return &ConfigError{"Together", bad}
		}
	}
	for _, s := range c.Seeds {
		if bad := badPort(s, 1); bad != "" {
			return &ConfigError{"Seeds", bad}
		}
	}
	return nil
}

// badPort says what is wrong with the port of an address, if anything is.
func badPort(addr string, least uint64) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "has what is no address: " + err.Error()
	}
	if p, err := strconv.ParseUint(port, 10, 16); err != nil || p < least {
		return fmt.Sprintf("has %q, where the port is no number from %d to 65535", addr, least)
	}
	return ""
}

// badHost says what is wrong with the host of an address that others are told.
func badHost(addr string) string {
	host, _, _ := net.SplitHostPort(addr)
	if ip, err := netip.ParseAddr(host); host != "" && (err != nil || !ip.Unmap().WithZone("").IsUnspecified()) {
		return ""
	}
	return fmt.Sprintf("has %q, which leads everybody to their own machine: name the host by which others reach this one", addr)
}

// located fills in what depends on where the node listens. It asks for the addresses
// of names, until ctx ends.
func (c *Config) located(ctx context.Context, at net.Addr) error {
	var unknown []SeedFailure
	if c.Advertise == "" {
		c.Advertise, unknown = ownOf(ctx, c.Together, at)
	}
	c.Advertise = advertised(ctx, c.Advertise, at, c.Seeds)
	switch {
	case len(c.Together) == 0 || slices.Contains(c.Together, c.Advertise):
	case len(unknown) > 0: // one of these may be its own
		return &SeedError{Seeds: unknown, Err: ctx.Err()}
	default:
		return &ConfigError{"Together", "has not this site's own address, " + c.Advertise}
	}
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
	set(&cfg.Lease.Grant, c.Core.Lease.Grant)
	set(&cfg.Lease.Drift, c.Core.Lease.Drift)
	set(&cfg.Lease.Slack, c.Core.Lease.Slack)
	cfg.Lease.Wary = c.Core.Lease.Wary
	set(&cfg.Retry, c.Core.Retry)
	set(&cfg.Lazy, c.Core.Lazy)
	set(&cfg.Linger, c.Core.Linger)
	set(&cfg.Absent, c.Core.Absent)
	set(&cfg.Log.Bond, c.Core.Log.Bond)
	set(&cfg.Log.Backoff, c.Core.Log.Backoff)
	cfg.Log.Least, cfg.HaltAfter = c.MinWeight, effect.Time(c.HaltAfter)
	cfg.Tracing = c.Trace != nil
	return cfg
}

// advertised is the address others are told: given, with the port listened at,
// or one that leads here.
func advertised(ctx context.Context, given string, at net.Addr, seeds []string) string {
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
	return net.JoinHostPort(outwards(ctx, seeds), port)
}

// ownOf is the first of the addresses that leads to a listener of this machine, or
// nothing; and those of which that is not known, for their names were not found.
func ownOf(ctx context.Context, list []string, at net.Addr) (own string, unknown []SeedFailure) {
	for _, addr := range list {
		leads, err := leadsTo(ctx, addr, at)
		if leads {
			return addr, nil
		}
		if err != nil {
			unknown = append(unknown, SeedFailure{Addr: addr, Err: err})
		}
	}
	return "", unknown
}

// leadsTo reports whether addr is one at which a listener of this machine is
// reached, as far as its interfaces tell. The error is that of looking up a name.
func leadsTo(ctx context.Context, addr string, at net.Addr) (bool, error) {
	host, port, err := net.SplitHostPort(addr)
	_, ours, err2 := net.SplitHostPort(at.String())
	if err != nil || err2 != nil || port != ours {
		return false, nil
	}
	if addr == at.String() {
		return true, nil
	}
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return false, err
	}
	local, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(local, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && slices.ContainsFunc(ips, func(ip net.IPAddr) bool { return n.IP.Equal(ip.IP) })
	}), nil
}

// outwards is the address of this machine from which the seeds are reached, or
// the first one that is not of the loopback interface. Nothing is sent.
func outwards(ctx context.Context, seeds []string) string {
	d := net.Dialer{Timeout: time.Second} // for names
	for _, s := range seeds {
		if conn, err := d.DialContext(ctx, "udp", s); err == nil {
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

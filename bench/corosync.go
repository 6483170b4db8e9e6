//go:build linux && cgo

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
)

// corosync is a client of a Corosync daemon of its own, in one closed process
// group with the others.
type corosync struct {
	*bench.Seat
	daemon   *exec.Cmd
	ended    chan struct{} // closed when the daemon has
	conn     *connection
	log      *os.File      // the daemon's
	whole    chan struct{} // closed when the group has all members
	gathered sync.Once     // closes it
	progress chan struct{} // something was delivered since it was last read
	closing  atomic.Bool
}

func newCorosync(s *bench.Seat) bench.Member {
	return &corosync{
		Seat: s, ended: make(chan struct{}), whole: make(chan struct{}), progress: make(chan struct{}, 1),
	}
}

// needsCorosync says what is missing to measure Corosync on this machine.
func needsCorosync() error {
	if _, err := loadCPG(); err != nil {
		return errors.New("it is not installed (Debian's package corosync brings the daemon and libcpg4)")
	}
	if _, err := corosyncDaemon(); err != nil {
		return errors.New("libcpg is here and its daemon is not (Debian's package corosync)")
	}
	failed := make(chan error)
	go onOwnThread(func() { failed <- withdraw("bench") })
	if err := <-failed; err != nil {
		return fmt.Errorf("each daemon needs mounts and a host name of its own, which takes root, or unshare -r: %w", err)
	}
	return nil
}

// corosyncDaemon is the program, which few have in their path.
func corosyncDaemon() (string, error) {
	if path, err := exec.LookPath("corosync"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/corosync")
}

// Listen finds an address of 127.0.0.0/8 on which the daemons' port is free.
func (m *corosync) Listen() (string, error) {
	pid := os.Getpid()
	for low := 1; low < 255; low++ {
		addr := fmt.Sprintf("127.%d.%d.%d", 1+pid>>8&0x7f, pid&0xff, low)
		c, err := net.ListenPacket("udp", net.JoinHostPort(addr, corosyncPort))
		if err == nil {
			return addr, c.Close()
		}
	}
	return "", fmt.Errorf("no address has UDP port %s free", corosyncPort)
}

// Join returns when this member is in the group, alone or not.
func (m *corosync) Join(addrs []string) error {
	joined := make(chan error)
	go onOwnThread(func() {
		err := m.join(addrs)
		joined <- err
		if err != nil {
			return
		}
		if err := m.conn.receive(); err != nil && !m.closing.Load() {
			m.Fail(m.said("the daemon has ended the connection", err))
		}
	})
	return <-joined
}

// join starts the daemon and connects to it, on the thread that is to dispatch.
func (m *corosync) join(addrs []string) error {
	lib, err := loadCPG()
	if err != nil {
		return err
	}
	if err := m.start(addrs); err != nil {
		return err
	}
	m.conn = &connection{cpg: lib, deliver: m.deliver, change: m.change}
	if err := m.retry("daemon", m.conn.connect); err != nil {
		return err
	}
	return m.retry("group", func() error { return m.conn.enter(subject) })
}

// retry tries something that a daemon which is just starting does not do yet.
func (m *corosync) retry(what string, try func() error) error {
	var last error
	late := within(what, func() bool {
		last = try()
		return last == nil || m.isOver()
	})
	if err := errors.Join(late, last); err != nil {
		return m.said("no "+what, err)
	}
	return nil
}

func (m *corosync) isOver() bool {
	select {
	case <-m.ended:
		return true
	default:
		return false
	}
}

// start starts the daemon on this thread, with which it ends.
func (m *corosync) start(addrs []string) error {
	path, err := corosyncDaemon()
	if err != nil {
		return err
	}
	if m.log, err = os.Create(filepath.Join(m.Dir, "log")); err != nil {
		return err
	}
	if err := withdraw(string(serverID(m.Rank))); err != nil {
		return err
	}
	if err := os.WriteFile("/etc/corosync/corosync.conf", []byte(corosyncConf(addrs)), 0o600); err != nil {
		return err
	}
	m.daemon = exec.Command(path, "-f")
	m.daemon.Stdout, m.daemon.Stderr = m.log, m.log
	m.daemon.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.daemon.Start(); err != nil {
		return err
	}
	go func() {
		_ = m.daemon.Wait() // its log says why
		close(m.ended)
	}()
	return nil
}

// said adds to what went wrong the end of what the daemon has logged.
func (m *corosync) said(what string, err error) error {
	var text []byte
	if info, wrong := m.log.Stat(); wrong == nil {
		text = make([]byte, min(info.Size(), 500))
		n, _ := m.log.ReadAt(text, info.Size()-int64(len(text))) // what can be read will do
		text = bytes.TrimSpace(text[:n])
	}
	return fmt.Errorf("%s: %w; its log ends: %s", what, err, bytes.ReplaceAll(text, []byte("\n"), []byte("; ")))
}

func (m *corosync) deliver(payload []byte) {
	m.Deliver(0, payload)
	select {
	case m.progress <- struct{}{}:
	default: // nobody has read the last
	}
}

// change is told of the members. None leaves before the run is over.
func (m *corosync) change(members, left int) {
	if left > 0 && !m.closing.Load() {
		m.Fail(fmt.Errorf("%d members have left the group", left))
	}
	if members == m.Members {
		m.gathered.Do(func() { close(m.whole) })
	}
}

// Ready returns when all are in the group.
func (m *corosync) Ready() error {
	select {
	case <-m.whole:
		return nil
	case <-time.After(patience):
		return m.said("the group", fmt.Errorf("is not whole after %v", patience))
	}
}

// again is when a cast that was refused is tried again if nothing is delivered
// before: where nothing of the group is under way, nothing tells when there is room.
const again = time.Millisecond

// Cast hands a payload to the daemon, which answers. If it has no room, then
// after the next delivery it may.
func (m *corosync) Cast(_ int, payload []byte) error {
	for {
		err := m.conn.send(payload)
		if !errors.Is(err, errTryAgain) {
			return err
		}
		select {
		case <-m.progress:
		case <-time.After(again):
		}
	}
}

func (m *corosync) Flush() error { return nil }

// Helper is the daemon: it does the work.
func (m *corosync) Helper() int { return m.daemon.Process.Pid }

func (m *corosync) Close() error {
	m.closing.Store(true)
	if m.daemon == nil {
		return nil
	}
	_ = m.daemon.Process.Kill() // it may have ended
	<-m.ended
	return nil
}

// corosyncPort is UDP's, at all daemons.
const corosyncPort = "5405"

// corosyncConf is the configuration as Corosync comes, but for priority over all
// other programs, which nobody else under comparison has.
func corosyncConf(addrs []string) string {
	var b strings.Builder
	b.WriteString("totem {\n version: 2\n cluster_name: bench\n transport: knet\n crypto_cipher: none\n crypto_hash: none\n}\n")
	b.WriteString("system {\n sched_rr: no\n move_to_root_cgroup: no\n}\n")
	b.WriteString("logging {\n to_stderr: yes\n to_syslog: no\n}\nnodelist {\n")
	for rank, a := range addrs {
		fmt.Fprintf(&b, " node {\n  nodeid: %d\n  name: %s\n  ring0_addr: %s\n }\n", rank+1, serverID(rank), a)
	}
	b.WriteString("}\n")
	return b.String()
}

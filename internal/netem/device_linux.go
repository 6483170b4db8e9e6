package netem

import (
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	deviceName     = "cohort0"
	congestionFile = "/proc/sys/net/ipv4/tcp_congestion_control"
)

// device is a TUN device.
type device struct {
	addr       string
	congestion string // of the namespace: what it is to be, then what it is
	fd         int    // reads and writes never block
}

// make makes the device in the namespace of another process. The thread stays
// there.
func (d *device) make(pid int) error {
	name := fmt.Sprintf("/proc/%d/ns/net", pid)
	if its, err := os.Readlink(name); err == nil {
		if ours, err := os.Readlink("/proc/self/ns/net"); err != nil || its == ours {
			return fmt.Errorf("process %d has no network namespace of its own", pid)
		}
	}
	ns, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("the network namespace of a process: %w", err)
	}
	defer func() { _ = ns.Close() }()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return missing("entering "+name, err)
	}
	return d.plug()
}

// plug makes the device in the namespace of this thread, which has no other.
func (d *device) plug() (err error) {
	if d.fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
		return missing("/dev/net/tun", err)
	}
	if err := d.set(); err != nil {
		_ = unix.Close(d.fd)
		return err
	}
	return nil
}

// set gives the device its properties, and lets the namespace use it.
func (d *device) set() error {
	ifr, err := unix.NewIfreq(deviceName)
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(d.fd, unix.TUNSETIFF, ifr); err != nil {
		return missing("a TUN device", err)
	}
	if err := unix.IoctlSetInt(d.fd, unix.TUNSETOFFLOAD, unix.TUN_F_CSUM|unix.TUN_F_TSO4); err != nil {
		return missing("segmentation offload of a TUN device", err)
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("a socket to set up a TUN device: %w", err)
	}
	defer func() { _ = unix.Close(socket) }()
	for _, step := range []struct {
		what   string
		device string
		ioctl  uint
		put    func(*unix.Ifreq) error
	}{
		{"its address", deviceName, unix.SIOCSIFADDR, func(i *unix.Ifreq) error { return i.SetInet4Addr(net.ParseIP(d.addr).To4()) }},
		{"its network", deviceName, unix.SIOCSIFNETMASK, func(i *unix.Ifreq) error { return i.SetInet4Addr([]byte{255, 255, 255, 0}) }},
		{"its MTU", deviceName, unix.SIOCSIFMTU, func(i *unix.Ifreq) error { i.SetUint32(deviceMTU); return nil }},
		{"it up", deviceName, unix.SIOCSIFFLAGS, up},
		{"the loopback up", "lo", unix.SIOCSIFFLAGS, up},
	} {
		ifr, err := unix.NewIfreq(step.device)
		if err == nil {
			err = step.put(ifr)
		}
		if err == nil {
			err = unix.IoctlIfreq(socket, step.ioctl, ifr)
		}
		if err != nil {
			return fmt.Errorf("a TUN device: setting %s: %w", step.what, err)
		}
	}
	return d.control()
}

func up(i *unix.Ifreq) error { i.SetUint16(unix.IFF_UP | unix.IFF_RUNNING); return nil }

// control sets and reads the congestion control of the namespace.
func (d *device) control() error {
	if d.congestion != "" {
		if err := os.WriteFile(congestionFile, []byte(d.congestion), 0); err != nil {
			return fmt.Errorf("the congestion control %q, which must be in net.ipv4.tcp_allowed_congestion_control: %w", d.congestion, err)
		}
	}
	text, err := os.ReadFile(congestionFile)
	if err != nil {
		return fmt.Errorf("the congestion control: %w", err)
	}
	d.congestion = strings.TrimSpace(string(text))
	return nil
}

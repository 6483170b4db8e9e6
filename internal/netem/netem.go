// Package netem puts processes into a small network that is slower and worse
// than the one within a machine, as the kernel's netem does where there is one.
//
// Each process has a network namespace of its own with one TUN device, so what
// it sends are real packets, and a lost one is sent again by the kernel's TCP. A
// relay reads the packets of all devices, and writes each to the device of the
// host it is for, when its time has come:
//
//	network.go         what the network does to packets
//	packet.go          one packet as a TUN device gives it, and how it is cut
//	link.go            the link that a host sends into: queue, rate, loss, delay
//	relay.go           the links of all hosts, and what is under way; knows no clock
//	emulator_linux.go  the relay at work, in a thread of its own
//	device_linux.go    a TUN device in the namespace of another process
//	precede_linux.go   the relay's precedence over other programs
//	raw_linux.go       its reads and writes
//
// Packets are what Ethernet carries, up to 1500 bytes. The kernel hands over and
// takes many segments of one connection at once (segmentation offload, as with
// any network card of today); rate and loss are of each segment.
//
// Nothing has a name that outlives its users. A device goes with the file
// descriptor that the relay holds, and a namespace with its process and that
// descriptor, however they end: there is nothing to tidy up.
package netem

import (
	"errors"
	"fmt"
	"time"
)

// ErrUnsupported: this system has no network namespaces or TUN devices, or no
// permission to make them. The error that wraps it says which.
var ErrUnsupported = errors.New("a network of one's own is not to be had here")

// Hosts are at most so many in a network.
const Hosts = 64

// Address is that of a host, counted from 0.
func Address(host int) string { return fmt.Sprintf("10.87.0.%d", host+1) }

// hostOf is the inverse of Address, of four bytes; -1 if there is none.
func hostOf(addr []byte) int {
	host := int(addr[3]) - 1
	if addr[0] != 10 || addr[1] != 87 || addr[2] != 0 || host >= Hosts {
		return -1
	}
	return host
}

// Stats is what an emulator has done since its start.
type Stats struct {
	Traffic
	Arrivals uint64        // writes, of one packet or several
	Late     time.Duration // of all arrivals together: how much after their time they were
	LateMost time.Duration
	CPU      time.Duration // of the relay, and of the kernel on its behalf
}

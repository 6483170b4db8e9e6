//go:build !linux

package transport

import (
	"math"
	"net"
	"syscall"
	"time"
)

// limitUnacked does nothing where there is no such limit: there a connection
// over a network that was gone for long takes longer to come back.
func limitUnacked(syscall.RawConn) {}

// roundTrip is unknown there, which is far.
func roundTrip(*net.TCPConn) time.Duration { return math.MaxInt64 }

// pacing is left to the system there.
type pacing struct{}

func (*pacing) putOff(syscall.RawConn) {}
func (*pacing) begin(syscall.Conn)     {}

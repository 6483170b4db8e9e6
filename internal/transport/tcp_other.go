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
func limitUnacked(string, string, syscall.RawConn) error { return nil }

// roundTrip is unknown there, which is far.
func roundTrip(*net.TCPConn) time.Duration { return math.MaxInt64 }

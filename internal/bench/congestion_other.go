//go:build !linux

package bench

import (
	"errors"
	"net"
	"syscall"
)

// dialer's connections have the system's congestion control: no other can be asked for.
func dialer(congestion string) *net.Dialer {
	if congestion == "" {
		return &net.Dialer{}
	}
	return &net.Dialer{Control: func(string, string, syscall.RawConn) error {
		return errors.New("a congestion control can be chosen on Linux only")
	}}
}

// congestionOf cannot be told.
func congestionOf(net.Conn) string { return "" }

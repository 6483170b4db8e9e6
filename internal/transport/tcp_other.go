//go:build !linux

package transport

import "syscall"

// limitUnacked does nothing where there is no such limit: there a connection
// over a network that was gone for long takes longer to come back.
func limitUnacked(string, string, syscall.RawConn) error { return nil }

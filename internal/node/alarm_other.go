//go:build !linux

package node

// newKernelTimer returns nil: there is none that is like a connection.
func newKernelTimer(func()) timer { return nil }

//go:build !linux

package netem

import (
	"fmt"
	"runtime"
)

// Emulator is a network of some processes, on Linux.
type Emulator struct{}

// New makes a network, of which nothing works here.
func New(Network, string) *Emulator { return &Emulator{} }

// Check says that there is no such network here.
func Check() error {
	return fmt.Errorf("%w: %s has no network namespaces", ErrUnsupported, runtime.GOOS)
}

// Attach fails as Check does.
func (*Emulator) Attach(int) (addr, congestion string, err error) { return "", "", Check() }

// Detach does nothing.
func (*Emulator) Detach(string) {}

// Start fails as Check does.
func (*Emulator) Start() error { return Check() }

// Stats is empty.
func (*Emulator) Stats() Stats { return Stats{} }

// Close does nothing.
func (*Emulator) Close() {}

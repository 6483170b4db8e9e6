//go:build linux && cgo

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// onOwnThread calls f on a thread that ends with it.
func onOwnThread(f func()) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	f()
}

// withdraw gives the calling thread, and processes that it starts, a host name
// and directories of its own where programs of one machine find each other. So
// several daemons run beside each other that expect to be alone, and whatever
// they write is gone when they and the thread are, however they end. The
// goroutine must stay locked to its thread.
func withdraw(name string) error {
	if err := syscall.Unshare(syscall.CLONE_FS | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := syscall.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("sethostname: %w", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	for _, dir := range []string{"/tmp", "/run", "/dev/shm", "/var/lib/corosync", "/etc"} {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1g"); err != nil {
			return fmt.Errorf("mounting %s: %w", dir, err)
		}
	}
	// Sockets have names in files, not those that all of the machine shares.
	const forced = "/etc/libqb/force-filesystem-sockets"
	for _, dir := range []string{filepath.Dir(forced), "/etc/corosync"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(forced, nil, 0o644)
}

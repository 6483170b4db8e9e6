package netem

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// possible skips a test where there are no networks of one's own.
func possible(t *testing.T) {
	t.Helper()
	if err := Check(); err != nil {
		if !errors.Is(err, ErrUnsupported) {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func TestAProcessWithoutANamespaceOfItsOwnIsRefused(t *testing.T) {
	e := New(Network{}, "")
	defer e.Close()
	if _, _, err := e.Attach(os.Getpid()); err == nil || !strings.Contains(err.Error(), "no network namespace of its own") {
		t.Error(err)
	}
	if _, _, err := e.Attach(-1); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestMissingSaysWhatItNeeds(t *testing.T) {
	err := missing("a TUN device", unix.EPERM)
	if !errors.Is(err, ErrUnsupported) || !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "a TUN device: operation not permitted: this needs root") {
		t.Error(err)
	}
	if err := missing("/dev/net/tun", unix.ENOENT); !errors.Is(err, ErrUnsupported) || strings.Contains(err.Error(), "root") {
		t.Error(err)
	}
}

func TestAnUnknownCongestionControl(t *testing.T) {
	possible(t)
	err := elsewhere(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		d := device{addr: Address(0), congestion: "no such control"}
		return d.plug()
	})
	if err == nil || !strings.Contains(err.Error(), "net.ipv4.tcp_allowed_congestion_control") {
		t.Error(err)
	}
}

// All threads are scheduled as before, when a network has ended.
func TestPrecedenceEnds(t *testing.T) {
	possible(t)
	before, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := New(Network{}, "")
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	e.Close()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		tid, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		now, err := unix.SchedGetAttr(tid, 0)
		if errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil || now.Policy != before.Policy || now.Nice != before.Nice {
			t.Errorf("thread %d: %+v, %v; want %+v", tid, now, err, before)
		}
	}
}

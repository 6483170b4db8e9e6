//go:build !linux

package node

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/cohortkit/cohort/internal/core/id"
)

type machine struct {
	number uint64
	clock  int64
	read   time.Time
}

// On other systems each site counts as alone on its machine: nothing there tells
// for certain that another process has ended.
func thisMachine() (machine, error) { return machine{}, errors.ErrUnsupported }

func machineListen(id.Site) (net.Listener, error) { return nil, errors.ErrUnsupported }

func machineDial(context.Context, id.Site) (net.Conn, error) { return nil, errors.ErrUnsupported }

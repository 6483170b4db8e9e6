package node

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
)

// visited is a listener to which somebody connects as often as he is let in, up to a
// point.
type visited struct {
	net.Listener
	visitors []net.Conn
}

func (v *visited) Accept() (net.Conn, error) {
	if len(v.visitors) == 2*mostWatchers {
		return nil, net.ErrClosed
	}
	theirs, ours := net.Pipe()
	v.visitors = append(v.visitors, theirs)
	return ours, nil
}

// TestManyWatchers: whoever is on a machine may connect to a site's socket, and holds no
// more of the site than it gives: so many connections, until one of them ends.
func TestManyWatchers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, n := &visited{}, &Node{}
		n.ctx, n.stop = context.WithCancel(t.Context())
		n.wg.Go(func() { n.beWatched(v) })
		for _, want := range []int{mostWatchers, mostWatchers + 1} {
			if synctest.Wait(); len(v.visitors) != want {
				t.Errorf("%d were let in, want %d", len(v.visitors), want)
			}
			_ = v.visitors[0].Close()
		}
		n.stop()
		n.wg.Wait()
	})
}

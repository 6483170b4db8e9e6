package gather

import (
	"bytes"
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// A head and a payload are one payload to the core.
func TestHead(t *testing.T) {
	for size := range 2 * msg.Long {
		p := payload(size)
		body := head.Append([]byte("before"), p)
		want := msg.AppendCast([]byte("before"), append([]byte{head.Entry, head.Format}, p...))
		if !bytes.Equal(body, want) || len(body) != len("before")+Size(p) {
			t.Errorf("a payload of %d bytes makes a body of %d, not of %d", len(p), len(body), len(want))
		}
	}
}

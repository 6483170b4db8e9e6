//go:build race

package loan

import "bytes"

var spoilt = bytes.Repeat([]byte{0xee}, Largest)

// spoil overwrites memory that was given back, so that in tests with the race
// detector whoever still reads it is found: by the detector, or by what it reads.
func spoil(b []byte) { copy(b, spoilt) }

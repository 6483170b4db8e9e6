package trace

import "testing"

func BenchmarkAppend(b *testing.B) {
	records := golden()
	var line []byte
	b.ReportAllocs()
	for i := range b.N {
		line, _ = Append(line[:0], records[i%len(records)])
	}
}

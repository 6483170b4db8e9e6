package bench

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// Mark is what a member has done and used so far.
type Mark struct {
	At     int64   `json:"at"`     // nanoseconds, by a clock that does not jump
	All    uint64  `json:"all"`    // deliveries
	Others uint64  `json:"others"` // of what others cast
	CPU    float64 `json:"cpu"`    // seconds of processor time; 0 where the system does not tell
	Allocs uint64  `json:"allocs"` // objects
	Bytes  uint64  `json:"bytes"`  // that they took
}

// use fills in what the process has used.
func (m *Mark) use() {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	m.Allocs, m.Bytes, m.CPU = s.Mallocs, s.TotalAlloc, ProcessorTime()
}

// PeakMemory is the most memory that the process had at a time, in bytes; 0 where
// the system does not tell.
func PeakMemory() float64 { return resident("VmHWM:") }

// Memory is what the process has now, in bytes; 0 where the system does not tell.
func Memory() float64 { return resident("VmRSS:") }

// resident reads one of the sizes that Linux tells of a process.
func resident(name string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte(name))
	fields := bytes.Fields(rest)
	if len(fields) < 2 {
		return 0
	}
	kib, err := strconv.ParseFloat(string(fields[0]), 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}

// Load is how many processes wanted to run on this machine in the last minute,
// on average; 0 where the system does not tell.
func Load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := bytes.Cut(text, []byte(" "))
	load, err := strconv.ParseFloat(string(first), 64)
	if err != nil {
		return 0
	}
	return load
}

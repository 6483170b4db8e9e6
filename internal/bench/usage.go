package bench

import (
	"bytes"
	"fmt"
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
	Used   int     `json:"used"`   // processors, by Go, at a time
}

// use fills in what the process has used, and its helper; 0 is none.
func (m *Mark) use(helper int) {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	m.Allocs, m.Bytes, m.CPU, m.Used = s.Mallocs, s.TotalAlloc, ProcessorTime(), runtime.GOMAXPROCS(0)
	if helper != 0 {
		m.CPU += processorTimeOf(helper)
	}
}

// processorTimeOf is what another process has used, in seconds; 0 where the system
// does not tell. It is exact to some hundredths.
func processorTimeOf(pid int) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name, in brackets, may have blanks and brackets in it.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const user, system, ticks = 11, 12, 100 // of proc_pid_stat(5); ticks a second
	if len(fields) <= system {
		return 0
	}
	var sum float64
	for _, f := range [][]byte{fields[user], fields[system]} {
		n, err := strconv.ParseFloat(string(f), 64)
		if err != nil {
			return 0
		}
		sum += n
	}
	return sum / ticks
}

// PeakMemory is the most memory that the process had at a time, in bytes; 0 where
// the system does not tell.
func PeakMemory() float64 { return resident("self", "VmHWM:") }

// peakMemoryOf is the same of another process.
func peakMemoryOf(pid int) float64 { return resident(strconv.Itoa(pid), "VmHWM:") }

// Memory is what the process has now, in bytes; 0 where the system does not tell.
func Memory() float64 { return resident("self", "VmRSS:") }

// resident reads one of the sizes that Linux tells of a process.
func resident(process, name string) float64 {
	status, err := os.ReadFile("/proc/" + process + "/status")
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

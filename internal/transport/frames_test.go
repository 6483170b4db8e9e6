package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

// dataFrame carries one cast of so many bytes, numbered.
func dataFrame(number uint64, size int) *msg.Frame {
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = byte(number) + byte(i)
	}
	return &msg.Frame{Lane: msg.LaneData, Msgs: []msg.Message{&msg.Data{
		Group: id.Group(1, 0), View: 1, Run: &msg.Run{First: number, N: 1, Order: msg.FIFO, Body: msg.AppendCast(nil, payload)},
	}}}
}

func controlFrame(index uint64) *msg.Frame {
	return &msg.Frame{Lane: msg.LaneControl, Index: index, Msgs: []msg.Message{&msg.Fetch{Index: index}, &msg.Refuse{Why: "why"}}}
}

// plain is frames as wire writes them.
func plain(t testing.TB, frames []*msg.Frame) (out []byte) {
	for _, f := range frames {
		head, body, err := wire.FrameParts(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, head...), body...)
	}
	return out
}

// sizes of casts about every bound of encoder and reader.
func manySizes() []int {
	list := []int{
		0, 1, 64, inline - 64, inline, inline + 1, firstChunk, maxChunk - 64, maxChunk, maxChunk + 1, arenaSize,
		ahead - 1, ahead, 3*ahead + 17, 64, 64,
	}
	for range 300 {
		list = append(list, rand.IntN(2000))
	}
	return list
}

// TestThroughAll sends frames of many sizes through encoder, writer and reader,
// in pieces of any size.
func TestThroughAll(t *testing.T) {
	var data, control []*msg.Frame
	for i, size := range manySizes() {
		data = append(data, dataFrame(uint64(i+1), size))
	}
	for i := range 2000 {
		control = append(control, controlFrame(uint64(i)))
	}
	for name, in := range map[string]func(io.Reader) io.Reader{
		"as it comes": func(r io.Reader) io.Reader { return r },
		"by bytes":    iotest.OneByteReader,
		"by halves":   iotest.HalfReader,
		"end with it": iotest.DataErrReader,
	} {
		for _, frames := range [][]*msg.Frame{data, control} {
			if name == "by bytes" {
				frames = append(slices.Clone(frames[:20]), frames[len(frames)-20:]...)
			}
			var out bytes.Buffer
			send(t, &out, frames)
			if !bytes.Equal(out.Bytes(), plain(t, frames)) {
				t.Fatalf("%s: the writer's bytes are not the frames'", name)
			}
			got, err := receive(in(&out), frames[0].Lane)
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: ended with %v", name, err)
			}
			if !reflect.DeepEqual(got, frames) {
				t.Errorf("%s: %d frames came of %d, or other ones", name, len(got), len(frames))
			}
		}
	}
}

func send(t *testing.T, out io.Writer, frames []*msg.Frame) {
	var e Encoder
	w := NewWriter(out)
	for _, f := range frames {
		b, err := e.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		w.Queue(b)
	}
	w.Finish()
	if err := w.Run(); err != nil {
		t.Error(err)
	}
}

// receive collects frames and checks at the end that none was changed by what
// came after it.
func receive(in io.Reader, lane msg.Lane) (frames []*msg.Frame, err error) {
	r := NewReader(in, lane)
	for {
		batch, err := r.Next()
		if err != nil {
			return frames, err
		}
		for _, f := range batch {
			frames = append(frames, unlent(f.Frame))
		}
	}
}

// unlent is a frame without its loans, which are never given back.
func unlent(f *msg.Frame) *msg.Frame {
	for _, m := range f.Msgs {
		if d, ok := m.(*msg.Data); ok {
			d.Run.Loan = nil
		}
	}
	return f
}

// TestReaderReusesChunks gives casts back as soon as they have come, all but some:
// those stay as they came, and little memory is taken for the others.
func TestReaderReusesChunks(t *testing.T) {
	var frames []*msg.Frame
	const size, count = 30_000, 2000
	for i := range count {
		f := dataFrame(uint64(i+1), size)
		for k := range f.Msgs[0].(*msg.Data).Run.Body[10:] {
			f.Msgs[0].(*msg.Data).Run.Body[10+k] = byte(i)
		}
		frames = append(frames, f)
	}
	r := NewReader(bytes.NewReader(plain(t, frames)), msg.LaneData)
	var kept []*msg.Run
	chunks := map[msg.Loan]bool{}
	for n := 0; n < count; {
		batch, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range batch {
			run := x.Frame.Msgs[0].(*msg.Data).Run
			if run.Loan == nil {
				t.Fatalf("cast %d is not on loan", n)
			}
			chunks[run.Loan] = true
			if n++; n%400 == 0 {
				kept = append(kept, run) // and not returned
				continue
			}
			run.Loan.Return()
		}
	}
	for _, run := range kept {
		if want := frames[run.First-1].Msgs[0].(*msg.Data).Run.Body; !bytes.Equal(run.Body, want) {
			t.Errorf("cast %d has changed since it came", run.First)
		}
	}
	// All bytes together fill more than 200 chunks. The race detector has pools
	// forget some of what they are given.
	if len(chunks) > 120 {
		t.Errorf("%d casts came in %d chunks", count, len(chunks))
	}
}

func TestReaderCountsBytes(t *testing.T) {
	frames := []*msg.Frame{dataFrame(1, 10), dataFrame(2, 100_000), dataFrame(3, 0)}
	all := plain(t, frames)
	r := NewReader(bytes.NewReader(all), msg.LaneData)
	sum := 0
	for {
		batch, err := r.Next()
		if err != nil {
			break
		}
		for _, f := range batch {
			sum += f.Bytes
		}
	}
	if sum != len(all) {
		t.Errorf("%d bytes counted of %d", sum, len(all))
	}
}

// TestReaderErrors: frames before an error come first, then the error, at once.
func TestReaderErrors(t *testing.T) {
	good := plain(t, []*msg.Frame{dataFrame(1, 10)})
	broken := errors.New("broken")
	var malformed *wire.Error
	for name, c := range map[string]struct {
		after []byte
		is    func(error) bool
	}{
		"broken":     {nil, func(err error) bool { return errors.Is(err, broken) }},
		"half":       {good[:9], func(err error) bool { return errors.Is(err, broken) }},
		"length":     {[]byte{0xFF, 0xFF, 0xFF, 0xFF}, func(err error) bool { return errors.As(err, &malformed) }},
		"garbage":    {[]byte{2, 0, 0, 0, 1, 99}, func(err error) bool { return errors.As(err, &malformed) }},
		"empty":      {[]byte{0, 0, 0, 0}, func(err error) bool { return errors.As(err, &malformed) }},
		"other lane": {plain(t, []*msg.Frame{controlFrame(1)}), func(err error) bool { return errors.As(err, &malformed) }},
	} {
		in := io.MultiReader(bytes.NewReader(slices.Concat(good, good, c.after)), iotest.ErrReader(broken))
		frames, err := receive(in, msg.LaneData)
		if len(frames) != 2 || !c.is(err) {
			t.Errorf("%s: %d frames, %v", name, len(frames), err)
		}
	}
}

// TestLengthTakesNoMemory: a reader takes memory for what came, not for what
// was announced.
func TestLengthTakesNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	for _, came := range []int{0, 100, maxChunk, 3 << 20} {
		most := uint32(wire.MaxFrame(msg.LaneData))
		in := append(binary.LittleEndian.AppendUint32(nil, most), make([]byte, came)...)
		runtime.ReadMemStats(&before)
		_, err := receive(bytes.NewReader(in), msg.LaneData)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > uint64(4*came+2*ahead) {
			t.Errorf("%d bytes took %d of memory", came, took)
		}
	}
}

// TestEncoderSharesWork: a frame that goes to many is turned into bytes once,
// and a large body is not copied.
func TestEncoderSharesWork(t *testing.T) {
	var e Encoder
	f := dataFrame(1, inline+1)
	one, _ := e.Encode(f)
	two, _ := e.Encode(f)
	if &one.head[0] != &two.head[0] || &one.body[0] != &f.Msgs[0].(*msg.Data).Run.Body[0] {
		t.Error("a frame was encoded twice, or its body copied")
	}
	if n := testing.AllocsPerRun(1000, func() {
		e.Forget()
		_, _ = e.Encode(f)
	}); n > 0 {
		t.Errorf("%v allocations for a frame", n)
	}
	large := dataFrame(1, wire.MaxBody+1<<20)
	if _, err := e.Encode(large); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("a frame that is too large: %v", err)
	}
	if b, err := e.Encode(f); err != nil || b.Len() != len(plain(t, []*msg.Frame{f})) {
		t.Errorf("after it: %d bytes, %v", b.Len(), err)
	}
}

// TestWriterJoins: frames that follow each other in memory are one piece, also
// for two connections that do not get all of them.
func TestWriterJoins(t *testing.T) {
	var e Encoder
	all, odd := NewWriter(nil), NewWriter(nil)
	var frames []*msg.Frame
	for i := range uint64(9) {
		frames = append(frames, dataFrame(i+1, 64))
		b, _ := e.Encode(frames[i])
		all.Queue(b)
		if i%2 == 1 {
			odd.Queue(b)
		}
	}
	if len(all.queue) != 1 || len(odd.queue) != 4 {
		t.Errorf("%d and %d pieces", len(all.queue), len(odd.queue))
	}
	if !bytes.Equal(all.queue[0], plain(t, frames)) || !bytes.Equal(odd.queue[3], plain(t, frames[7:8])) {
		t.Error("pieces hold other bytes")
	}
}

// stuck is a connection that takes nothing until it is closed.
type stuck chan struct{}

func (s stuck) Write([]byte) (int, error) {
	<-s
	return 0, net.ErrClosed
}

func TestWriterEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		b := Bytes{head: []byte("frame")}
		run := func(w *Writer, want error) {
			wg.Go(func() {
				if err := w.Run(); !errors.Is(err, want) {
					t.Errorf("ended with %v, want %v", err, want)
				}
			})
			synctest.Wait()
		}
		idle := NewWriter(io.Discard)
		run(idle, nil)
		idle.Close()
		idle.Queue(b)

		finished := NewWriter(io.Discard)
		run(finished, nil)
		finished.Finish()
		finished.Queue(b)

		conn := make(stuck)
		busy := NewWriter(conn)
		run(busy, net.ErrClosed)
		busy.Queue(b)
		synctest.Wait()
		busy.Queue(b)
		busy.Close()
		close(conn)
		wg.Wait()
		busy.Queue(b)
		if len(idle.queue)+len(finished.queue)+len(busy.queue) > 0 {
			t.Error("an ended writer keeps frames")
		}
	})
}

package transport

import (
	"io"
	"net"
)

// direct is a connection that is read and written in a way of its own.
type direct interface {
	io.Reader
	writeBuffers(list net.Buffers) error
}

// readerOf returns what reads from in.
func readerOf(in io.Reader) io.Reader {
	if d := directOf(in); d != nil {
		return d
	}
	return in
}

// buffersTo returns what writes all of some buffers to out, and lets go of them.
func buffersTo(out io.Writer) func(net.Buffers) error {
	if d := directOf(out); d != nil {
		return d.writeBuffers
	}
	var rest net.Buffers
	return func(list net.Buffers) error {
		rest = list
		_, err := rest.WriteTo(out)
		return err
	}
}

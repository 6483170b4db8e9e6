package service

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

func TestMemoryForgetsTheOldest(t *testing.T) {
	var m memory
	const extra = 10
	for i := range uint64(remembered + extra) {
		m.add(updateID{1, i}, outcome{version: i})
	}
	for i := range uint64(extra) {
		if _, ok := m.find(updateID{1, i}); ok {
			t.Errorf("still remembers update %d", i)
		}
	}
	for _, i := range []uint64{extra, remembered, remembered + extra - 1} {
		if o, ok := m.find(updateID{1, i}); !ok || o.version != i {
			t.Errorf("update %d: %v, %v", i, o, ok)
		}
	}
	list := m.list()
	if len(list) != remembered || list[0].id.count != extra || list[remembered-1].id.count != remembered+extra-1 {
		t.Errorf("lists %d, from %v to %v", len(list), list[0], list[len(list)-1])
	}
}

func TestMemoryRoundTrip(t *testing.T) {
	var m memory
	for i := range uint64(100) {
		m.add(updateID{i % 7, i}, outcome{version: i})
	}
	m.add(updateID{9, 1}, outcome{refusal: "no row 12"})
	var b bytes.Buffer
	if err := writeRecords(&b, m.list()); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	in := bufio.NewReader(bytes.NewReader(append(slices.Clone(whole), "rest"...)))
	got, err := readMemory(in)
	if err != nil || !slices.Equal(got.list(), m.list()) {
		t.Fatalf("got %v, %v", got.list(), err)
	}
	if rest, _ := io.ReadAll(in); string(rest) != "rest" {
		t.Errorf("left %q", rest)
	}
	for n := range len(whole) {
		if _, err := readMemory(bufio.NewReader(bytes.NewReader(whole[:n]))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func TestMemoryRefusesTooMuch(t *testing.T) {
	for _, b := range [][]byte{
		{0x81, 0x80, 0x04}, // 65,537 records
		append([]byte{1}, append(make([]byte, updateIDBytes), 0, 0x81, 0x20)...), // a refusal of 4,097 bytes
	} {
		if _, err := readMemory(bufio.NewReader(bytes.NewReader(b))); !errors.Is(err, errMalformed) {
			t.Errorf("%x: %v", b, err)
		}
	}
}

package gather

import (
	"sync"
	"testing"
)

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestWindow(t *testing.T) {
	w := NewWindow(new(sync.Mutex), 100)
	if !w.Take(60) || w.Take(41) || !w.Take(40) {
		t.Error("100 bytes are not what a window of 100 takes")
	}
	some, much := w.Room(30), w.Room(200)
	if isClosed(some) || isClosed(much) {
		t.Error("a full window has room")
	}
	w.Release(60)
	if !isClosed(some) || !isClosed(much) {
		t.Error("who waits is not told of room")
	}
	if !isClosed(w.Room(60)) || isClosed(w.Room(61)) {
		t.Error("a window with 60 bytes left has another room than that")
	}
	if w.Take(200) {
		t.Error("what is larger than the window goes beside others")
	}
	w.Release(500) // of casts to an earlier window of that name
	if !w.Take(200) || w.Take(1) {
		t.Error("what is larger than the window does not go alone")
	}
}

func TestForgottenWait(t *testing.T) {
	w := NewWindow(new(sync.Mutex), 1)
	w.Take(1)
	gone, stays := w.Room(1), w.Room(1)
	w.Forget(gone)
	w.Release(1)
	if isClosed(gone) || !isClosed(stays) {
		t.Error("another wait was forgotten")
	}
}

func TestClosedWindow(t *testing.T) {
	w := NewWindow(new(sync.Mutex), 10)
	w.Take(10)
	room, before, after := w.Room(5), make(chan struct{}), make(chan struct{})
	w.OnClose(before)
	if w.Closed() || isClosed(before) {
		t.Error("it is closed from the start")
	}
	w.Close()
	w.OnClose(after)
	if !w.Closed() || !isClosed(room) || !isClosed(before) || !isClosed(after) || !isClosed(w.Room(1)) {
		t.Error("not all are told that it is closed")
	}
	if w.Release(10); w.Take(1) {
		t.Error("a closed window has room")
	}
}

package crew

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// asChild makes a run of the test program a process of a crew: it says that it
// is there, then each line that it is told, and what it was told to fail with.
const asChild = "as-a-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asChild {
		fmt.Println("a word to a person")
		fmt.Printf("{\"text\":\"here\"}\n")
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			fmt.Println(lines.Text())
			if strings.Contains(lines.Text(), "fail") {
				fmt.Fprintln(os.Stderr, "as I was told")
				os.Exit(3)
			}
		}
		return
	}
	os.Exit(m.Run())
}

type said struct {
	Text string `json:"text"`
}

// cast is a crew of one, and what it has said.
type cast struct {
	*Crew[said]
	t    *testing.T
	p    *Process
	last string
	gone bool
}

func newCast(t *testing.T) *cast {
	t.Helper()
	c, err := New[said](t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	p, err := c.Start("child", asChild)
	if err != nil {
		t.Fatal(err)
	}
	x := &cast{Crew: c, t: t, p: p}
	x.hears("here")
	return x
}

func (c *cast) take(t Tiding[said]) error {
	if c.gone = t.Gone; !c.gone {
		c.last = t.Report.Text
	}
	if t.From != c.p {
		return errors.New("from somebody else")
	}
	return nil
}

func (c *cast) hears(text string) {
	c.t.Helper()
	if err := c.Until("saying "+text, c.take, func() bool { return c.last == text }); err != nil {
		c.t.Fatal(err)
	}
}

// ends waits for the end.
func (c *cast) ends() {
	c.t.Helper()
	if err := c.Until("ending", c.take, func() bool { return c.gone && c.p.Ended() }); err != nil {
		c.t.Fatal(err)
	}
}

func TestAProcessIsToldAndReports(t *testing.T) {
	c := newCast(t)
	if err := c.p.Tell(said{"hello"}); err != nil {
		t.Fatal(err)
	}
	c.hears("hello")
	if c.p.Ended() || c.p.Err() != nil {
		t.Errorf("it ended: %v", c.p.Err())
	}
	c.p.Finish()
	c.ends()
	if err := c.p.Err(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestAProcessThatFails(t *testing.T) {
	c := newCast(t)
	if err := c.p.Tell(said{"fail"}); err != nil {
		t.Fatal(err)
	}
	c.ends()
	if c.p.Err() == nil || !strings.Contains(c.p.Failure().Error(), "child ended (exit status 3): as I was told") {
		t.Errorf("%v; %v", c.p.Err(), c.p.Failure())
	}
}

func TestAProcessIsPausedAndKilled(t *testing.T) {
	c := newCast(t)
	switch err := c.p.Pause(); {
	case errors.Is(err, errors.ErrUnsupported):
	case err != nil:
		t.Fatal(err)
	default:
		if err := c.p.Resume(); err != nil {
			t.Fatal(err)
		}
		if err := c.p.Tell(said{"again"}); err != nil {
			t.Fatal(err)
		}
		c.hears("again")
		if err := c.p.Pause(); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.p.Kill(); err != nil { // also when it is stopped
		t.Fatal(err)
	}
	c.ends()
	if c.p.Err() == nil {
		t.Error("a killed process ended well")
	}
}

func TestAnInterruptedCrew(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	c, err := New[said](ctx)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Start("child", asChild)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	take := func(Tiding[said]) error { return nil }
	if err := c.Until("nothing", take, func() bool { return false }); !errors.Is(err, ErrInterrupted) {
		t.Errorf("Until: %v", err)
	}
	if err := c.During(patience, take); !errors.Is(err, ErrInterrupted) {
		t.Errorf("During: %v", err)
	}
	c.Close()
	if !p.Ended() {
		t.Error("its process has not ended")
	}
}

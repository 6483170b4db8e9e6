package sim

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
)

func TestBigX(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("BIGN"))
	g, _ := strconv.Atoi(os.Getenv("BIGG"))
	sp, _ := strconv.Atoi(os.Getenv("BIGS"))
	if n == 0 {
		t.Skip()
	}
	t0 := time.Now()
	r := Big(BigOptions{Sites: n, Groups: g, Span: effect.Time(sp) * effect.Second, Keep: true, Told: func(s string) {
		fmt.Println(time.Since(t0).Round(time.Millisecond), s)
		if s == os.Getenv("BIGSTOP") {
			t.SkipNow()
		}
	}})
	fmt.Println(r.Failure, r.Lost, len(r.Records), r.Memberships)
	for _, p := range r.Parts {
		fmt.Printf("%+v\n", p)
	}
	for _, c := range r.Costs {
		fmt.Printf("%-30s %4d frames %8d msgs %8d bytes %10d idle %8d span %v until %v:", c.What, c.Size, c.Frames, c.Messages, c.Bytes, c.Idle, time.Duration(c.Span), time.Duration(c.Until))
		for k, x := range c.Kinds {
			if x > 0 && k != int(msg.KindHeartbeat) {
				fmt.Printf(" %d:%d", k, x)
			}
		}
		fmt.Println()
	}
	judge(t, "big", r.Result)
	fmt.Println(time.Since(t0))
}

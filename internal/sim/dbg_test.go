package sim

import (
	"os"
	"strconv"
	"testing"
)

func TestDbg(t *testing.T) {
	f, _ := Profile(os.Getenv("FAULTS"))
	s, _ := strconv.Atoi(os.Getenv("FIRST"))
	dump = func(w *World) {
		for _, h := range w.hosts {
			if h.site != nil {
				t.Logf("stopped=%v paused=%v conn %s", h.site.stopped, h.site.paused, h.site.core.String())
			}
		}
	}
	defer func() { dump = nil }()
	r := Run(Options{Seed: uint64(s), Faults: f, Keep: true})
	t.Log(r.Failure, r.Lost)
}
func TestDbg2(t *testing.T) {
	f, _ := Profile(os.Getenv("FAULTS"))
	s, _ := strconv.Atoi(os.Getenv("FIRST"))
	r := Run(Options{Seed: uint64(s), Faults: f, Keep: true})
	for i, rec := range r.Records {
		t.Logf("%d %d %v %T%+v", i, rec.Time/1000, rec.Site, rec.Fact, rec.Fact)
	}
}
func TestDbg5(t *testing.T){
 f,_:=Profile(os.Getenv("FAULTS")); s,_:=strconv.Atoi(os.Getenv("FIRST"))
 dump=func(w *World){ for c:=uint64(1);c<=w.conns;c++ { if l:=w.links[c]; l!=nil { t.Logf("%d %v->%v lane %d open %v broken %v queue %d turn %d want %d", c,l.from.id,l.to.id,l.lane,l.open,l.broken,len(l.queue),l.turn,l.from.wants[dialKey{l.to.id,l.lane}]) }}}
 defer func(){dump=nil}()
 Run(Options{Seed:uint64(s),Faults:f,Keep:true})
}

package sim
import ("testing";"fmt";"github.com/cohortkit/cohort/internal/core")
func TestDbg(t *testing.T){
 f,_:=Profile("partition")
 type key struct{g,v,s,n uint64}
 got:=map[string]map[key]uint64{}
 dbgApply=func(m *membership,c core.Casts,k int,h uint64){
   who:=m.p.proc.String()
   if got[who]==nil {got[who]=map[key]uint64{}}
   kk:=key{uint64(m.group),c.View,uint64(c.Rank),c.Run.First+uint64(k)}
   if _,ok:=got[who][kk];ok {t.Logf("%s applied twice %v", who,kk)}
   got[who][kk]=h
 }
 defer func(){dbgApply=nil}()
 r:=Run(Options{Seed:1,Faults:f,Keep:true})
 t.Log(r.Failure)
 for k,h:=range got["101.1"] { if h2,ok:=got["301.1"][k];ok&&h!=h2 {t.Logf("differs %v",k)} }
 var max uint64
 for k:=range got["301.1"]{ if k.v>max{max=k.v}}
 for _,a:=range []string{"101.1","301.1"}{ for _,b:=range []string{"101.1","301.1"}{ for k:=range got[a]{ if _,ok:=got[b][k];!ok && k.g==9223372036854972416 {t.Log(fmt.Sprintf("%s has %+v %s not",a,k,b))}}}}
}
func TestDbg2(t *testing.T){
 f,_:=Profile("partition")
 r:=Run(Options{Seed:1,Faults:f,Keep:true})
 for i,rec:=range r.Records { 
  s:=fmt.Sprintf("%T%+v",rec.Fact,rec.Fact)
  switch fmt.Sprintf("%T",rec.Fact) { case "fact.View","fact.Snapshot","fact.Loaded","fact.Digest","fact.Leave": 
   t.Logf("%d %d %s",i,rec.Time,s) }
 }}
func TestDbg3(t *testing.T){
 f,_:=Profile("partition")
 n:=map[string]int{}
 dbgApply=func(m *membership,c core.Casts,k int,h uint64){
   if m.group.String()!="#3.0" || c.View<137 {return}
   n[fmt.Sprintf("%s v%d s%d", m.p.proc, c.View, c.Rank)]++
   if c.View==137 && m.p.proc.String()=="201.1" { t.Log("201.1 applied", c.Rank, c.Run.First+uint64(k)) }
 }
 defer func(){dbgApply=nil}()
 Run(Options{Seed:1,Faults:f,Keep:true})
 for k,v:=range n { t.Log(k,v) }
}

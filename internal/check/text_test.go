package check

import (
	"encoding"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// Traces for tests are written as text, a fact a line:
//
//	31.1 deliver 11.1 2-4 order=total pos=2 safe
//
// is a delivery at process 31.1 of casts 2 to 4 of 11.1. Fields are named as in
// a trace and have these defaults: the group is #1.0, the view is the one the
// process is in, the order is fifo, a run has length 1. Several sites or
// processes before the event, separated by commas, say the same one after the
// other. Three lines stand for more:
//
//	sites 11 21       both start and install the first site view
//	install 11.1 21.1 v=3 at=11.1 ready=11.1
//	                  the members install view 3 of the group (at: only these)
//	clock wall        there is no global clock
//
// A file has cases, "-- broken: why" or "-- sound: why", the twin of a broken
// case being the sound one after it.
type story struct {
	broken  bool
	name    string
	wall    bool
	records []trace.Record

	log     map[id.Site]uint64
	current map[memberKey]fact.View
}

var theGroup = id.Group(1, 0)

// stories reads the cases of a file.
func stories(t testing.TB, path string) []*story {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []*story
	for n, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, " # ")
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		if title, ok := strings.CutPrefix(line, "-- "); ok {
			kind, name, _ := strings.Cut(title, ": ")
			if kind != "broken" && kind != "sound" || name == "" {
				t.Fatalf("%s:%d: a case is called broken or sound, and has a name", path, n+1)
			}
			all = append(all, &story{
				broken: kind == "broken", name: name,
				log: map[id.Site]uint64{}, current: map[memberKey]fact.View{},
			})
			continue
		}
		if len(all) == 0 {
			t.Fatalf("%s:%d: a line before the first case", path, n+1)
		}
		if err := all[len(all)-1].line(strings.Fields(line)); err != nil {
			t.Fatalf("%s:%d: %v", path, n+1, err)
		}
	}
	return all
}

func (s *story) add(at id.Site, f fact.Fact) {
	s.records = append(s.records, trace.Record{Time: int64(len(s.records)), Site: at, Fact: f})
}

func (s *story) line(words []string) error {
	switch words[0] {
	case "clock":
		s.wall = words[1] == "wall"
		return nil
	case "sites":
		return s.sites(words[1:])
	case "install":
		return s.install(words[1:])
	}
	for who := range strings.SplitSeq(words[0], ",") {
		if err := s.event(who, words[1], words[2:]); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) sites(words []string) error {
	view := fact.SiteView{Seq: 1, Index: 1, Hash: 1}
	for i, w := range words {
		m := fact.Member{Weight: 1}
		if err := m.Site.UnmarshalText([]byte(w)); err != nil {
			return err
		}
		s.add(m.Site, fact.Start{Founder: i == 0})
		view.Members = append(view.Members, m)
	}
	for _, m := range view.Members {
		s.add(m.Site, view)
	}
	return nil
}

func (s *story) install(words []string) error {
	f := fact.View{Group: theGroup}
	at := &[]id.Address{}
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			value, key = w, "members"
		}
		var err error
		switch key {
		case "at":
			err = set1(reflect.ValueOf(at).Elem(), value)
		case "members":
			var more []id.Address
			err = set1(reflect.ValueOf(&more).Elem(), value)
			f.Members = append(f.Members, more...)
		default:
			err = setField(&f, key, value)
		}
		if err != nil {
			return err
		}
	}
	if len(*at) == 0 {
		*at = f.Members
	}
	if f.Ready == nil {
		f.Ready = f.Members
	}
	if f.Seq == 0 {
		f.Seq = f.View
	}
	if f.Attempt == 0 {
		f.Attempt = f.View
	}
	before := maps.Clone(s.current)
	for _, p := range *at {
		s.installAt(p, f, before)
	}
	return nil
}

// installAt fills in what follows from the view that p comes from.
func (s *story) installAt(p id.Address, f fact.View, before map[memberKey]fact.View) {
	f.Proc = p
	if s.log[p.Site()] < f.View {
		s.log[p.Site()] = f.View
		s.add(p.Site(), fact.Applied{Index: f.View, Hash: f.View})
	}
	old, moves := before[memberKey{p, f.Group}]
	if moves && f.Moved == nil {
		for _, q := range f.Members {
			if was, ok := before[memberKey{q, f.Group}]; ok && was.View == old.View {
				f.Moved = append(f.Moved, q)
			}
		}
	}
	if moves && f.Joined == nil && f.Left == nil {
		f.Joined, f.Left = without(f.Members, old.Members), without(old.Members, f.Members)
	}
	s.current[memberKey{p, f.Group}] = f
	s.add(p.Site(), f)
}

func without(a, b []id.Address) []id.Address {
	return slices.DeleteFunc(slices.Clone(a), func(x id.Address) bool { return slices.Contains(b, x) })
}

// kinds are the facts by event.
var kinds = func() map[string]reflect.Type {
	kinds := map[string]reflect.Type{}
	for _, f := range []fact.Fact{
		fact.Start{},
		fact.SiteView{},
		fact.Applied{},
		fact.Accepted{},
		fact.Takeover{},
		fact.Heir{},
		fact.Suspect{},
		fact.Stall{},
		fact.Resume{},
		fact.Halt{},
		fact.Crash{},
		fact.Quiet{},
		fact.View{},
		fact.Op{},
		fact.Made{},
		fact.Send{},
		fact.Held{},
		fact.Deliver{},
		fact.Stable{},
		fact.Sequencer{},
		fact.Session{},
		fact.Block{},
		fact.FlushOK{},
		fact.Cut{},
		fact.Drop{},
		fact.Leave{},
		fact.FlushCall{},
		fact.FlushDone{},
		fact.ListCast{},
		fact.ListDone{},
		fact.Brought{},
		fact.Listed{},
		fact.ReadCall{},
		fact.ReadDone{},
		fact.Snapshot{},
		fact.Loaded{},
		fact.Digest{},
		fact.Call{},
		fact.Asked{},
		fact.Reply{},
		fact.Outcome{},
		fact.Done{},
	} {
		kinds[f.Event()] = reflect.TypeOf(f)
	}
	return kinds
}()

func (s *story) event(who, event string, words []string) error {
	kind, ok := kinds[event]
	if !ok {
		return fmt.Errorf("no event %q", event)
	}
	f := reflect.New(kind).Interface()
	site, proc, isProc := strings.Cut(who, ".")
	var at id.Site
	if err := at.UnmarshalText([]byte(site)); err != nil {
		return err
	}
	if isProc {
		var p id.Address
		if err := p.UnmarshalText([]byte(site + "." + proc)); err != nil {
			return err
		}
		in := memberKey{p, theGroup}
		for _, w := range words {
			if name, ok := strings.CutPrefix(w, "g="); ok {
				_ = in.group.UnmarshalText([]byte(name)) // told below
			}
		}
		for _, given := range [][2]string{{"p", p.String()}, {"g", in.group.String()}, {"v", fmt.Sprint(s.current[in].View)}, {"order", "fifo"}, {"n", "1"}} {
			if event != "reply" || given[0] != "v" {
				_ = setField(f, given[0], given[1]) // not every fact has every field
			}
		}
		if event == "leave" {
			defer delete(s.current, in)
		}
	}
	for _, w := range words {
		if err := setWord(f, w); err != nil {
			return err
		}
	}
	s.add(at, reflect.ValueOf(f).Elem().Interface().(fact.Fact))
	return nil
}

// setWord sets the field that a word of a line means.
func setWord(f any, w string) error {
	if key, value, ok := strings.Cut(w, "="); ok {
		return setField(f, key, value)
	}
	if lo, hi, run := strings.Cut(w, "-"); lo != "" && strings.Trim(lo+hi, "0123456789") == "" {
		if !run {
			hi = lo
		}
		first, _ := strconv.ParseUint(lo, 10, 64)
		last, _ := strconv.ParseUint(hi, 10, 64)
		if err := setField(f, "first", lo); err != nil {
			return err
		}
		return setField(f, "n", fmt.Sprint(last-first+1))
	}
	if strings.Contains(w, ".") {
		return setField(f, "from", w)
	}
	return setField(f, w, "true")
}

func setField(f any, key, value string) error {
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name == key {
			return set1(v.Field(i), value)
		}
	}
	return fmt.Errorf("%T has no field %q", f, key)
}

func set1(v reflect.Value, value string) error {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		return u.UnmarshalText([]byte(value))
	}
	switch x := v.Addr().Interface().(type) {
	case *fact.Member:
		parts := strings.Split(value+":::", ":") // site, name, weight, machine
		x.Name, x.Weight = parts[1], 1
		if w, err := strconv.Atoi(parts[2]); err == nil {
			x.Weight = uint32(w)
		}
		if n, err := strconv.ParseUint(parts[3], 10, 64); err == nil {
			x.Machine = n
		}
		return x.Site.UnmarshalText([]byte(parts[0]))
	case *fact.Removal:
		parts := strings.Split(value+"::", ":")
		x.Evidence = parts[1]
		if parts[2] != "" {
			if err := set1(reflect.ValueOf(&x.Accusers).Elem(), strings.ReplaceAll(parts[2], "+", ",")); err != nil {
				return err
			}
		}
		return x.Site.UnmarshalText([]byte(parts[0]))
	}
	switch v.Kind() {
	case reflect.Slice:
		v.SetZero()
		for part := range strings.SplitSeq(value, ",") {
			one := reflect.New(v.Type().Elem()).Elem()
			if err := set1(one, part); err != nil {
				return err
			}
			v.Set(reflect.Append(v, one))
		}
	case reflect.String:
		v.SetString(value)
	case reflect.Bool:
		v.SetBool(value == "true")
	case reflect.Int:
		n, err := strconv.Atoi(value)
		v.SetInt(int64(n))
		return err
	default:
		n, err := strconv.ParseUint(value, 10, 64)
		v.SetUint(n)
		return err
	}
	return nil
}

// Every broken case breaks the property its file is named for and no other;
// every sound one breaks nothing, though the property is judged in it.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		property := strings.TrimSuffix(filepath.Base(path), ".txt")
		for _, s := range stories(t, path) {
			t.Run(property+"/"+s.name, func(t *testing.T) {
				report := Run(s.records, Options{GlobalClock: !s.wall})
				var want, got []string
				if s.broken {
					want = []string{property}
				}
				for _, v := range report.Violations {
					t.Log(v)
					got = append(got, v.Property)
				}
				if got = slices.Compact(got); !slices.Equal(got, want) {
					for i, r := range s.records {
						line, _ := trace.Append(nil, r)
						t.Logf("%3d %s", i, line)
					}
					t.Errorf("broken: %v, want %v", got, want)
				}
				i := slices.IndexFunc(report.Judged, func(c Count) bool { return c.Property == property })
				if i < 0 || report.Judged[i].Checks == 0 {
					t.Errorf("%s was not judged", property)
				}
			})
		}
	}
}

// The promise of the house: no judge without a trace that it condemns and a
// sound twin of it, and no trace without a judge.
func TestEveryPropertyHasStories(t *testing.T) {
	known := map[string]bool{}
	for _, p := range Properties() {
		known[p.ID+".txt"] = true
		if p.Name == "" || !strings.HasSuffix(p.Promise, ".") {
			t.Errorf("%s needs a name and a sentence", p.ID)
		}
		path := filepath.Join("testdata", p.ID+".txt")
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s has no stories: %v", p.ID, err)
			continue
		}
		all := stories(t, path)
		for i, s := range all {
			if s.broken && (i+1 == len(all) || all[i+1].broken) {
				t.Errorf("%s: %q has no sound twin after it", path, s.name)
			}
		}
		if !slices.ContainsFunc(all, func(s *story) bool { return s.broken }) {
			t.Errorf("%s has no broken case", path)
		}
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".txt") && !known[f.Name()] {
			t.Errorf("testdata/%s is of no property", f.Name())
		}
	}
}

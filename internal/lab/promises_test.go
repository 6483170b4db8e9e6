package lab

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/lab/plant"
)

var update = flag.Bool("update", false, "write the tables of docs/promises.md and docs/scenarios.md anew, but for what people say in them")

// root is the module's, seen from here.
const root = "../.."

// The pages that say what shows what.
const (
	promisesPage  = "docs/promises.md"
	scenariosPage = "docs/scenarios.md"
	storiesDir    = "internal/sim/testdata/stories"
)

// evidence is what there is to show that each promise is kept, by its number.
type evidence struct {
	judges  map[string]string   // where it is judged
	stories map[string][]string // that name it, a scenario as well
	bugs    map[string][]string // that break it
	idle    []string            // bugs that break no promise: only a story notices
	mute    []string            // stories that name nothing
}

func repoText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func gather(t *testing.T) *evidence {
	t.Helper()
	e := &evidence{judges: judges(t), stories: map[string][]string{}, bugs: map[string][]string{}}
	paths, err := filepath.Glob(filepath.Join(root, storiesDir, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		short, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".txt"), "-")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		numbers := named(string(text))
		if len(numbers) == 0 {
			e.mute = append(e.mute, short)
		}
		for _, number := range numbers {
			if !slices.Contains(e.stories[number], short) {
				e.stories[number] = append(e.stories[number], short)
			}
		}
	}
	bugs, err := plant.All(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bugs {
		var promises, others []string
		for want := range strings.SplitSeq(b.Want, ",") {
			if slices.Contains(otherFindings, want) {
				others = append(others, want)
			} else {
				promises = append(promises, want)
			}
		}
		name := b.Name
		if len(others) > 0 {
			name += " (" + strings.Join(others, ", ") + ")"
		}
		for _, id := range promises {
			e.bugs[id] = append(e.bugs[id], name)
		}
		if promises == nil {
			e.idle = append(e.idle, b.Name)
		}
	}
	return e
}

// otherFindings are what a bug is found by that is not the breach of a promise:
// an assertion of the core, states that differ, a frame that cannot be read, what
// the simulator asks in the end, a program handed what is not of its view, a story
// that goes otherwise, runs that should be alike.
var otherFindings = []string{"panic", "state", "wire", "lent", "drain", "sessions", "reads", "stream", "told", "alike"}

var number = regexp.MustCompile(`\b[A-Z]\d+\b`)

// named are the promises and scenarios that a story's comments name.
func named(story string) (numbers []string) {
	for line := range strings.Lines(story) {
		if strings.HasPrefix(line, "#") {
			numbers = append(numbers, number.FindAllString(line, -1)...)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

var judgeLine = regexp.MustCompile(`\{"([A-Z]\d+)", .*, (judge\w+)\},`)

// judges has the file and the function that judges each promise.
func judges(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "internal/check/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{} // by function
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (judge\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			files[m[1]] = filepath.Base(path)
		}
	}
	all := map[string]string{}
	for _, m := range judgeLine.FindAllStringSubmatch(repoText(t, "internal/check/properties.go"), -1) {
		all[m[1]] = fmt.Sprintf("%s `%s`", files[m[2]], m[2])
	}
	return all
}

// row is a line of a table: its cells.
type row []string

func (r row) String() string { return "| " + strings.Join(r, " | ") + " |" }

// rows are the lines of a page's tables that begin with a number.
func rows(page string) (all []row) {
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if strings.HasPrefix(line, "|") && number.FindString(cells[0]) == cells[0] && cells[0] != "" {
			all = append(all, cells)
		}
	}
	return all
}

// promiseRow is what the table has to say of a promise. What guards it in the
// core is for people to say.
func (e *evidence) promiseRow(p check.Property, guard string) row {
	return row{
		p.ID, strings.ReplaceAll(p.Promise, "|", "/"), guard, e.judges[p.ID],
		strings.Join(e.stories[p.ID], ", "), strings.Join(e.bugs[p.ID], ", "),
	}
}

// Every promise has a judge, a trace that this judge condemns, a story, and a
// bug that breaks it; nothing names a promise that there is not; and the page
// tells all of it.
func TestEveryPromiseIsShown(t *testing.T) {
	e, page := gather(t), repoText(t, promisesPage)
	told := map[string]row{}
	for _, r := range rows(page) {
		told[r[0]] = r
	}
	known := map[string]bool{}
	var want []string
	for _, p := range check.Properties() {
		known[p.ID] = true
		guard := ""
		if r := told[p.ID]; len(r) > 2 {
			guard = r[2]
		}
		complain(t, e.orphan(p.ID))
		complain(t, unguarded(t, p.ID, guard))
		r := e.promiseRow(p, guard)
		if want = append(want, r.String()); told[p.ID].String() != r.String() && !*update {
			t.Errorf("%s: %s is not told as it is: run with -update\n%s", promisesPage, p.ID, r)
		}
		if broken := repoText(t, "internal/check/testdata/"+p.ID+".txt"); !strings.Contains(broken, "-- broken: ") {
			t.Errorf("%s has no trace that breaks it", p.ID)
		}
	}
	complain(t, e.strangers(known))
	if got := strings.Join(e.idle, ", "); !strings.Contains(page, "\n"+got+"\n") && !*update {
		t.Errorf("%s does not list the bugs that break no promise: run with -update\n%s", promisesPage, got)
	}
	if *update {
		rewrite(t, promisesPage, page, want, strings.Join(e.idle, ", "))
	}
}

func complain(t *testing.T, complaints []string) {
	t.Helper()
	for _, c := range complaints {
		t.Error(c)
	}
}

// orphan complains of what a promise lacks.
func (e *evidence) orphan(id string) (complaints []string) {
	if e.judges[id] == "" {
		complaints = append(complaints, id+" has no judge")
	}
	if len(e.stories[id]) == 0 {
		complaints = append(complaints, id+" is named by no story")
	}
	if len(e.bugs[id]) == 0 {
		complaints = append(complaints, id+" is broken by no planted bug")
	}
	return complaints
}

// strangers complains of stories and bugs that name what is no promise, and of
// stories that name none and no scenario either.
func (e *evidence) strangers(known map[string]bool) (complaints []string) {
	for _, story := range e.mute {
		complaints = append(complaints, story+" names neither a promise nor a scenario")
	}
	for id, stories := range e.stories {
		if !known[id] && !strings.HasPrefix(id, "S") {
			complaints = append(complaints, fmt.Sprintf("%v name %s, which is no promise", stories, id))
		}
	}
	for id, bugs := range e.bugs {
		if !known[id] {
			complaints = append(complaints, fmt.Sprintf("%v want %s, which is no promise", bugs, id))
		}
	}
	return complaints
}

var assertion = regexp.MustCompile("`([a-z/]+\\.go) (\\w+)`")

// unguarded complains where the page names an assertion that is not in the core,
// or none and no reason.
func unguarded(t *testing.T, id, guard string) (complaints []string) {
	t.Helper()
	found := assertion.FindAllStringSubmatch(guard, -1)
	if len(found) == 0 && (!strings.HasPrefix(guard, "– ") || len(guard) < 10) {
		return []string{fmt.Sprintf("%s: %s has neither an assertion nor a reason why there is none", promisesPage, id)}
	}
	for _, m := range found {
		text := repoText(t, "internal/core/"+m[1])
		body := regexp.MustCompile(`(?ms)^func (\([^)]*\) )?` + m[2] + `\(.*?^}`).FindString(text)
		if !strings.Contains(body, "panic(") {
			complaints = append(complaints, fmt.Sprintf("%s: %s names %s of %s, which asserts nothing", promisesPage, id, m[2], m[1]))
		}
	}
	return complaints
}

// rewrite puts new rows in place of a page's, and a new list under the heading
// "Bugs that break no promise" if there is one.
func rewrite(t *testing.T, name, page string, want []string, idle string) {
	t.Helper()
	var out []string
	done := false
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		switch {
		case len(rows(line)) == 0:
			if i > 1 && lines[i-1] == "" && lines[i-2] == idleHead {
				line = idle
			}
			out = append(out, line)
		case !done:
			done = true
			out = append(out, want...)
		}
	}
	if err := os.WriteFile(filepath.Join(root, name), []byte(strings.Join(out, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
}

// idleHead is the line above the list of bugs that break no promise.
const idleHead = "These planted bugs break no promise; a story that goes otherwise finds them, or what the simulator asks in the end:"

// Every scenario of the catalogue is a story, or the page says why it is none.
func TestEveryScenarioIsToldOf(t *testing.T) {
	e, page := gather(t), repoText(t, scenariosPage)
	all := rows(page)
	var want []string
	for i, r := range all {
		id := fmt.Sprintf("S%d", i+1)
		if r[0] != id || len(r) != 4 {
			t.Fatalf("%s: %v stands where %s was looked for, with four columns", scenariosPage, r, id)
		}
		stories := strings.Join(e.stories[id], ", ")
		if stories == "" && len(r[3]) < len("disks") {
			t.Errorf("%s: %s has neither a story nor a reason why not", scenariosPage, id)
		}
		now := row{id, r[1], stories, r[3]}
		if want = append(want, now.String()); now.String() != r.String() && !*update {
			t.Errorf("%s: %s is told by %q and not by %q: run with -update", scenariosPage, id, stories, r[2])
		}
		delete(e.stories, id)
	}
	for id, stories := range e.stories {
		if strings.HasPrefix(id, "S") {
			t.Errorf("%v name %s, which is not in %s", stories, id, scenariosPage)
		}
	}
	if len(all) < 100 {
		t.Errorf("%s has %d scenarios", scenariosPage, len(all))
	}
	if *update {
		rewrite(t, scenariosPage, page, want, "")
	}
}

func TestOrphansAreFound(t *testing.T) {
	e := &evidence{
		judges:  map[string]string{"M1": "local.go `judgeSelfInclusion`"},
		stories: map[string][]string{"M1": {"s01"}, "S1": {"s01"}, "M99": {"s02"}},
		bugs:    map[string][]string{"M1": {"a"}, "V99": {"b"}},
		mute:    []string{"s03"},
	}
	for _, c := range []struct {
		name string
		got  []string
		want int
	}{
		{"sound", e.orphan("M1"), 0},
		{"an orphan", e.orphan("M2"), 3},
		{"strangers", e.strangers(map[string]bool{"M1": true}), 3},
		{"a reason", unguarded(t, "M1", "– takes what others know"), 0},
		{"an assertion", unguarded(t, "M2", "`gms/log.go commit`"), 0},
		{"neither", unguarded(t, "M1", "–"), 1},
		{"no assertion", unguarded(t, "M1", "`gms/log.go bury`"), 1},
	} {
		if len(c.got) != c.want {
			t.Errorf("%s: %d complaints, want %d: %q", c.name, len(c.got), c.want, c.got)
		}
	}
	if got := named("# S1, M2 and m1.\ncast 1 g fifo M3\n  1: M4\n# M2."); !slices.Equal(got, []string{"M2", "S1"}) {
		t.Errorf("the story names %v", got)
	}
}

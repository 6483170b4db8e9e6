package house

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The document that lists all messages and promises, and where they are made.
const (
	protocolPage = "docs/PROTOCOL.md"
	messageFile  = "internal/core/msg/msg.go"
	laneFile     = "internal/wire/message.go"
	promiseFile  = "internal/check/properties.go"
)

// section is the part of a document below a heading of level 2.
func section(text, title string) string {
	_, rest, _ := strings.Cut(text, "\n## "+title+"\n")
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

// rows are the lines of the first table in text, without head and rule.
func rows(text string) (table [][]string) {
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			if table != nil {
				break
			}
			continue
		}
		var row []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			row = append(row, strings.TrimSpace(cell))
		}
		table = append(table, row)
	}
	return table[min(2, len(table)):]
}

// messageKinds are the names of the message kinds that a file declares.
func messageKinds(s source) (kinds []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, name := range spec.Names {
			if kind, ok := strings.CutPrefix(name.Name, "Kind"); ok && kind != "End" {
				kinds = append(kinds, kind)
			}
		}
		return true
	})
	return kinds
}

var (
	laneLine    = regexp.MustCompile(`msg\.Kind(\w+):\s*\{"[^"]*", msg\.Lane(\w+)\}`)
	promiseLine = regexp.MustCompile(`\{"([A-Z]\d+)", "`)
)

// messageLanes has the lane of each kind, as package wire says.
func messageLanes(text string) map[string]string {
	lanes := map[string]string{}
	for _, m := range laneLine.FindAllStringSubmatch(text, -1) {
		lanes[m[1]] = strings.ToLower(m[2])
	}
	return lanes
}

// untold complains where the table of messages differs from the code.
func untold(page string, kinds []string, lanes map[string]string) (complaints []string) {
	var told []string
	for _, row := range rows(section(page, "Messages")) {
		if len(row) != 5 || slices.Contains(row[:4], "") {
			complaints = append(complaints, fmt.Sprintf("%s: the line of %s does not have its five columns", protocolPage, row[0]))
			continue
		}
		told = append(told, row[0])
		switch {
		case !slices.Contains(kinds, row[0]):
			complaints = append(complaints, fmt.Sprintf("%s: there is no message %s", protocolPage, row[0]))
		case lanes[row[0]] != row[1]:
			complaints = append(complaints, fmt.Sprintf("%s: %s goes on lane %q, not %q", protocolPage, row[0], lanes[row[0]], row[1]))
		}
	}
	for _, kind := range kinds {
		if !slices.Contains(told, kind) {
			complaints = append(complaints, fmt.Sprintf("%s: the table of messages lacks %s", protocolPage, kind))
		}
	}
	return complaints
}

// unpromised complains where the table of promises differs from the judges.
func unpromised(page, judges string) (complaints []string) {
	var code, told []string
	for _, m := range promiseLine.FindAllStringSubmatch(judges, -1) {
		code = append(code, m[1])
	}
	for _, row := range rows(section(page, "Promises")) {
		told = append(told, row[0])
	}
	if len(code) == 0 {
		complaints = append(complaints, promiseFile+": no promises found")
	}
	if !slices.Equal(code, told) {
		complaints = append(complaints, fmt.Sprintf("%s: the promises are %v, those judged %v", protocolPage, told, code))
	}
	return complaints
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestProtocolPage(t *testing.T) {
	page := readText(t, protocolPage)
	kinds := messageKinds(mustParse(t, messageFile, readText(t, messageFile)))
	if len(kinds) < 20 {
		t.Errorf("found %d kinds of messages: the search is broken", len(kinds))
	}
	report(t, untold(page, kinds, messageLanes(readText(t, laneFile))))
	report(t, unpromised(page, readText(t, promiseFile)))
}

// Every part of the core has its page, and each page its headings.
func TestPartPages(t *testing.T) {
	for name := range parts(t) {
		page := filepath.Join("docs", "parts", name+".md")
		text, err := os.ReadFile(filepath.Join(root(), page))
		if err != nil {
			t.Errorf("%s has no page %s", name, page)
			continue
		}
		for _, h := range []string{"Purpose", "Protocol", "Requires", "Guarantees", "Parameters", "State", "Failure cases", "Tests", "Sources"} {
			if section(string(text), h) == "" {
				t.Errorf("%s: no section %q", page, h)
			}
		}
	}
}

// parts are the names in the policy's list of parts, and the composition.
func parts(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{"member": true}
	for line := range strings.SplitSeq(readText(t, "internal/house/policy.txt"), "\n") {
		if list, ok := strings.CutPrefix(line, "@parts"); ok {
			for p := range strings.FieldsSeq(strings.TrimLeft(list, " =")) {
				names[filepath.Base(p)] = true
			}
		}
	}
	if len(names) < 5 {
		t.Errorf("found %d parts: the search is broken", len(names))
	}
	return names
}

func TestProtocolPageFindsPlantedFaults(t *testing.T) {
	kinds := messageKinds(mustParse(t, "msg.go", "package msg\nconst (\n KindData Kind = iota + 1\n KindAck\n KindCut\n KindEnd\n)\n"))
	lanes := messageLanes(`msg.KindData: {"data", msg.LaneData}, msg.KindAck: {"ack", msg.LaneControl}, msg.KindCut: {"cut", msg.LaneControl},`)
	const head = "# P\n\n## Messages\n\nText.\n\n| message | lane | from | when | answer |\n| --- | --- | --- | --- | --- |\n"
	const data, ack, cut = "| Data | data | a | b | – |\n", "| Ack | control | a | b | – |\n", "| Cut | control | a | b | – |\n"
	expect(t, untold(head+data+ack+cut, kinds, lanes))
	expect(t, untold(head+data+ack, kinds, lanes), "lacks Cut")
	expect(t, untold(head+data+ack+cut+"| Gone | data | a | b | – |\n", kinds, lanes), "no message Gone")
	expect(t, untold(head+data+cut+"| Ack | data | a | b | – |\n", kinds, lanes), "Ack goes on lane \"control\"")
	expect(t, untold(head+data+cut+"| Ack | control | | b | – |\n", kinds, lanes), "the line of Ack does not have", "lacks Ack")
	expect(t, untold("# P\n", kinds, lanes), "lacks Data", "lacks Ack", "lacks Cut")

	const judges = `{"M1", "A", "b", f}, {"V1", "C", "d", g},`
	const promises = "# P\n\n## Promises\n\n| id | promise |\n| --- | --- |\n| M1 | a |\n"
	expect(t, unpromised(promises+"| V1 | b |\n", judges))
	expect(t, unpromised(promises, judges), "the promises are [M1]")
	expect(t, unpromised(promises, ""), "no promises found", "the promises are")
}

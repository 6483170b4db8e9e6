package bank

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/cohorttest"
)

// page tells of this example. It quotes what its tests print.
const page = "../../docs/testing-your-program.md"

// isQuoted demands that the page shows a failure as it is printed: its seed and each
// line, with … for what is left out. It returns the page.
func isQuoted(t *testing.T, found *cohorttest.Failure, what string) string {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(b), "```") {
		if i%2 == 0 || !strings.Contains(block, what) {
			continue
		}
		if strings.Contains(block, "$ go test") && !strings.Contains(block, "$ go test -v ") {
			t.Errorf("%s: a test that passes prints only with -v:\n%s", page, block)
		}
		if err := quotes(block, found.String()); err != nil {
			t.Errorf("%s is out of date: %v; quote this anew, and tell of it what is so:\n%s", page, err, found)
		}
		return string(b)
	}
	t.Errorf("%s shows no failure in which %q", page, what)
	return string(b)
}

// quotes says how a quotation differs from what was printed. Lines of a quotation
// follow each other in print too, unless there is an … between them. Commands do not
// count, nor blank lines.
func quotes(quotation, printed string) error {
	lines := func(text string) (list []string) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "$ ") {
				list = append(list, line)
			}
		}
		return list
	}
	rest, skips, quoted := lines(printed), false, 0
	for _, line := range lines(quotation) {
		if line == "…" {
			skips = true
			continue
		}
		at := slices.Index(rest, line)
		if at < 0 || at > 0 && !skips {
			return fmt.Errorf("%q is not printed, or not there", line)
		}
		rest, skips = rest[at+1:], false
		quoted++
	}
	if quoted == 0 {
		return fmt.Errorf("nothing is quoted")
	}
	return nil
}

// A quotation is told from what was printed otherwise.
func TestQuotes(t *testing.T) {
	const printed = "seed 1: bad\n\n  a\n  b\n  c\n"
	for quotation, want := range map[string]bool{
		"\n$ go test\nseed 1: bad\n a\n b\n": true,
		"seed 1: bad\n…\n c\n":               true,
		"seed 2: bad\n…\n c\n":               false,
		"seed 1: bad\n b\n":                  false,
		"seed 1: bad\n…\n b\n a\n":           false,
		"seed 1: bad\n…\n d\n":               false,
		"$ go test\n":                        false,
	} {
		if err := quotes(quotation, printed); (err == nil) != want {
			t.Errorf("%q: %v", quotation, err)
		}
	}
}

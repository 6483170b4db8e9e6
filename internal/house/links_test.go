package house

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	inlineLink = regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)`)
	namedLink  = regexp.MustCompile(`^\s{0,3}\[[^\]]+\]:\s+<?([^\s>]+)`)
	tagLink    = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	codeSpan   = regexp.MustCompile("`[^`]*`")
	heading    = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	anchorTag  = regexp.MustCompile(`(?:id|name)="([^"]+)"`)
)

// prose is the lines of a document that are no code, with the others empty.
func prose(text string) []string {
	lines := strings.Split(text, "\n")
	fence := ""
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		open := trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, "`~"))]
		switch {
		case fence == "" && len(open) >= 3:
			fence = open
			lines[i] = ""
		case fence != "":
			if strings.HasPrefix(trimmed, fence) && strings.Trim(trimmed, fence[:1]) == "" {
				fence = ""
			}
			lines[i] = ""
		}
	}
	return lines
}

// anchors are the fragments a document offers: its headings, as forges make
// them into anchors, and what it names itself.
func anchors(text string) (names []string) {
	seen := map[string]int{}
	for _, line := range prose(text) {
		for _, m := range anchorTag.FindAllStringSubmatch(line, -1) {
			names = append(names, m[1])
		}
		m := heading.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])
		if n := seen[slug]; n > 0 {
			names = append(names, fmt.Sprintf("%s-%d", slug, n))
		} else {
			names = append(names, slug)
		}
		seen[slug]++
	}
	return names
}

// targets are the links of a document that lead into the repository.
func targets(text string) (links []string) {
	for _, line := range prose(text) {
		line = codeSpan.ReplaceAllString(line, "``")
		for _, pattern := range []*regexp.Regexp{inlineLink, namedLink, tagLink} {
			for _, m := range pattern.FindAllStringSubmatch(line, -1) {
				if !strings.Contains(m[1], "://") && !strings.HasPrefix(m[1], "mailto:") {
					links = append(links, m[1])
				}
			}
		}
	}
	return links
}

// broken complains about the links of the document at name that lead nowhere.
// read returns a file's text, or an error; directories have none.
func broken(name string, read func(string) (string, error)) (complaints []string) {
	text, err := read(name)
	if err != nil {
		return []string{err.Error()}
	}
	for _, link := range targets(text) {
		file, fragment, _ := strings.Cut(link, "#")
		target := name
		if file != "" {
			target = path.Join(path.Dir(name), file)
		}
		there, err := read(target)
		switch {
		case strings.HasPrefix(file, "/") || strings.HasPrefix(target, "../"):
			complaints = append(complaints, fmt.Sprintf("%s: %s leads out of the repository", name, link))
		case err != nil:
			complaints = append(complaints, fmt.Sprintf("%s: %s leads nowhere", name, link))
		case fragment != "" && strings.HasSuffix(target, ".md") && !slices.Contains(anchors(there), fragment):
			complaints = append(complaints, fmt.Sprintf("%s: %s: there is no heading #%s", name, link, fragment))
		}
	}
	return complaints
}

func TestLinks(t *testing.T) {
	read := func(name string) (string, error) {
		full := filepath.Join(root(), name)
		if info, err := os.Stat(full); err != nil || info.IsDir() {
			return "", err
		}
		text, err := os.ReadFile(full)
		return string(text), err
	}
	documents := 0
	err := walk(func(name string) {
		if strings.HasSuffix(name, ".md") {
			documents++
			report(t, broken(name, read))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if documents < 3 {
		t.Errorf("found %d documents: the walk is broken", documents)
	}
}

func TestLinksFindsPlantedOnes(t *testing.T) {
	files := map[string]string{
		"docs/a.md": "# One, two: `three`!\n" +
			"[up](../README.md) [here](#one-two-three) [again](#twice-1) [web](https://example.com/x)\n" +
			"[no](gone.md) ![no](img/gone.png \"a title\") [no](../README.md#nowhere)\n" +
			"`[code](not-a-link.md)` <a href=\"gone.html\">x</a>\n" +
			"```\n[code](neither.md)\n```\n" +
			"[ref]: gone-too.md\n" +
			"[no](../../elsewhere.md) [no](/etc/hosts)\n" +
			"## Twice\n## Twice\n",
		"README.md": "# Somewhere\n",
	}
	read := func(name string) (string, error) {
		text, ok := files[name]
		if !ok {
			return "", fmt.Errorf("%s: no such file", name)
		}
		return text, nil
	}
	expect(t, broken("docs/a.md", read),
		"gone.md leads nowhere",
		"img/gone.png leads nowhere",
		"no heading #nowhere",
		"gone.html leads nowhere",
		"gone-too.md leads nowhere",
		"../../elsewhere.md leads out",
		"/etc/hosts leads out")
}

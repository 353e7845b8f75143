package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// StudyMarkdown writes s as a page in GitHub's Markdown. Its figures are ID.svg
// beside the page, as [Figure.SVG] writes them. Its errors are those of
// [StudiesHTML].
func StudyMarkdown(w io.Writer, s *Study) error {
	if err := s.Validate(); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n", escape(s.Method), escape(s.Title))
	for _, line := range slices.Concat([]string{"The claim: " + s.Claim, "How it is decided: " + s.Decision}, s.Summary) {
		b.WriteString("\n" + escape(line) + "\n")
	}
	fmt.Fprintf(&b, "\n**At this size the claim %s.**\n", s.Verdict.said())
	for _, t := range s.Tables {
		b.WriteString("\n## " + escape(t.Title) + "\n\n")
		markdownTable(&b, t.strings())
		for _, note := range t.Notes {
			b.WriteString("\n" + escape(note) + "\n")
		}
	}
	for _, f := range s.Figures {
		fmt.Fprintf(&b, "\n## %s\n\n![%s](%s.svg)\n\n%s\n", escape(f.Title), escape(f.Title), f.ID, escape(f.Text))
	}
	b.WriteString("\n## What was run\n")
	if len(s.Settings) > 0 {
		b.WriteString("\n")
		markdownTable(&b, s.settings())
	}
	b.WriteString("\n" + escape(s.Meta.String()) + "\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// said is the verdict as the end of a sentence.
func (v Verdict) said() string {
	if v == NotDecided {
		return "is not decided"
	}
	return string(v)
}

// markdownTable writes rows, of which the first is the head.
func markdownTable(b *strings.Builder, rows [][]string) {
	for i, row := range rows {
		for _, cell := range row {
			b.WriteString("| " + escape(cell) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString("|---|" + strings.Repeat("---:|", len(row)-1) + "\n")
		}
	}
}

// escape keeps s from being read as Markdown.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "&", "&amp;", "`", "\\`", "[", `\[`, "]", `\]`, "~", `\~`).Replace(clean(s))
}

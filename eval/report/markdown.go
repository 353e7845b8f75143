package report

import (
	"fmt"
	"io"
	"strings"
)

// StudyMarkdown writes the verdict, the summary and the tables of s in GitHub's
// Markdown, for a README. It returns the error of [Study.Validate].
func StudyMarkdown(w io.Writer, s *Study) error {
	if err := s.Validate(); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**: %s **%s.**\n", escape(s.Method), escape(s.Claim), s.Verdict)
	for _, line := range s.Summary {
		b.WriteString("\n" + escape(line) + "\n")
	}
	for _, t := range s.Tables {
		b.WriteString("\n" + escape(t.Title) + "\n\n")
		for i, row := range t.strings() {
			for _, cell := range row {
				b.WriteString("| " + escape(cell) + " ")
			}
			b.WriteString("|\n")
			if i == 0 {
				b.WriteString("|---|" + strings.Repeat("---:|", len(row)-1) + "\n")
			}
		}
		for _, note := range t.Notes {
			b.WriteString("\n" + escape(note) + "\n")
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// escape keeps s from being read as Markdown.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "&", "&amp;", "`", "\\`", "[", `\[`, "]", `\]`, "~", `\~`).Replace(clean(s))
}

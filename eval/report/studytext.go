package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// StudiesText writes the studies for a terminal: the verdicts, if there are
// several, then each study with its tables aligned by characters. Figures are
// said in words. Lines have no trailing space. Its errors are those of
// [StudiesHTML].
func StudiesText(w io.Writer, studies []Study) error {
	if err := checkStudies(studies); err != nil {
		return err
	}
	var b strings.Builder
	if len(studies) > 1 {
		rows := [][]string{{"method", "verdict"}}
		for _, s := range studies {
			rows = append(rows, []string{s.Method, string(s.Verdict)})
		}
		writeTable(&b, rows)
		b.WriteString("\n")
	}
	for i := range studies {
		if i > 0 {
			b.WriteString("\n")
		}
		studies[i].text(&b)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// text writes s, one part after another with an empty line between them.
func (s *Study) text(b *strings.Builder) {
	head := s.Method + ": " + s.Title
	writeLines(b, head, strings.Repeat("=", len([]rune(head))),
		"claim       "+s.Claim, "decided by  "+s.Decision, "verdict     "+string(s.Verdict))
	if len(s.Summary) > 0 {
		b.WriteString("\n")
		writeLines(b, s.Summary...)
	}
	for _, t := range s.Tables {
		b.WriteString("\n")
		writeLines(b, t.Title)
		writeTable(b, t.strings())
		writeLines(b, t.Notes...)
	}
	if len(s.Figures) > 0 {
		b.WriteString("\n")
	}
	for _, f := range s.Figures {
		writeLines(b, "figure "+f.ID+": "+f.Title+". "+f.Text)
	}
	if len(s.Settings) > 0 {
		b.WriteString("\n")
		writeTable(b, s.settings())
	}
	b.WriteString("\n")
	writeLines(b, s.Meta.String())
}

// writeLines writes each of the lines as one line.
func writeLines(b *strings.Builder, lines ...string) {
	for _, line := range lines {
		b.WriteString(strings.TrimRight(clean(line), " ") + "\n")
	}
}

// checkStudies returns an error unless there are studies of different methods,
// all valid.
func checkStudies(studies []Study) error {
	if len(studies) == 0 {
		return errors.New("report: no studies")
	}
	seen := map[string]bool{}
	for i := range studies {
		if err := studies[i].Validate(); err != nil {
			return err
		}
		if seen[studies[i].Method] {
			return fmt.Errorf("report: two studies of %q", studies[i].Method)
		}
		seen[studies[i].Method] = true
	}
	return nil
}

// strings is the table, heading first.
func (t Table) strings() [][]string {
	rows := [][]string{t.Columns}
	for _, row := range t.Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, c.String())
		}
		rows = append(rows, cells)
	}
	return rows
}

// settings are the rows of a table, its head included.
func (s *Study) settings() [][]string {
	rows := [][]string{{"setting", "tried", "chosen"}}
	for _, set := range s.Settings {
		rows = append(rows, []string{set.Name, set.Tried(), set.Chosen})
	}
	return rows
}

// Tried is the grid in words.
func (s Setting) Tried() string {
	if len(s.Grid) == 0 {
		return "–"
	}
	return strings.Join(s.Grid, ", ")
}

// String is what was run, in a line.
func (m StudyMeta) String() string {
	var parts []string
	if len(m.Seeds) > 0 {
		noun := "seeds "
		if len(m.Seeds) == 1 {
			noun = "seed "
		}
		parts = append(parts, noun+seeds(m.Seeds))
	}
	if m.Commit != "" {
		parts = append(parts, "commit "+m.Commit)
	}
	if m.Machine != "" {
		parts = append(parts, m.Machine)
	}
	return strings.Join(append(parts, fmt.Sprintf("%.1f seconds", m.Seconds)), "; ")
}

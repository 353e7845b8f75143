package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Text writes r as an aligned table for a terminal: one line a condition, then
// what the numbers mean and the warnings. Columns are aligned by characters, and
// lines have no trailing space.
func Text(w io.Writer, r *Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, policy %s: %s\n\n", clean(r.Suite), clean(r.Policy), r.size())
	writeTable(&b, r.rows())
	b.WriteString("\n")
	for _, line := range r.legend() {
		b.WriteString(clean(line) + "\n")
	}
	for _, line := range r.Warnings {
		b.WriteString("warning: " + clean(line) + "\n")
	}
	for _, line := range r.Timing.Notes {
		b.WriteString("note: " + clean(line) + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// size says how much was run.
func (r *Result) size() string {
	return fmt.Sprintf("%s × %s, up to %s, %d context tokens, %s",
		plural(r.Tasks, "task"), plural(len(r.Seeds), "seed"), plural(r.Trials, "trial"), r.ContextTokens, budget(r.Budget))
}

// rows is the table, heading first; all rows have the same number of cells.
func (r *Result) rows() [][]string {
	head := []string{"condition"}
	if r.Trials > 1 {
		head = append(head, "success, trial 1", fmt.Sprintf("success, trial %d", r.Trials))
	} else {
		head = append(head, "success")
	}
	compare := len(r.Conditions) > 1
	if compare {
		head = append(head, "difference")
	}
	head = append(head, "steps", "context")
	if r.Trials > 1 {
		head = append(head, "on retries")
	}
	rows := [][]string{append(head, "seconds")}
	for _, c := range r.Conditions {
		first, last := c.first(), c.last()
		row := []string{c.Name, percent(first.Success.Estimate) + " " + bounds(first.Success)}
		if r.Trials > 1 {
			row = append(row, percent(last.Success.Estimate)+" "+bounds(last.Success))
		}
		if d := last.Difference; d != nil {
			row = append(row, signed(d.Success.Estimate)+" "+signedBounds(d.Success))
		} else if compare {
			row = append(row, "–")
		}
		row = append(row, fmt.Sprintf("%.1f", last.MeanSteps), fmt.Sprintf("%.0f", last.MeanContextTokens))
		if r.Trials > 1 {
			row = append(row, fmt.Sprintf("%.0f", last.RetryContextTokens))
		}
		rows = append(rows, append(row, r.seconds(c.Name)))
	}
	return rows
}

// legend says what the columns are.
func (r *Result) legend() []string {
	level := fmt.Sprintf("%g%%", 100*r.Confidence)
	lines := []string{
		fmt.Sprintf("success    tasks × seeds solved by then, with the %s Wilson interval", level),
	}
	if len(r.Conditions) > 1 {
		lines = append(lines, fmt.Sprintf("difference to %s, in points, paired by task, with the %s bootstrap interval over tasks", r.Conditions[0].Name, level))
	}
	context := "context    tokens of memory per episode"
	if r.Trials > 1 {
		context += "; on retries: per episode after the first trial"
	}
	return append(lines,
		"steps      mean per episode, all trials",
		context,
		"seconds    of play, all episodes one after another",
	)
}

// writeTable writes rows with the first column to the left and the others to the
// right.
func writeTable(b *strings.Builder, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			cell = clean(cell)
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString(cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

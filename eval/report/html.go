package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed page.gohtml studies.gohtml picture.gohtml
var templates embed.FS

// page is what the template reads.
type page struct {
	Result    *Result
	Size      string // "120 tasks × 3 seeds, …"
	Headline  string
	Level     string // "95%"
	Seeds     string
	Budget    string
	Head      []string
	Rows      [][]string
	Legend    []key
	Charts    []chart
	Trials    [][]string
	TrialHead []string
	Meta      []pair
}

// key is a series in the legend.
type key struct{ Class, D, Name string }

type pair struct{ Key, Value string }

// HTML writes r as one self-contained page: inline style and pictures, no
// script, no request to anywhere. It follows the reader's light or dark
// preference.
func HTML(w io.Writer, r *Result) error {
	rows := r.rows()
	p := page{
		Result:   r,
		Size:     r.size(),
		Headline: r.headline(),
		Level:    fmt.Sprintf("%g%%", 100*r.Confidence),
		Seeds:    seeds(r.Seeds),
		Budget:   budget(r.Budget),
		Head:     rows[0],
		Rows:     rows[1:],
		Charts:   r.plots(),
	}
	p.TrialHead, p.Trials = r.trialRows()
	for i, c := range r.Conditions {
		p.Legend = append(p.Legend, key{Class: seriesClass(i), D: markAt(i, 8, 8), Name: c.Name})
	}
	for k, v := range r.Meta {
		p.Meta = append(p.Meta, pair{k, v})
	}
	slices.SortFunc(p.Meta, func(a, b pair) int { return strings.Compare(a.Key, b.Key) })
	return execute(w, "page.gohtml", p)
}

// execute writes what the template of this name makes of data, without control
// characters.
func execute(w io.Writer, name string, data any) error {
	t, err := template.ParseFS(templates, "*.gohtml")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	if _, err := io.WriteString(w, strings.Join(lines, "\n")); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// headline says in a sentence or two what came out.
func (r *Result) headline() string {
	if len(r.Conditions) == 0 {
		return ""
	}
	base := r.Conditions[0]
	s := fmt.Sprintf("“%s” solved %s after %s.", base.Name, percent(base.last().Success.Estimate), plural(r.Trials, "trial"))
	best := -1
	for i, c := range r.Conditions[1:] {
		if c.last().Difference == nil {
			continue
		}
		if best < 0 || c.last().Success.Estimate > r.Conditions[best].last().Success.Estimate {
			best = i + 1
		}
	}
	if best < 0 {
		return s
	}
	c := r.Conditions[best]
	d := c.last().Difference.Success
	verdict := "The interval holds 0: these data do not tell them apart."
	switch {
	case d.Low > 0:
		verdict = "The interval lies above 0."
	case d.High < 0:
		verdict = "The interval lies below 0."
	}
	return fmt.Sprintf("%s “%s”, the best of the others, solved %s: %s points, %s. %s",
		s, c.Name, percent(c.last().Success.Estimate), signed(d.Estimate), signedBounds(d), verdict)
}

// trialRows is every number there is, one row a condition and trial.
func (r *Result) trialRows() (head []string, rows [][]string) {
	head = []string{"condition", "trial", "solved", "Wilson", "by task", "difference", "better / worse", "sign test p", "episodes", "steps", "context", "retries", "context on retries", "tokens"}
	for _, c := range r.Conditions {
		for _, t := range c.Trials {
			row := []string{
				c.Name, fmt.Sprint(t.Number), fmt.Sprintf("%d of %d", t.Solved, t.Attempts),
				percent(t.Success.Estimate) + " " + bounds(t.Success), bounds(t.Clustered), "–", "–", "–",
			}
			if d := t.Difference; d != nil {
				row[5] = signed(d.Success.Estimate) + " " + signedBounds(d.Success)
				row[6] = fmt.Sprintf("%d / %d", d.BetterOn, d.WorseOn)
				row[7] = pvalue(d.SignTestP)
			}
			rows = append(rows, append(row, fmt.Sprint(t.Episodes), fmt.Sprintf("%.2f", t.MeanSteps), fmt.Sprintf("%.1f", t.MeanContextTokens),
				fmt.Sprint(t.Retries), fmt.Sprintf("%.1f", t.RetryContextTokens), fmt.Sprint(t.Tokens)))
		}
	}
	return head, rows
}

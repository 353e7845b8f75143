package report

import (
	"errors"
	"fmt"
	"math"
	"regexp"
)

// Validate returns an error, which names the place, for a Study that cannot be
// shown: an empty name or verdict, a number that is not finite or outside its
// bounds, ragged rows, a figure with nothing in it or with two plots.
func (s *Study) Validate() error {
	if s.Method == "" {
		return errors.New("report: study without a method")
	}
	if err := s.validate(); err != nil {
		return fmt.Errorf("report: study %q: %w", s.Method, err)
	}
	return nil
}

func (s *Study) validate() error {
	for _, f := range []struct{ name, value string }{{"title", s.Title}, {"claim", s.Claim}, {"decision", s.Decision}} {
		if f.value == "" {
			return fmt.Errorf("no %s", f.name)
		}
	}
	if s.Verdict != Holds && s.Verdict != DoesNotHold && s.Verdict != NotDecided {
		return fmt.Errorf("verdict %q, want %q, %q or %q", s.Verdict, Holds, DoesNotHold, NotDecided)
	}
	if !(s.Meta.Seconds >= 0) || math.IsInf(s.Meta.Seconds, 0) {
		return fmt.Errorf("%v seconds, want ≥ 0", s.Meta.Seconds)
	}
	for i, t := range s.Tables {
		if err := t.validate(); err != nil {
			return fmt.Errorf("table %d %q: %w", i+1, t.Title, err)
		}
	}
	seen := map[string]bool{}
	for i, f := range s.Figures {
		if seen[f.ID] {
			return fmt.Errorf("figure %d: ID %q twice", i+1, f.ID)
		}
		seen[f.ID] = true
		if err := f.Validate(); err != nil {
			return fmt.Errorf("figure %d %q: %w", i+1, f.ID, err)
		}
	}
	for i, set := range s.Settings {
		if set.Name == "" || set.Chosen == "" {
			return fmt.Errorf("setting %d: name %q, chosen %q: want both", i+1, set.Name, set.Chosen)
		}
	}
	return nil
}

func (t Table) validate() error {
	if len(t.Columns) == 0 || len(t.Rows) == 0 {
		return fmt.Errorf("%d columns, %d rows: nothing to show", len(t.Columns), len(t.Rows))
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d has %d cells, want %d", i+1, len(row), len(t.Columns))
		}
		for j, c := range row {
			if c.Text != "" && c.Number != nil {
				return fmt.Errorf("row %d, column %q: both a text and a number", i+1, t.Columns[j])
			}
			if c.Digits < 0 || c.Digits > 9 {
				return fmt.Errorf("row %d, column %q: %d digits, want 0 to 9", i+1, t.Columns[j], c.Digits)
			}
			if c.Number != nil && !c.Number.ordered() {
				return fmt.Errorf("row %d, column %q: %v: want finite numbers, low ≤ estimate ≤ high", i+1, t.Columns[j], *c.Number)
			}
		}
	}
	return nil
}

var figureID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate is [Study.Validate] of one figure.
func (f *Figure) Validate() error {
	if !figureID.MatchString(f.ID) {
		return fmt.Errorf("ID %q, want lower-case letters, digits and single dashes", f.ID)
	}
	if f.Title == "" || f.Text == "" {
		return fmt.Errorf("title %q, text %q: want both", f.Title, f.Text)
	}
	var plots []interface{ validate() error }
	if f.Lines != nil {
		plots = append(plots, f.Lines)
	}
	if f.Reliable != nil {
		plots = append(plots, f.Reliable)
	}
	if f.Heat != nil {
		plots = append(plots, f.Heat)
	}
	if f.Bars != nil {
		plots = append(plots, f.Bars)
	}
	if len(plots) != 1 {
		return fmt.Errorf("%d plots, want 1", len(plots))
	}
	return plots[0].validate()
}

// maxPlotted is the greatest number in a picture: the steps of an axis must not
// drown in rounding.
const maxPlotted = 1e12

func plottable(v float64) bool { return math.Abs(v) <= maxPlotted }

func (p *LinePlot) validate() error {
	if n := len(p.Series); n == 0 || n > maxSeries {
		return fmt.Errorf("%d series, want 1 to %d", n, maxSeries)
	}
	if p.Y.Log2 {
		return errors.New("the Y axis is logarithmic; only X may be")
	}
	for _, s := range p.Series {
		if len(s.X) == 0 || len(s.X) != len(s.Y) {
			return fmt.Errorf("series %q: %d values of X, %d of Y: want as many, at least 1", s.Name, len(s.X), len(s.Y))
		}
		for i, x := range s.X {
			if !plottable(x) || p.X.Log2 && x < 1/maxPlotted || i > 0 && x <= s.X[i-1] {
				return fmt.Errorf("series %q, point %d: X is %v: want rising numbers, at most %g in size, and at least %g on a logarithmic axis", s.Name, i+1, x, maxPlotted, 1/maxPlotted)
			}
			if iv := s.Y[i]; !iv.ordered() || !plottable(iv.Low) || !plottable(iv.High) {
				return fmt.Errorf("series %q, point %d: Y is %v: want low ≤ estimate ≤ high, at most %g in size", s.Name, i+1, iv, maxPlotted)
			}
		}
	}
	return nil
}

func (p *Reliability) validate() error {
	if n := len(p.Panels); n == 0 || n > 3 {
		return fmt.Errorf("%d panels, want 1 to 3", n)
	}
	share := func(v float64) bool { return v >= 0 && v <= 1 }
	for _, panel := range p.Panels {
		total := 0
		for i, b := range panel.Bins {
			if b.Count < 0 || !(b.Low < b.High) || !share(b.Low) || !share(b.High) || !share(b.Confidence) || !share(b.Accuracy) {
				return fmt.Errorf("panel %q, bin %d: %+v: want shares, low < high, count ≥ 0", panel.Name, i+1, b)
			}
			total += b.Count
		}
		if total == 0 {
			return fmt.Errorf("panel %q: no answers", panel.Name)
		}
	}
	return nil
}

func (p *HeatMap) validate() error {
	if len(p.Rows) == 0 || len(p.Columns) == 0 || len(p.Values) != len(p.Rows) {
		return fmt.Errorf("%d rows, %d columns, %d rows of values", len(p.Rows), len(p.Columns), len(p.Values))
	}
	if p.Digits < 0 || p.Digits > 9 {
		return fmt.Errorf("%d digits, want 0 to 9", p.Digits)
	}
	for i, row := range p.Values {
		if len(row) != len(p.Columns) {
			return fmt.Errorf("row %q has %d values, want %d", p.Rows[i], len(row), len(p.Columns))
		}
		for j, v := range row {
			if !plottable(v) {
				return fmt.Errorf("row %q, column %q is %v: want at most %g in size", p.Rows[i], p.Columns[j], v, maxPlotted)
			}
		}
	}
	return nil
}

func (p *BarPlot) validate() error {
	if n := len(p.Series); n == 0 || n > maxSeries || len(p.Groups) == 0 {
		return fmt.Errorf("%d series of %d groups, want 1 to %d series", n, len(p.Groups), maxSeries)
	}
	if p.Y.Log2 {
		return errors.New("the Y axis is logarithmic; only X may be")
	}
	for _, s := range p.Series {
		if len(s.Values) != len(p.Groups) {
			return fmt.Errorf("series %q has %d values, want %d", s.Name, len(s.Values), len(p.Groups))
		}
		for i, iv := range s.Values {
			if !iv.ordered() || !plottable(iv.Low) || !plottable(iv.High) {
				return fmt.Errorf("series %q, group %q: %v: want low ≤ estimate ≤ high, at most %g in size", s.Name, p.Groups[i], iv, maxPlotted)
			}
		}
	}
	return nil
}

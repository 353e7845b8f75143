package report

import (
	"fmt"
	"math"
	"strings"
)

// Table is rows of cells under named columns. The first column names the row.
type Table struct {
	Title   string   `json:"title"`
	Columns []string `json:"columns"`
	Rows    [][]Cell `json:"rows"` // each as long as Columns
	Notes   []string `json:"notes,omitempty"`
}

// Cell is a text or a number; one with neither is shown as "–".
type Cell struct {
	Text    string    `json:"text,omitempty"`
	Number  *Interval `json:"number,omitempty"` // shown without bounds where Low = Estimate = High
	Digits  int       `json:"digits,omitempty"` // of Number after the point, in [0,9]
	Percent bool      `json:"percent,omitempty"`
}

// TextCell is the cell of s.
func TextCell(s string) Cell { return Cell{Text: s} }

// NumberCell is the cell of a number that has no interval.
func NumberCell(v float64, digits int) Cell {
	return IntervalCell(Interval{Estimate: v, Low: v, High: v}, digits)
}

// IntervalCell is the cell of a number with its bounds.
func IntervalCell(iv Interval, digits int) Cell { return Cell{Number: &iv, Digits: digits} }

// ShareCell is the cell of a share in [0,1] with its bounds, shown in percent.
func ShareCell(iv Interval, digits int) Cell {
	return Cell{Number: &iv, Digits: digits, Percent: true}
}

// String is the cell as tables show it.
func (c Cell) String() string {
	if c.Number == nil {
		if c.Text == "" {
			return "–"
		}
		return c.Text
	}
	factor, sign := 1.0, ""
	if c.Percent {
		factor, sign = 100, "%"
	}
	digits := func(v float64) string {
		s := fmt.Sprintf("%.*f", c.Digits, factor*v)
		if strings.Trim(s, "-0.") == "" {
			return strings.TrimPrefix(s, "-")
		}
		return s
	}
	s := digits(c.Number.Estimate) + sign
	if !c.Number.exact() {
		s += " [" + digits(c.Number.Low) + ", " + digits(c.Number.High) + "]"
	}
	return s
}

// exact tells whether iv has no width.
func (iv Interval) exact() bool { return iv.Low == iv.Estimate && iv.High == iv.Estimate }

// ordered tells whether iv is finite and its estimate between its bounds.
func (iv Interval) ordered() bool {
	for _, v := range []float64{iv.Low, iv.Estimate, iv.High} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return iv.Low <= iv.Estimate && iv.Estimate <= iv.High
}

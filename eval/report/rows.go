package report

import (
	"fmt"
	"strings"
)

// Pictures made of rows: a name at the left, a mark with its interval, and the
// number at the right.
const (
	rowsLeft  = 240.0
	rowsRight = 536.0
	rowHeight = 22.0
	rowsTop   = 14.0
)

// row draws series i's interval, at height y of the picture, on x, and returns
// its mark.
func (c *chart) row(i int, x scale, iv Interval, y float64) *path {
	c.whisker(i, x.at(iv.Low), y, x.at(iv.High), y)
	c.mark(i, x.at(iv.Estimate), y, "")
	return &c.Paths[len(c.Paths)-1]
}

// byKind is success per kind of task, one row a kind and condition.
func (r *Result) byKind() chart {
	c := chart{ID: "by-kind", Title: "Success by kind of task", Width: chartWidth, Legend: true}
	kinds := r.Conditions[0].last().Kinds
	const gap = 14.0
	group := rowHeight*float64(len(r.Conditions)) + gap
	bottom := rowsTop + group*float64(len(kinds))
	c.Height = int(bottom) + 50
	var highs []float64
	for _, cond := range r.Conditions {
		for _, kind := range cond.last().Kinds {
			highs = append(highs, kind.Success.High)
		}
	}
	x := shareScale(highs).over(rowsLeft, rowsRight)
	c.flat(x, rowsTop, bottom, percentTick)
	c.label("middle", (rowsLeft+rowsRight)/2, bottom+40, fmt.Sprintf("solved after trial %d", r.Trials)).Class = "axis"
	var text []string
	for k, kind := range kinds {
		y := rowsTop + gap/2 + group*float64(k)
		if k > 0 {
			c.line("rule", 8, y-gap/2, chartWidth-8, y-gap/2)
		}
		c.label("end", rowsLeft-14, y+rowHeight*float64(len(r.Conditions))/2-2, shorten(kindName(kind.Name), 30)).Class = "name"
		c.label("end", rowsLeft-14, y+rowHeight*float64(len(r.Conditions))/2+14, plural(kind.Tasks, "task"))
		var said []string
		for i, cond := range r.Conditions {
			last := cond.last()
			if k >= len(last.Kinds) {
				continue
			}
			iv := last.Kinds[k].Success
			at := y + rowHeight*(float64(i)+0.5)
			c.row(i, x, iv, at).Title = cond.Name + ": " + percent(iv.Estimate) + " " + bounds(iv)
			c.label("start", rowsRight+16, at+4, percent(iv.Estimate)+" "+bounds(iv))
			said = append(said, cond.Name+" "+percent(iv.Estimate))
		}
		text = append(text, kindName(kind.Name)+": "+strings.Join(said, ", "))
	}
	c.Text = "Success after the last trial for each kind of task. " + strings.Join(text, "; ") + "."
	return c
}

func kindName(s string) string {
	if s == "" {
		return "(no kind)"
	}
	return s
}

// differences is each condition less the first, after the last trial.
func (r *Result) differences() chart {
	c := chart{
		ID: "differences", Title: "Paired difference to " + r.Conditions[0].Name, Width: chartWidth,
	}
	lo, hi := -0.05, 0.05
	for _, cond := range r.Conditions[1:] {
		if d := cond.last().Difference; d != nil {
			lo, hi = min(lo, d.Success.Low), max(hi, d.Success.High)
		}
	}
	const pitch = 2 * rowHeight
	bottom := rowsTop + pitch*float64(len(r.Conditions)-1)
	c.Height = int(bottom) + 50
	x := newScale(lo, hi).over(rowsLeft, rowsRight)
	c.flat(x, rowsTop, bottom, pointsTick)
	c.line("zero", x.at(0), rowsTop, x.at(0), bottom)
	c.label("middle", (rowsLeft+rowsRight)/2, bottom+40, fmt.Sprintf("percentage points after trial %d", r.Trials)).Class = "axis"
	var text []string
	for i, cond := range r.Conditions[1:] {
		d := cond.last().Difference
		if d == nil {
			continue
		}
		y := rowsTop + pitch*(float64(i)+0.5)
		c.row(i+1, x, d.Success, y).Title = cond.Name + ": " + signed(d.Success.Estimate) + " " + signedBounds(d.Success)
		c.label("end", rowsLeft-14, y+4, shorten(cond.Name, 30)).Class = "name"
		c.label("start", rowsRight+16, y-3, signed(d.Success.Estimate)+" "+signedBounds(d.Success)).Class = "name"
		c.label("start", rowsRight+16, y+12, fmt.Sprintf("%d tasks better, %d worse", d.BetterOn, d.WorseOn))
		text = append(text, fmt.Sprintf("%s: %s points %s, better on %d and worse on %d tasks", cond.Name, signed(d.Success.Estimate), signedBounds(d.Success), d.BetterOn, d.WorseOn))
	}
	c.Text = "Difference of success to " + r.Conditions[0].Name + ". " + strings.Join(text, "; ") + "."
	return c
}

package report

import (
	"fmt"
	"slices"
	"strings"
)

// plots are the pictures of r that its data allow.
func (r *Result) plots() []chart {
	charts := []chart{r.byTrial()}
	if len(r.Conditions) > 1 {
		charts = append(charts, r.differences())
	}
	if slices.ContainsFunc(r.Conditions, func(c Condition) bool { return c.last().MeanContextTokens > 0 }) {
		charts = append(charts, r.byContext())
	}
	if len(r.Conditions) > 0 && len(r.Conditions[0].last().Kinds) > 1 {
		charts = append(charts, r.byKind())
	}
	return charts
}

// shareScale is from 0 to a round share that holds every high.
func shareScale(highs []float64) scale {
	return newScale(0, min(1, max(0.05, slices.Max(append(highs, 0)))))
}

// percentTick is a share at a tick, without needless digits.
func percentTick(x float64) string { return fmt.Sprintf("%.4g%%", 100*x) }

// pointsTick is a difference at a tick, in points.
func pointsTick(x float64) string {
	if s := fmt.Sprintf("%+.4g", 100*x); s != "+0" && s != "-0" {
		return s
	}
	return "0"
}

// upright draws a share axis at the left, with lines across to right.
func (c *chart) upright(s scale, left, right float64) {
	for _, t := range s.ticks {
		c.line("grid", left, s.at(t), right, s.at(t))
		c.label("end", left-8, s.at(t)+4, percentTick(t))
	}
}

// flat draws an axis at the bottom, with lines up to top.
func (c *chart) flat(s scale, top, bottom float64, name func(float64) string) {
	for _, t := range s.ticks {
		c.line("grid", s.at(t), top, s.at(t), bottom)
		c.label("middle", s.at(t), bottom+18, name(t))
	}
}

// byTrial is success against trials, one line a condition.
func (r *Result) byTrial() chart {
	c := chart{ID: "by-trial", Title: "Success by trial", Width: chartWidth, Height: 330, Legend: true}
	const left, right, top, bottom = 62.0, 700.0, 12.0, 280.0
	var highs []float64
	for _, cond := range r.Conditions {
		for _, t := range cond.Trials {
			highs = append(highs, t.Success.High)
		}
	}
	y := shareScale(highs).over(bottom, top)
	c.upright(y, left, right)
	x := func(trial, i int) float64 {
		slot := (right - left) / float64(max(1, r.Trials))
		dodge := min(14, slot/float64(len(r.Conditions)+2)) * (float64(i) - float64(len(r.Conditions)-1)/2)
		return left + slot*(float64(trial)+0.5) + dodge
	}
	for t := range r.Trials {
		slot := (right - left) / float64(r.Trials)
		c.label("middle", left+slot*(float64(t)+0.5), bottom+20, fmt.Sprintf("trial %d", t+1))
	}
	c.label("middle", (left+right)/2, bottom+42, "share of tasks × seeds solved by then").Class = "axis"
	var text []string
	for i, cond := range r.Conditions {
		d, said := "", []string{}
		for t, row := range cond.Trials {
			d += pen(t) + xy(x(t, i), y.at(row.Success.Estimate))
			said = append(said, percent(row.Success.Estimate))
		}
		c.Paths = append(c.Paths, path{Class: seriesClass(i) + " series", D: d})
		for t, row := range cond.Trials {
			c.whisker(i, x(t, i), y.at(row.Success.Low), x(t, i), y.at(row.Success.High))
			c.mark(i, x(t, i), y.at(row.Success.Estimate), fmt.Sprintf("%s, trial %d: %s %s", cond.Name, t+1, percent(row.Success.Estimate), bounds(row.Success)))
		}
		text = append(text, cond.Name+": "+strings.Join(said, ", "))
	}
	c.Text = "Success after each trial. " + strings.Join(text, "; ") + "."
	return c
}

// byContext is success against the context tokens it cost.
func (r *Result) byContext() chart {
	c := chart{ID: "by-context", Title: "Success against context tokens", Width: chartWidth, Height: 330, Legend: true}
	const left, right, top, bottom = 62.0, 690.0, 12.0, 276.0
	highs, most := []float64{}, 0.0
	for _, cond := range r.Conditions {
		highs = append(highs, cond.last().Success.High)
		most = max(most, cond.last().MeanContextTokens)
	}
	y := shareScale(highs).over(bottom, top)
	x := newScale(0, max(most, 10)).over(left+14, right)
	c.upright(y, left, right)
	c.flat(x, top, bottom, func(v float64) string { return fmt.Sprintf("%.6g", v) })
	c.label("middle", (left+right)/2, bottom+42, "tokens of memory per episode, mean over all trials").Class = "axis"
	var text []string
	for i, cond := range r.Conditions {
		t := cond.last()
		px, py := x.at(t.MeanContextTokens), y.at(t.Success.Estimate)
		said := fmt.Sprintf("%s: %s with %.0f tokens", cond.Name, percent(t.Success.Estimate), t.MeanContextTokens)
		c.whisker(i, px, y.at(t.Success.Low), px, y.at(t.Success.High))
		c.mark(i, px, py, said)
		text = append(text, said)
	}
	c.Text = "Success at the end against the mean tokens of memory per episode. " + strings.Join(text, "; ") + "."
	return c
}

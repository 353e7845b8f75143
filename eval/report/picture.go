package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
)

// SVG writes f as a picture file: with its own style, and on a ground of its
// own, so that it can be read on a page of any colour. It returns the error of
// [Figure.Validate].
func (f *Figure) SVG(w io.Writer) error {
	if err := f.Validate(); err != nil {
		return fmt.Errorf("report: figure %q: %w", f.ID, err)
	}
	var b bytes.Buffer
	if err := execute(&b, "file", pictureFile{f.chart()}); err != nil {
		return err
	}
	if _, err := w.Write(bytes.TrimSpace(b.Bytes())); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// Inline writes f as an svg element for a page that has [Stylesheet] and no
// other element with f's ID. It has no style of its own, so that a page may
// forbid inline style. It returns the error of [Figure.Validate].
func (f *Figure) Inline(w io.Writer) error {
	if err := f.Validate(); err != nil {
		return fmt.Errorf("report: figure %q: %w", f.ID, err)
	}
	return execute(w, "picture", f.chart())
}

// Stylesheet writes the style of this package's pages, as CSS: of headings,
// tables, lists and pictures, in a light and a dark theme.
func Stylesheet(w io.Writer) error { return execute(w, "stylesheet", nil) }

// pictureFile is a chart with its title drawn above it and a margin around.
type pictureFile struct{ chart }

const (
	fileMargin = 12
	titleSpace = 44 // above the chart
)

func (p pictureFile) FileWidth() int  { return p.Width + 2*fileMargin }
func (p pictureFile) FileHeight() int { return p.Height + titleSpace + fileMargin }
func (p pictureFile) ViewBox() string {
	return fmt.Sprintf("%d %d %d %d", -fileMargin, -titleSpace, p.FileWidth(), p.FileHeight())
}

// Sheet is the ground.
func (p pictureFile) Sheet() string {
	return rectangle(-fileMargin+0.5, -titleSpace+0.5, float64(p.Width+fileMargin)-0.5, float64(p.Height+fileMargin)-0.5)
}

// chart draws f, which is valid.
func (f *Figure) chart() chart {
	c := chart{ID: f.ID, Title: f.Title, Text: f.Text, Width: chartWidth}
	switch {
	case f.Lines != nil:
		f.Lines.draw(&c)
	case f.Reliable != nil:
		f.Reliable.draw(&c)
	case f.Heat != nil:
		f.Heat.draw(&c)
	default:
		f.Bars.draw(&c)
	}
	return c
}

// shape draws a path of no series' mark: a curve, a band, a bar.
func (c *chart) shape(class, d, title string) {
	c.Paths = append(c.Paths, path{Class: class, D: d, Title: title})
}

// rectangle is the path between two corners.
func rectangle(x1, y1, x2, y2 float64) string {
	return "M" + xy(x1, y1) + "L" + xy(x2, y1) + "L" + xy(x2, y2) + "L" + xy(x1, y2) + "Z"
}

// dashes are the ways in which a line can be broken. Their number has no factor
// in common with that of the colours, so that a pair of both repeats late.
const dashes = 5

func curveClass(i int) string {
	return fmt.Sprintf("%s d%d curve", seriesClass(i), i%dashes)
}

// legend names the series in rows at the top of c, each with its sign: a piece
// of line if it has lines. It returns the height below it.
func (c *chart) legend(names []string, sign func(i int, x, y float64)) float64 {
	const left, right, line, letter = 8.0, 700.0, 20.0, 7.6
	x, y := left, 12.0
	for i, name := range names {
		name = shorten(name, 60)
		width := 38 + letter*float64(len([]rune(name))) + 16
		if x > left && x+width > right {
			x, y = left, y+line
		}
		sign(i, x+14, y)
		c.label("start", x+36, y+4, name).Class = "name"
		x += width
	}
	return y + 14
}

// axisScale covers the values with round ticks, shares from 0 and others from
// 0 if they are not far from it.
func axisScale(a Axis, lo, hi float64) scale {
	if a.Log2 {
		return doublings(lo, hi)
	}
	if a.Percent || lo > 0 && lo < hi/2 {
		lo = min(lo, 0)
	}
	if m := max(math.Abs(lo), math.Abs(hi)); !(hi-lo > 1e-9*m) || hi-lo < 1e-12 {
		hi = lo + max(m, 0.01)
	}
	return newScale(lo, hi)
}

// doublings is a logarithmic scale from a power of 2 to another one, with at
// most 11 ticks.
func doublings(lo, hi float64) scale {
	low, high := int(math.Floor(math.Log2(lo))), int(math.Ceil(math.Log2(hi)))
	if high == low {
		high++
	}
	s := scale{lo: math.Ldexp(1, low), hi: math.Ldexp(1, high), log2: true}
	every := (high - low + 9) / 10
	for e := low; e <= high; e += every {
		s.ticks = append(s.ticks, math.Ldexp(1, e))
	}
	return s
}

// tick is a value at a tick of a.
func (a Axis) tick(v float64) string {
	if a.Percent {
		return percentTick(v)
	}
	if math.Abs(v) < 1e-12 {
		return "0" // a sum of steps that rounds to nothing
	}
	return fmt.Sprintf("%.6g", v)
}

// value is a number of a in words, with its bounds.
func (a Axis) value(iv Interval) string {
	if a.Percent {
		return ShareCell(iv, 1).String()
	}
	if iv.exact() {
		return fmt.Sprintf("%.4g", iv.Estimate)
	}
	return fmt.Sprintf("%.4g [%.4g, %.4g]", iv.Estimate, iv.Low, iv.High)
}

// verticals draws the axis a at the left with lines across to right, and its
// name above.
func (c *chart) verticals(a Axis, s scale, left, right float64) {
	for _, t := range s.ticks {
		c.line("grid", left, s.at(t), right, s.at(t))
		c.label("end", left-8, s.at(t)+4, a.tick(t))
	}
	c.label("start", 8, s.to-12, a.Name).Class = "axis"
}

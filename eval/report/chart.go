package report

import (
	"fmt"
	"math"
	"strings"
)

// chart is one SVG picture: everything in it is a path or a label, in the order
// of drawing. Its unit is the pixel of a page 720 wide.
type chart struct {
	ID            string // of the svg element; unique in its page
	Title         string
	Text          string // what the picture shows, for those who cannot see it
	Width, Height int
	Legend        bool // the series are not named in the picture
	Paths         []path
	Labels        []label
}

// path is a line or a mark.
type path struct {
	Class string
	D     string
	Title string // shown on hovering; may be empty
}

// label is a text at a point.
type label struct {
	Class  string
	X, Y   string
	Anchor string // start, middle or end
	Text   string
}

const chartWidth = 720

// line draws from (x1, y1) to (x2, y2).
func (c *chart) line(class string, x1, y1, x2, y2 float64) {
	c.Paths = append(c.Paths, path{Class: class, D: "M" + xy(x1, y1) + "L" + xy(x2, y2)})
}

func (c *chart) label(anchor string, x, y float64, text string) *label {
	c.Labels = append(c.Labels, label{X: number(x), Y: number(y), Anchor: anchor, Text: text})
	return &c.Labels[len(c.Labels)-1]
}

// mark draws the sign of series i at (x, y).
func (c *chart) mark(i int, x, y float64, title string) {
	c.Paths = append(c.Paths, path{Class: seriesClass(i) + " mark", D: markAt(i, x, y), Title: title})
}

// whisker draws an interval from (x1, y1) to (x2, y2), which is upright or flat,
// with a stroke across both ends.
func (c *chart) whisker(i int, x1, y1, x2, y2 float64) {
	dx, dy := 4.0, 0.0
	if y1 == y2 && x1 != x2 {
		dx, dy = 0, 4
	}
	d := "M" + xy(x1, y1) + "L" + xy(x2, y2)
	for _, end := range [][2]float64{{x1, y1}, {x2, y2}} {
		d += "M" + xy(end[0]-dx, end[1]-dy) + "L" + xy(end[0]+dx, end[1]+dy)
	}
	c.Paths = append(c.Paths, path{Class: seriesClass(i) + " whisker", D: d})
}

// Series differ in colour and in shape, so that they can be told apart without
// seeing colours: 6 colours, 5 shapes.
const (
	colours = 6
	shapes  = 5
)

func seriesClass(i int) string { return fmt.Sprintf("s%d", i%colours) }

// markAt is the path of series i's shape around (x, y): circle, square,
// triangle, diamond, cross.
func markAt(i int, x, y float64) string {
	polygon := func(points ...float64) string {
		var b strings.Builder
		for j := 0; j < len(points); j += 2 {
			b.WriteString(pen(j) + xy(x+points[j], y+points[j+1]))
		}
		return b.String() + "Z"
	}
	switch i % shapes {
	case 0:
		return "M" + xy(x-5, y) + "a5,5 0 1,0 10,0a5,5 0 1,0 -10,0Z"
	case 1:
		return polygon(-4.5, -4.5, 4.5, -4.5, 4.5, 4.5, -4.5, 4.5)
	case 2:
		return polygon(0, -6, 5.5, 4, -5.5, 4)
	case 3:
		return polygon(0, -6.5, 6.5, 0, 0, 6.5, -6.5, 0)
	default:
		return polygon(-2, -6, 2, -6, 2, -2, 6, -2, 6, 2, 2, 2, 2, 6, -2, 6, -2, 2, -6, 2, -6, -2, -2, -2)
	}
}

// scale maps values in [lo, hi] to pixels in [from, to], with round ticks.
type scale struct {
	lo, hi   float64
	from, to float64
	ticks    []float64
	log2     bool // equal steps for doublings
}

func (s scale) at(v float64) float64 {
	lo, hi := s.lo, s.hi
	if s.log2 {
		lo, hi, v = math.Log2(lo), math.Log2(hi), math.Log2(v)
	}
	return s.from + (v-lo)/(hi-lo)*(s.to-s.from)
}

// newScale covers at least [lo, hi] with 2 to 6 steps of 1, 2 or 5 times a power
// of ten. A single value becomes an interval of length 1.
func newScale(lo, hi float64) scale {
	if !(hi > lo) {
		hi = lo + 1
	}
	step := math.Pow(10, math.Floor(math.Log10(hi-lo)))
	for _, f := range []float64{0.2, 0.5, 1, 2} {
		if (hi-lo)/(f*step) <= 5 {
			step *= f
			break
		}
	}
	s := scale{lo: math.Floor(lo/step+1e-9) * step, hi: math.Ceil(hi/step-1e-9) * step}
	n := int(math.Round((s.hi - s.lo) / step))
	for i := range n + 1 {
		s.ticks = append(s.ticks, s.lo+float64(i)*step)
	}
	return s
}

// over lays s over the pixels from … to.
func (s scale) over(from, to float64) scale {
	s.from, s.to = from, to
	return s
}

// pen is the path command to the ith point of a line.
func pen(i int) string {
	if i == 0 {
		return "M"
	}
	return "L"
}

func xy(x, y float64) string { return number(x) + "," + number(y) }

// number is v to a tenth of a pixel, which is the same on every machine.
func number(v float64) string {
	s := fmt.Sprintf("%.1f", v)
	s = strings.TrimSuffix(s, ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

// shorten cuts s to at most n characters.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

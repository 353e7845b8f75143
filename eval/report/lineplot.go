package report

import "math"

// draw draws each series as a line with marks, over the band between its bounds.
func (p *LinePlot) draw(c *chart) {
	const left, right = 70.0, 700.0
	names := make([]string, len(p.Series))
	for i, s := range p.Series {
		names[i] = s.Name
	}
	top := c.legend(names, func(i int, x, y float64) {
		c.shape(curveClass(i), "M"+xy(x-14, y)+"L"+xy(x+14, y), "")
		c.mark(i, x, y, "")
	}) + 28
	bottom := top + 270
	c.Height = int(bottom) + 50
	xs, ys := p.ranges()
	x, y := axisScale(p.X, xs.Low, xs.High).over(left, right), axisScale(p.Y, ys.Low, ys.High).over(bottom, top)
	c.verticals(p.Y, y, left, right)
	c.flat(x, top, bottom, p.X.tick)
	c.label("middle", (left+right)/2, bottom+42, p.X.Name).Class = "axis"
	for i, s := range p.Series {
		if d := s.band(x, y); d != "" {
			c.shape(seriesClass(i)+" band", d, "")
		}
	}
	for i := range p.Series {
		p.line(c, i, x, y)
	}
}

// ranges are the least and greatest X and Y, bounds included.
func (p *LinePlot) ranges() (x, y Interval) {
	x = Interval{Low: math.Inf(1), High: math.Inf(-1)}
	y = x
	for _, s := range p.Series {
		for i, v := range s.X {
			x.Low, x.High = min(x.Low, v), max(x.High, v)
			y.Low, y.High = min(y.Low, s.Y[i].Low), max(y.High, s.Y[i].High)
		}
	}
	return x, y
}

// band is the path around the bounds of s; "" if they have no width, or s is a
// single point.
func (s LineSeries) band(x, y scale) string {
	d, wide := "", false
	for i, v := range s.X {
		d += pen(i) + xy(x.at(v), y.at(s.Y[i].High))
		wide = wide || !s.Y[i].exact()
	}
	for i := len(s.X) - 1; i >= 0; i-- {
		d += "L" + xy(x.at(s.X[i]), y.at(s.Y[i].Low))
	}
	if !wide || len(s.X) == 1 {
		return ""
	}
	return d + "Z"
}

// line draws series i: with a mark at each point, or at some of them where they
// lie close.
func (p *LinePlot) line(c *chart, i int, x, y scale) {
	const apart = 26.0
	s := p.Series[i]
	d := ""
	for j, v := range s.X {
		d += pen(j) + xy(x.at(v), y.at(s.Y[j].Estimate))
	}
	c.shape(curveClass(i), d, "")
	if len(s.X) == 1 {
		c.whisker(i, x.at(s.X[0]), y.at(s.Y[0].Low), x.at(s.X[0]), y.at(s.Y[0].High))
	}
	last := math.Inf(-1)
	for j, v := range s.X {
		at := x.at(v)
		if at-last < apart && j < len(s.X)-1 {
			continue
		}
		last = at
		c.mark(i, at, y.at(s.Y[j].Estimate), s.Name+", "+p.X.Name+" "+p.X.tick(v)+": "+p.Y.value(s.Y[j]))
	}
}

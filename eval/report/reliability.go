package report

import "fmt"

// draw draws the panels side by side: a bar a bin as high as its accuracy, its
// mark at the mean confidence, and the diagonal on which both are the same. Below
// each bin is its count.
func (p *Reliability) draw(c *chart) {
	const left, right, gap, top = 56.0, 696.0, 64.0, 62.0
	n := float64(len(p.Panels))
	side := min(330, (right-left-gap*(n-1))/n)
	c.Height = int(top+side) + 66
	for i, panel := range p.Panels {
		panel.draw(c, i, left+float64(i)*(side+gap), side)
	}
	c.label("start", 8, top-12, "share that is right").Class = "axis"
}

// draw draws series i's panel, a square of this side whose left edge is at left.
func (p ReliabilityPanel) draw(c *chart, i int, left, side float64) {
	const top, letter = 62.0, 6.2
	share := Axis{Percent: true}
	bottom := top + side
	x, y := newScale(0, 1).over(left, left+side), newScale(0, 1).over(bottom, top)
	for _, t := range y.ticks {
		c.line("grid", left, y.at(t), left+side, y.at(t))
		c.label("end", left-8, y.at(t)+4, share.tick(t))
	}
	c.flat(x, top, bottom, share.tick)
	total := 0
	for _, b := range p.Bins {
		total += b.Count
	}
	c.mark(i, left+8, 17, "")
	answers := plural(total, "answer")
	c.label("start", left+20, 21, shorten(p.Name, max(2, int(side/7.2)-len(answers)-5))+", "+answers).Class = "name"
	for _, b := range p.Bins {
		if b.Count == 0 {
			continue
		}
		said := fmt.Sprintf("%s: said %s, right %s of %s", p.Name, percent(b.Confidence), percent(b.Accuracy), plural(b.Count, "answer"))
		c.shape(seriesClass(i)+" bar", rectangle(x.at(b.Low)+1, bottom, x.at(b.High)-1, y.at(b.Accuracy)), said)
		c.mark(i, x.at(b.Confidence), y.at(b.Accuracy), said)
		if text := fmt.Sprint(b.Count); x.at(b.High)-x.at(b.Low) > letter*float64(len(text)) {
			c.label("middle", (x.at(b.Low)+x.at(b.High))/2, bottom+34, text).Class = "count"
		}
	}
	c.line("diagonal", left, bottom, left+side, top)
	c.label("middle", left+side/2, bottom+56, "stated confidence").Class = "axis"
}

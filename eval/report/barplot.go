package report

// draw draws the groups from left to right, in each a bar a series with its
// interval and the series' mark at the estimate.
func (p *BarPlot) draw(c *chart) {
	const left, right, letter = 70.0, 700.0, 7.2
	names := make([]string, len(p.Series))
	for i, s := range p.Series {
		names[i] = s.Name
	}
	top := c.legend(names, func(i int, x, y float64) {
		c.shape(seriesClass(i)+" bar", rectangle(x-12, y-7, x+12, y+7), "")
		c.mark(i, x, y, "")
	}) + 28
	bottom := top + 250
	c.Height = int(bottom) + 34
	lo, hi := 0.0, 0.0
	for _, s := range p.Series {
		for _, iv := range s.Values {
			lo, hi = min(lo, iv.Low), max(hi, iv.High)
		}
	}
	y := axisScale(p.Y, lo, hi).over(bottom, top)
	c.verticals(p.Y, y, left, right)
	slot := (right - left) / float64(len(p.Groups))
	width := min(46, slot*0.84/float64(len(p.Series)))
	for g, group := range p.Groups {
		mid := left + slot*(float64(g)+0.5)
		c.label("middle", mid, bottom+20, shorten(group, max(2, int(slot/letter)))).Class = "name"
		for i, s := range p.Series {
			iv := s.Values[g]
			x := mid + width*(float64(i)-float64(len(p.Series)-1)/2)
			c.shape(seriesClass(i)+" bar", rectangle(x-width/2+1, y.at(0), x+width/2-1, y.at(iv.Estimate)), group+", "+s.Name+": "+p.Y.value(iv))
			c.whisker(i, x, y.at(iv.Low), x, y.at(iv.High))
			c.Paths[len(c.Paths)-1].Class = "over"
			c.mark(i, x, y.at(iv.Estimate), group+", "+s.Name+": "+p.Y.value(iv))
		}
	}
	c.line("zero", left, y.at(0), right, y.at(0))
}

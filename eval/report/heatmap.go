package report

import (
	"fmt"
	"math"
)

// tones is how many strengths of a colour there are besides none.
const tones = 5

// draw draws the matrix: one colour above 0, another below, the stronger the
// farther, and each number in its cell with its sign.
func (p *HeatMap) draw(c *chart) {
	const left, right, top, height, letter = 200.0, 708.0, 54.0, 40.0, 7.4
	width := min(110, (right-left)/float64(len(p.Columns)))
	most := 0.0
	for _, row := range p.Values {
		for _, v := range row {
			most = max(most, math.Abs(v))
		}
	}
	bottom := top + height*float64(len(p.Rows))
	c.Height = int(bottom) + 48
	c.label("start", 8, top-10, p.RowAxis).Class = "axis"
	c.label("middle", left+width*float64(len(p.Columns))/2, 18, p.ColumnAxis).Class = "axis"
	for j, name := range p.Columns {
		c.label("middle", left+width*(float64(j)+0.5), top-10, shorten(name, max(2, int(width/letter)))).Class = "name"
	}
	for i, name := range p.Rows {
		y := top + height*float64(i)
		c.label("end", left-12, y+height/2+5, shorten(name, 24)).Class = "name"
		for j, v := range p.Values[i] {
			x := left + width*float64(j)
			said := fmt.Sprintf("%s, %s: %s", name, p.Columns[j], p.number(v))
			c.tone(v, most, rectangle(x+1, y+1, x+width-1, y+height-1), said)
			c.shape("edge", rectangle(x+1, y+1, x+width-1, y+height-1), "")
			c.label("middle", x+width/2, y+height/2+5, p.number(v)).Class = "cell"
		}
	}
	p.key(c, most, left, bottom+16)
}

// tone fills d with the colour of v where most is the strongest.
func (c *chart) tone(v, most float64, d, title string) {
	step := 0
	if most > 0 {
		step = int(math.Round(tones * (math.Abs(v) / most)))
	}
	side := "plus"
	if v < 0 {
		side = "minus"
	}
	c.shape(fmt.Sprintf("%s o%d", side, step), d, title)
}

// key shows all the colours, from -most to most.
func (p *HeatMap) key(c *chart, most, left, y float64) {
	const width, height, letter = 16.0, 14.0, 7.2
	low, high := p.number(-most), p.number(most)
	x := left + letter*float64(len(low)) + 10
	c.label("start", left, y+12, low)
	for t := -tones; t <= tones; t++ {
		d := rectangle(x, y, x+width-1, y+height)
		c.tone(float64(t), tones, d, "")
		c.shape("edge", d, "")
		x += width
	}
	c.label("start", x+8, y+12, high)
}

// number is v with its sign; what rounds to nothing has none.
func (p *HeatMap) number(v float64) string {
	s := NumberCell(v, p.Digits).String()
	if v > 0 && s != NumberCell(0, p.Digits).String() {
		return "+" + s
	}
	return s
}

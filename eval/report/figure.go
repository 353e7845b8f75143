package report

// Figure is one picture of a study. Exactly one of its plots is set.
type Figure struct {
	ID    string `json:"id"` // lower-case letters, digits and "-"; unique in its study; a file name
	Title string `json:"title"`
	Text  string `json:"text"` // what the picture shows, for those who cannot see it

	Lines    *LinePlot    `json:"lines,omitempty"`
	Reliable *Reliability `json:"reliable,omitempty"`
	Heat     *HeatMap     `json:"heat,omitempty"`
	Bars     *BarPlot     `json:"bars,omitempty"`
}

// Axis is what is measured along one side of a plot.
type Axis struct {
	Name    string `json:"name"`
	Log2    bool   `json:"log2,omitempty"`    // equal steps for doublings; every value is above 0. Of an X axis only
	Percent bool   `json:"percent,omitempty"` // values are shares, shown in percent
}

// LinePlot is series of points with a band between their bounds: pass@k over k,
// entropy over updates.
type LinePlot struct {
	X      Axis         `json:"x"`
	Y      Axis         `json:"y"`
	Series []LineSeries `json:"series"` // at least one, at most maxSeries
}

// LineSeries is Y[i] at X[i]; X rises.
type LineSeries struct {
	Name string     `json:"name"`
	X    []float64  `json:"x"`
	Y    []Interval `json:"y"`
}

// Reliability is how often answers are right, by how sure the policy said it
// was: one panel for each policy, side by side.
type Reliability struct {
	Panels []ReliabilityPanel `json:"panels"` // one to three
}

// ReliabilityPanel is one policy's bins, by rising confidence.
type ReliabilityPanel struct {
	Name string           `json:"name"`
	Bins []ReliabilityBin `json:"bins"` // at least one has a Count
}

// ReliabilityBin is the answers whose stated confidence lies from Low to High.
// Confidence and Accuracy are means over them, and 0 if there are none.
type ReliabilityBin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
	Accuracy   float64 `json:"accuracy"`
	Count      int     `json:"count"`
}

// HeatMap is a matrix in colours that diverge from 0, its numbers in the cells.
type HeatMap struct {
	RowAxis    string      `json:"row_axis"`    // what the rows are: "trained on"
	ColumnAxis string      `json:"column_axis"` // what the columns are: "tested on"
	Rows       []string    `json:"rows"`
	Columns    []string    `json:"columns"`
	Values     [][]float64 `json:"values"` // (Rows, Columns)
	Digits     int         `json:"digits"` // of a number after the point, in [0,9]
}

// BarPlot is groups of bars from 0, one bar a series, with intervals.
type BarPlot struct {
	Y      Axis        `json:"y"`
	Groups []string    `json:"groups"`
	Series []BarSeries `json:"series"` // at least one, at most maxSeries
}

// BarSeries has one value a group.
type BarSeries struct {
	Name   string     `json:"name"`
	Values []Interval `json:"values"`
}

// maxSeries is how many series colours and shapes tell apart.
const maxSeries = colours * shapes

package report

import "math"

// Study is the report of one experiment: a claim, how it is decided, what was
// found and whether the claim holds. Its JSON is stable: the same Study gives
// the same bytes. [Study.Validate] says what a renderer refuses.
type Study struct {
	Method   string    `json:"method"` // "W-REINFORCE", say; unique in a page
	Title    string    `json:"title"`
	Claim    string    `json:"claim"`    // what is put to the test, in a sentence
	Decision string    `json:"decision"` // how it is decided, in a sentence
	Verdict  Verdict   `json:"verdict"`
	Summary  []string  `json:"summary,omitempty"` // sentences with the numbers behind the verdict
	Tables   []Table   `json:"tables,omitempty"`  // one may have the paper's own numbers beside ours
	Figures  []Figure  `json:"figures,omitempty"`
	Settings []Setting `json:"settings,omitempty"`
	Meta     StudyMeta `json:"meta"`
}

// Verdict is what an experiment says of its claim.
type Verdict string

// NotDecided is for data that do not tell: an interval that holds both answers,
// or too few seeds.
const (
	Holds       Verdict = "holds"
	DoesNotHold Verdict = "does not hold"
	NotDecided  Verdict = "not decided"
)

// Setting is a hyperparameter: the values that were tried and the one chosen. A
// Grid of none was not searched.
type Setting struct {
	Name   string   `json:"name"`
	Grid   []string `json:"grid,omitempty"`
	Chosen string   `json:"chosen"`
}

// StudyMeta says what was run.
type StudyMeta struct {
	Seeds   []uint64 `json:"seeds"`
	Commit  string   `json:"commit,omitempty"`
	Machine string   `json:"machine,omitempty"`
	Seconds float64  `json:"seconds"` // of computing, over all resumptions; ≥ 0
}

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

package methods

import (
	"fmt"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// learnings are the runs of methods: [learner][seed].
type learnings struct {
	learners []learner
	rates    []float64
	runs     [][]Learned
}

// curves are the runs as those of other experiments.
func (c learnings) curves() runs {
	r := runs{rates: c.rates}
	for m, of := range c.learners {
		var curves []Curve
		for _, run := range c.runs[m] {
			curves = append(curves, run.Curve)
		}
		r.names, r.curves = append(r.names, of.name), append(r.curves, curves)
	}
	return r
}

// beforeAndAfter are GRPO's refinements before and after training, by seed.
func (c learnings) beforeAndAfter() (before, after []Refinements) {
	for _, run := range c.runs[0] {
		before, after = append(before, *run.Before), append(after, *run.Refinements)
	}
	return before, after
}

// numbersOf is a number of every refinement.
func numbersOf(of []Refinements, value func(Refinements) float64) []float64 {
	out := make([]float64, len(of))
	for i, r := range of {
		out[i] = value(r)
	}
	return out
}

// solved is the share of persistent failures that a kind of critique solves.
func solved(of []Refinements, kind string) []float64 {
	return numbersOf(of, func(r Refinements) float64 { return r.Solved[kind] })
}

// critiqueStudy is the report of the experiment of critiques.
func (l *Lab) critiqueStudy(c learnings) (report.Study, error) {
	size := l.critiqueSizes()
	s := report.Study{
		Method: "Critique-GRPO",
		Title:  "Critiques on Countdown, four numbers",
		Claim:  "Step-wise critiques solve problems that a trained model fails persistently, where verdicts, even with the answer, do not; and learning from such refinements ends above GRPO (arXiv:2506.03106).",
		Decision: fmt.Sprintf("Of the test problems that the GRPO-trained model answers wrongly %d times of %d, it solves more within %d refinements after step-wise critiques than after verdicts, after verdicts with the answer and without critique; "+
			"and Critique-GRPO's pass@1 after %d iterations is above GRPO's and Dr.GRPO's. Paired over seeds, 95%% t interval.", size.persistent, size.persistent, size.refined, l.mendIterations()),
		Meta: report.StudyMeta{Seeds: l.Seeds},
	}
	for m, of := range c.learners {
		s.Settings = append(s.Settings, report.Setting{Name: of.name + ": learning rate", Grid: numbers(learningRates()), Chosen: fmt.Sprint(c.rates[m])})
	}
	s.Settings = append(s.Settings, report.Setting{Name: "imitated before, problems", Chosen: fmt.Sprint(size.demonstrations)})
	for _, add := range []func(*report.Study, learnings) error{l.refinementTable, l.learningTable, learningFigure, decideCritique} {
		if err := add(&s, c); err != nil {
			return s, err
		}
	}
	s.Tables = append(s.Tables, paperCritique()...)
	return s, nil
}

// refinementTable has what each kind of critique is good for.
func (l *Lab) refinementTable(s *report.Study, c learnings) error {
	size := l.critiqueSizes()
	before, after := c.beforeAndAfter()
	t := report.Table{
		Title:   "Persistent failures solved by refinement",
		Columns: []string{"critique", "base: solved", "base: right refinements", "after GRPO: solved", "after GRPO: right refinements"},
	}
	for _, of := range []struct {
		name string
		by   []Refinements
	}{{"base model", before}, {"GRPO-trained model", after}} {
		iv, err := interval(numbersOf(of.by, func(r Refinements) float64 { return float64(r.Failed) / float64(max(r.Problems, 1)) }))
		if err != nil {
			return err
		}
		t.Notes = append(t.Notes, fmt.Sprintf("The %s fails %s of %d test problems persistently: none of %d answers is right.", of.name, report.ShareCell(iv, 1), of.by[0].Problems, size.persistent))
	}
	t.Notes = append(t.Notes, fmt.Sprintf("Solved: one of %d refinements, of the same wrong answers for all kinds, is right. Without critique they are new answers to the bare question.", size.refined))
	for _, kind := range append([]string{fresh}, critiques()...) {
		right := func(r Refinements) float64 { return r.Right[kind] }
		row, err := shares([]report.Cell{report.TextCell(kind)},
			solved(before, kind), numbersOf(before, right), solved(after, kind), numbersOf(after, right))
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, row)
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// learningTable has what every method ends with.
func (l *Lab) learningTable(s *report.Study, c learnings) error {
	t := report.Table{
		Title:   fmt.Sprintf("After %d iterations", l.mendIterations()),
		Columns: []string{"method", "learning rate", "pass@1 before", "pass@1", fmt.Sprintf("pass@%d", answersEach), "groups all wrong", "of them with a right refinement"},
		Notes:   []string{"Test problems are asked without critiques. The last two columns are of the groups of training."},
	}
	r := c.curves()
	for m, of := range c.learners {
		before, err := r.first(1)
		if err != nil {
			return err
		}
		columns := [][]float64{
			before,
			r.last(m, func(p Point) float64 { return p.Test.share() }),
			r.last(m, func(p Point) float64 { return solvable(p.Test) }),
		}
		if of.kind != "" {
			var failed, right []float64
			for _, run := range c.runs[m] {
				failed = append(failed, float64(run.Mended.Failed)/float64(max(run.Mended.Groups, 1)))
				right = append(right, float64(run.Mended.Right)/float64(max(run.Mended.Failed, 1)))
			}
			columns = append(columns, failed, right)
		}
		row, err := shares([]report.Cell{report.TextCell(of.name), report.TextCell(fmt.Sprint(c.rates[m]))}, columns...)
		if err != nil {
			return err
		}
		for len(row) < len(t.Columns) {
			row = append(row, report.Cell{})
		}
		t.Rows = append(t.Rows, row)
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// learningFigure is pass@1 as training goes on.
func learningFigure(s *report.Study, c learnings) error {
	plot := &report.LinePlot{X: report.Axis{Name: "iteration"}, Y: report.Axis{Name: "pass@1", Percent: true}}
	r := c.curves()
	for m, of := range c.learners {
		series, err := series(of.name, r.curves[m], func(p Point) float64 { return p.Test.share() })
		if err != nil {
			return err
		}
		plot.Series = append(plot.Series, series)
	}
	s.Figures = append(s.Figures, report.Figure{
		ID: "critique-learning", Title: "pass@1 in training", Lines: plot,
		Text: "How often each method's answers to the bare test problems are right as training goes on, with 95% intervals over seeds.",
	})
	return nil
}

// decideCritique compares, and says what the comparison decides.
func decideCritique(s *report.Study, c learnings) error {
	_, after := c.beforeAndAfter()
	var parts []comparison
	for _, kind := range []string{verdict, answered, fresh} {
		parts = append(parts, comparison{"Persistent failures solved after step-wise critiques less " + kind, solved(after, stepWise), solved(after, kind), 0, percent})
	}
	r := c.curves()
	end := func(m int) []float64 { return r.last(m, func(p Point) float64 { return p.Test.share() }) }
	steps := len(c.learners) - 1 // the last kind of critique
	for m := range 2 {
		parts = append(parts, comparison{"Critique-GRPO's last pass@1 less that of " + r.names[m], end(steps), end(m), 0, percent})
	}
	return decide(s, parts)
}

// paperCritique is the paper's tables.
func paperCritique() []report.Table {
	return []report.Table{
		quoted(report.Table{
			Title:   "The paper's figures: persistent failures solved, in %",
			Columns: []string{"critique", "solved"},
			Notes:   []string{"arXiv:2506.03106."},
		}, [][]string{{verdict, "7.05"}, {answered, "6.88"}, {stepWise, "55.37"}}),
		quoted(report.Table{
			Title:   "The paper's figures: Qwen2.5-7B, mean of eight tasks, in %",
			Columns: []string{"method", "pass@1"},
			Notes:   []string{"arXiv:2506.03106. Shaping refinements is 3.1 points of Critique-GRPO's."},
		}, [][]string{{"base", "32.0"}, {"SFT", "33.0"}, {"grpo", "41.2"}, {"dr-grpo", "42.7"}, {"critique-grpo", "47.1"}}),
	}
}

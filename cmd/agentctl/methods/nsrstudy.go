package methods

import (
	"fmt"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// nsrStudy is the report of the experiment of negative sample reinforcement.
func (l *Lab) nsrStudy(domain string, r runs) (report.Study, error) {
	s := report.Study{
		Method: "NSR",
		Title:  "Negative sample reinforcement on " + domain,
		Claim:  "Suppressing wrong answers alone matches PPO and GRPO at pass@1 and is ahead of them at large k; reinforcing right answers alone narrows what is found (arXiv:2506.01347).",
		Decision: fmt.Sprintf("At the highest pass@1 that all methods reach under a seed, NSR's pass@%d is above PPO's and GRPO's (paired over seeds, 95%% t interval), "+
			"its best pass@1 is at most 1 point below theirs, and PSR's pass@%d is below the base model's.", l.Scale.Attempts, l.Scale.Attempts),
		Meta: report.StudyMeta{Seeds: l.Seeds},
	}
	for i, name := range r.names {
		s.Settings = append(s.Settings, report.Setting{Name: name + ": learning rate", Grid: numbers(learningRates()), Chosen: fmt.Sprint(r.rates[i])})
	}
	for _, add := range []func(*report.Study, runs) error{l.matchedTable, l.lastTable, l.passFigure, l.entropyFigure, l.decideNSR} {
		if err := add(&s, r); err != nil {
			return s, err
		}
	}
	s.Tables = append(s.Tables, paperNSR())
	return s, nil
}

func numbers(values []float64) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// matchedTable has pass@k of every method at the same pass@1.
func (l *Lab) matchedTable(s *report.Study, r runs) error {
	t := report.Table{
		Title:   "pass@k at matched pass@1",
		Columns: []string{"method"},
		Notes:   []string{"Each run is read where its pass@1 is the highest that all methods reach under its seed, between two measurements along a straight line."},
	}
	for _, k := range ks(l.Scale.Attempts) {
		t.Columns = append(t.Columns, fmt.Sprintf("pass@%d", k))
	}
	row := []report.Cell{report.TextCell("base")}
	for _, k := range ks(l.Scale.Attempts) {
		values, err := r.first(k)
		if err != nil {
			return err
		}
		iv, err := interval(values)
		if err != nil {
			return err
		}
		row = append(row, report.ShareCell(iv, 1))
	}
	t.Rows = append(t.Rows, row)
	for m, name := range r.names {
		row := []report.Cell{report.TextCell(name)}
		for _, k := range ks(l.Scale.Attempts) {
			iv, err := r.matchedInterval(m, k)
			if err != nil {
				return err
			}
			row = append(row, report.ShareCell(iv, 1))
		}
		t.Rows = append(t.Rows, row)
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// lastTable has what every method ends with.
func (l *Lab) lastTable(s *report.Study, r runs) error {
	most := l.Scale.Attempts
	t := report.Table{
		Title:   fmt.Sprintf("After %d iterations", l.Scale.Iterations),
		Columns: []string{"method", "learning rate", "pass@1", fmt.Sprintf("pass@%d", most), "entropy, nats a token", "guards fired"},
	}
	for m, name := range r.names {
		row, err := shares([]report.Cell{report.TextCell(name), report.TextCell(fmt.Sprint(r.rates[m]))},
			r.last(m, func(p Point) float64 { return p.Test.share() }),
			r.last(m, func(p Point) float64 { return solvable(p.Test) }))
		if err != nil {
			return err
		}
		iv, err := interval(r.last(m, func(p Point) float64 { return p.Test.Entropy }))
		if err != nil {
			return err
		}
		fired := 0
		for _, c := range r.curves[m] {
			fired += len(c.Events)
		}
		t.Rows = append(t.Rows, append(row, report.IntervalCell(iv, 3), report.NumberCell(float64(fired), 0)))
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// solvable is pass@n of n attempts: the share of problems solved at all.
func solvable(t Tally) float64 {
	n := 0
	for _, r := range t.Right {
		if r > 0 {
			n++
		}
	}
	return float64(n) / float64(max(len(t.Right), 1))
}

func (l *Lab) passFigure(s *report.Study, r runs) error {
	plot := &report.LinePlot{X: report.Axis{Name: "k", Log2: true}, Y: report.Axis{Name: "pass@k", Percent: true}}
	for m, name := range r.names {
		series := report.LineSeries{Name: name}
		for _, k := range ks(l.Scale.Attempts) {
			iv, err := r.matchedInterval(m, k)
			if err != nil {
				return err
			}
			series.X, series.Y = append(series.X, float64(k)), append(series.Y, iv)
		}
		plot.Series = append(plot.Series, series)
	}
	s.Figures = append(s.Figures, report.Figure{
		ID: "nsr-pass-at-k", Title: "pass@k at matched pass@1", Lines: plot,
		Text: "How many problems each method solves within k attempts, where all have the same pass@1, with 95% intervals over seeds.",
	})
	return nil
}

func (l *Lab) entropyFigure(s *report.Study, r runs) error {
	plot := &report.LinePlot{X: report.Axis{Name: "iteration"}, Y: report.Axis{Name: "entropy, nats a token"}}
	for m, name := range r.names {
		series, err := series(name, r.curves[m], func(p Point) float64 { return p.Test.Entropy })
		if err != nil {
			return err
		}
		plot.Series = append(plot.Series, series)
	}
	s.Figures = append(s.Figures, report.Figure{
		ID: "nsr-entropy", Title: "Entropy of what is written", Lines: plot,
		Text: "Nats a token of each method's answers to the test problems as training goes on, with 95% intervals over seeds.",
	})
	return nil
}

// decideNSR compares, and says what the comparison decides.
func (l *Lab) decideNSR(s *report.Study, r runs) error {
	most := l.Scale.Attempts
	base, err := r.first(most)
	if err != nil {
		return err
	}
	best := func(p int) []float64 {
		out := make([]float64, len(r.curves[p]))
		for seed, c := range r.curves[p] {
			out[seed] = c.best()
		}
		return out
	}
	nsr := r.of("nsr")
	var parts []comparison
	wide, err := r.matched(nsr, most)
	if err != nil {
		return err
	}
	for _, name := range []string{"ppo", "grpo"} {
		other, err := r.matched(r.of(name), most)
		if err != nil {
			return err
		}
		parts = append(parts,
			comparison{fmt.Sprintf("NSR's best pass@1 less that of %s", name), best(nsr), best(r.of(name)), -0.01, percent},
			comparison{fmt.Sprintf("NSR's pass@%d less that of %s, at the same pass@1", most, name), wide, other, 0, percent})
	}
	narrow := r.last(r.of("psr"), func(p Point) float64 { return solvable(p.Test) })
	parts = append(parts, comparison{fmt.Sprintf("The base model's pass@%d less PSR's at the end", most), base, narrow, 0, percent})
	return decide(s, parts)
}

// paperNSR is the paper's table.
func paperNSR() report.Table {
	return quoted(report.Table{
		Title:   "The paper's figures: Qwen2.5-Math-7B, pass@1 and pass@256",
		Columns: []string{"method", "MATH", "AIME25", "AMC23"},
		Notes:   []string{"arXiv:2506.01347, table 1. Entropy at step 120, read off its figure: base .113, NSR .10, PPO .075, GRPO .042, PSR .013."},
	}, [][]string{
		{"base", "63.2 / 96.9", "6.1 / 46.7", "41.0 / 100"},
		{"ppo", "76.6 / 96.3", "8.5 / 43.3", "62.0 / 97.5"},
		{"grpo", "76.3 / 95.5", "10.3 / 50.0", "61.7 / 97.5"},
		{"psr", "74.1 / 91.2", "11.6 / 43.3", "62.6 / 92.5"},
		{"nsr", "75.7 / 96.9", "10.0 / 53.3", "60.9 / 100"},
		{"w-reinforce", "76.6 / 96.7", "10.6 / 56.7", "62.0 / 97.5"},
	})
}

package methods

import (
	"fmt"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// omniStudy is the report of the experiment of orders.
func (l *Lab) omniStudy(f courses) (report.Study, error) {
	s := report.Study{
		Method: "Omni-Thinker",
		Title:  "Three tasks, one after the other, at once, or merged",
		Claim:  "Training on tasks in an order found by transfer beats the reverse order, joint training and model merging; structured tasks lower the entropy of what is written, open-ended ones raise it (arXiv:2507.14783).",
		Decision: "The mean over tasks of the test score in the best order is above that of the reverse order, of joint training and of merging; after its own training the entropy, in nats a token, is above the base model's in verse and below it in each other task; " +
			"paired over seeds, 95% t interval. A score is in [0,1] as it is: the share of right answers, and in verse the judge's.",
		Settings: []report.Setting{
			{Name: "joint: learning rate", Grid: numbers(learningRates()), Chosen: fmt.Sprint(f.jointRate)},
			{Name: "merging: scale", Grid: numbers(mergeScales()), Chosen: fmt.Sprint(f.scale)},
			{Name: "iterations of a task", Chosen: fmt.Sprint(l.Scale.Iterations)},
		},
		Meta: report.StudyMeta{Seeds: l.Seeds},
	}
	for t, k := range f.mixture {
		s.Settings = append(s.Settings, report.Setting{Name: k.name + ": learning rate", Grid: numbers(learningRates()), Chosen: fmt.Sprint(f.rates[t])})
	}
	for _, add := range []func(*report.Study) error{f.scoreTable, f.predictionTable, f.taskTable, f.entropyFigure} {
		if err := add(&s); err != nil {
			return s, err
		}
	}
	s.Tables = append(s.Tables, paperOmni())
	s.Figures = append(s.Figures, f.transferFigure())
	return s, decide(&s, f.parts())
}

// outcome is where a way of training led under each seed.
type outcome struct {
	name      string
	standings []standing
}

// outcomes are all ways of training.
func (f courses) outcomes() []outcome {
	out := []outcome{{"base", f.bases}}
	for _, o := range f.orders {
		out = append(out, outcome{o.name, o.standings})
	}
	out = append(out, outcome{"joint", f.joint})
	for i, scale := range mergeScales() {
		out = append(out, outcome{fmt.Sprintf("merged, scale %g", scale), f.merged[i]})
	}
	return out
}

// testMeans is the mean test score over tasks, by seed.
func testMeans(s []standing) []float64 {
	out := make([]float64, len(s))
	for seed := range s {
		out[seed] = mean(rewards(s[seed].Test))
	}
	return out
}

// onTask is a number of one task's tally on test problems, by seed.
func onTask(s []standing, t int, of func(Tally) float64) []float64 {
	out := make([]float64, len(s))
	for seed := range s {
		out[seed] = of(s[seed].Test[t])
	}
	return out
}

// score is the mean reward, and entropyOf the entropy a token.
func score(t Tally) float64     { return t.Reward }
func entropyOf(t Tally) float64 { return t.Entropy }

// scoreTable has the test scores of every way of training.
func (f courses) scoreTable(s *report.Study) error {
	t := report.Table{
		Title: "Test scores", Columns: []string{"training", "mean"},
		Notes: []string{"Every way takes as many answers in all. Merging adds what each task's own model has learned to the base, times a scale: at 0.25 it is the mean of the four."},
	}
	for _, k := range f.mixture {
		t.Columns = append(t.Columns, k.name)
	}
	for _, o := range f.outcomes() {
		row := []report.Cell{report.TextCell(o.name)}
		columns := [][]float64{testMeans(o.standings)}
		for k := range f.mixture {
			columns = append(columns, onTask(o.standings, k, score))
		}
		for _, values := range columns {
			iv, err := interval(values)
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

// predictionTable has what the transfer predicts of each order beside what it
// led to.
func (f courses) predictionTable(s *report.Study) error {
	t := report.Table{
		Title:   "Mean score of an order, predicted and measured",
		Columns: []string{"order", "tasks", "predicted", "measured on the same problems", "measured on test problems"},
	}
	for _, o := range f.orders {
		iv, err := interval(testMeans(o.standings))
		if err != nil {
			return err
		}
		point := func(v float64) report.Cell { return report.ShareCell(report.Interval{Estimate: v, Low: v, High: v}, 1) }
		t.Rows = append(t.Rows, []report.Cell{
			report.TextCell(o.name), report.TextCell(f.names(o.order)),
			point(mean(f.transfer.Predict(f.saturated, o.order))), point(mean(average(o.standings))), report.ShareCell(iv, 1),
		})
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// taskTable has each task's forgettability, and its entropy before and after its
// own training.
func (f courses) taskTable(s *report.Study) error {
	t := report.Table{
		Title:   "Tasks, each trained on alone",
		Columns: []string{"task", "score before", "score after", "forgettability", "entropy before, nats a token", "entropy after", "change"},
	}
	forgettability := f.transfer.Forgettability()
	for k, of := range f.mixture {
		before, after := onTask(f.bases, k, entropyOf), onTask(f.single[k], k, entropyOf)
		change := make([]float64, len(before))
		for seed := range change {
			change[seed] = after[seed] - before[seed]
		}
		row := []report.Cell{report.TextCell(of.name)}
		for i, values := range [][]float64{onTask(f.bases, k, score), onTask(f.single[k], k, score), before, after, change} {
			iv, err := interval(values)
			if err != nil {
				return err
			}
			if i == 2 {
				row = append(row, report.NumberCell(forgettability[k], 3))
			}
			if i < 2 {
				row = append(row, report.ShareCell(iv, 1))
			} else {
				row = append(row, report.IntervalCell(iv, 3))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// transferFigure is the matrix of what training on a task does to each.
func (f courses) transferFigure() report.Figure {
	h := &report.HeatMap{RowAxis: "trained on", ColumnAxis: "tested on", Digits: 3, Values: make([][]float64, len(f.mixture))}
	for j, t := range f.mixture {
		h.Rows, h.Columns = append(h.Rows, t.name), append(h.Columns, t.name)
		for i := range f.mixture {
			h.Values[j] = append(h.Values[j], f.transfer[i][j])
		}
	}
	return report.Figure{
		ID: "omni-transfer", Title: "Transfer between tasks", Heat: h,
		Text: "Change of each task's score, on problems to tune on, after training on one task, mean over seeds.",
	}
}

// entropyFigure has the entropy of each task before and after its own training.
func (f courses) entropyFigure(s *report.Study) error {
	plot := &report.BarPlot{Y: report.Axis{Name: "entropy, nats a token"}, Series: []report.BarSeries{{Name: "before"}, {Name: "after"}}}
	for k, t := range f.mixture {
		plot.Groups = append(plot.Groups, t.name)
		for i, standings := range [][]standing{f.bases, f.single[k]} {
			iv, err := interval(onTask(standings, k, entropyOf))
			if err != nil {
				return err
			}
			plot.Series[i].Values = append(plot.Series[i].Values, iv)
		}
	}
	s.Figures = append(s.Figures, report.Figure{
		ID: "omni-entropy", Title: "Entropy before and after a task's own training", Bars: plot,
		Text: "Nats a token of the answers to each task's test problems, before and after training on that task, with 95% intervals over seeds.",
	})
	return nil
}

// parts are what the claim is made of.
func (f courses) parts() []comparison {
	best := testMeans(f.orders[0].standings)
	parts := []comparison{
		{"Best order less joint training", best, testMeans(f.joint), 0, percent},
		{"Best order less its reverse", best, testMeans(f.orders[1].standings), 0, percent},
	}
	for i, scale := range mergeScales() {
		if scale == f.scale {
			parts = append(parts, comparison{fmt.Sprintf("Best order less merging at scale %g", scale), best, testMeans(f.merged[i]), 0, percent})
		}
	}
	for k, t := range f.mixture {
		before, after := onTask(f.bases, k, entropyOf), onTask(f.single[k], k, entropyOf)
		if t.judged {
			parts = append(parts, comparison{"Entropy of " + t.name + " after training less before", after, before, 0, nats})
		} else {
			parts = append(parts, comparison{"Entropy of " + t.name + " before training less after", before, after, 0, nats})
		}
	}
	return parts
}

// paperOmni is what the paper's abstract says.
func paperOmni() report.Table {
	return quoted(report.Table{
		Title:   "The paper's figures",
		Columns: []string{"best order against", "relative gain"},
		Notes:   []string{"arXiv:2507.14783. Its best order has structured tasks first and open-ended ones last."},
	}, [][]string{{"joint training", "+6.2%"}, {"model merging", "+12.4%"}})
}

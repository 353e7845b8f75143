package methods

import (
	"fmt"

	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/eval/stat"
)

// calibrations are the runs of rewards in a domain: [method][seed].
type calibrations struct {
	calibrated
	names []string
	rates []float64
	runs  [][]taught
}

// figures are a method's numbers in one domain, each by seed.
type figures struct{ accuracy, ece, brier, auroc, majority, weighted, sure []float64 }

func (c calibrations) figures(method int, domain string) (figures, error) {
	var f figures
	for _, run := range c.runs[method] {
		e := run.Exams[domain]
		ece, brier, auroc, err := e.calibration()
		if err != nil {
			return f, fmt.Errorf("%s, %s: %w", c.names[method], domain, err)
		}
		f.accuracy, f.ece, f.brier, f.auroc = append(f.accuracy, e.accuracy()), append(f.ece, ece), append(f.brier, brier), append(f.auroc, auroc)
		f.majority, f.weighted, f.sure = append(f.majority, e.Votes[0]), append(f.weighted, e.Votes[1]), append(f.sure, e.Votes[2])
	}
	return f, nil
}

// rlcrStudy is the report of the experiment of calibrated rewards.
func (l *Lab) rlcrStudy(all []calibrations) (report.Study, error) {
	s := report.Study{
		Method: "RLCR",
		Title:  "Calibrated rewards on arithmetic chains and on facts",
		Claim:  "Rewarding a stated confidence by the Brier score keeps accuracy and brings the calibration error to a fraction of what rewarding right answers alone leaves, in and out of domain (arXiv:2507.16806).",
		Decision: "In each domain RLCR's accuracy is at most 1 point below RLVR's, and a third of RLVR's ECE (ten bins) is above RLCR's, in the domain and, for who learned from chains, on longer chains and on two-digit ones; " +
			"paired over seeds, 95% t interval.",
		Meta: report.StudyMeta{Seeds: l.Seeds},
	}
	var parts []comparison
	for _, c := range all {
		for i, name := range c.names {
			s.Settings = append(s.Settings, report.Setting{Name: c.exams[0].name + ", " + name + ": learning rate", Grid: numbers(learningRates()), Chosen: fmt.Sprint(c.rates[i])})
		}
		for i, x := range c.exams {
			t, both, err := c.examTable(x.name)
			if err != nil {
				return s, err
			}
			s.Tables = append(s.Tables, t)
			if i == 0 {
				parts = append(parts, comparison{"RLCR's accuracy less RLVR's, " + x.name, both[1].accuracy, both[0].accuracy, -0.01, percent})
			}
			third := make([]float64, len(both[0].ece))
			for i, v := range both[0].ece {
				third[i] = v / 3
			}
			parts = append(parts, comparison{"A third of RLVR's ECE less RLCR's, " + x.name, third, both[1].ece, 0, percent})
		}
		figure, err := c.reliability()
		if err != nil {
			return s, err
		}
		s.Figures = append(s.Figures, figure)
	}
	s.Settings = append(s.Settings, report.Setting{Name: "iterations", Chosen: fmt.Sprint(longRun * l.Scale.Iterations)})
	s.Tables = append(s.Tables, paperRLCR())
	return s, decide(&s, parts)
}

// examTable is the table of an exam, and the numbers of each method in it.
func (c calibrations) examTable(exam string) (report.Table, []figures, error) {
	t := report.Table{Title: exam, Columns: []string{"reward", "accuracy", "ECE", "Brier", "AUROC", "majority of 16", "weighted", "most confident"}}
	var all []figures
	for m, name := range c.names {
		f, err := c.figures(m, exam)
		if err != nil {
			return t, nil, err
		}
		all = append(all, f)
		row := []report.Cell{report.TextCell(name)}
		for i, values := range [][]float64{f.accuracy, f.ece, f.brier, f.auroc, f.majority, f.weighted, f.sure} {
			iv, err := interval(values)
			if err != nil {
				return t, nil, err
			}
			if i == 0 || i > 3 {
				row = append(row, report.ShareCell(iv, 1))
			} else {
				row = append(row, report.IntervalCell(iv, 3))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, all, nil
}

// reliability is the reliability diagram of each method, all seeds together.
func (c calibrations) reliability() (report.Figure, error) {
	f := c.figure
	f.Reliable = &report.Reliability{}
	f.Text = "How often answers are right, by how sure they say they are; on the diagonal the two agree."
	for m, name := range c.names {
		var all []stat.Prediction
		for _, run := range c.runs[m] {
			all = append(all, run.Exams[c.exams[0].name].Predictions...)
		}
		found, err := stat.Reliability(all, bins)
		if err != nil {
			return f, fmt.Errorf("%s: %w", name, err)
		}
		panel := report.ReliabilityPanel{Name: name}
		for _, b := range found {
			panel.Bins = append(panel.Bins, report.ReliabilityBin(b))
		}
		f.Reliable.Panels = append(f.Reliable.Panels, panel)
	}
	return f, nil
}

// paperRLCR is the paper's table.
func paperRLCR() report.Table {
	return quoted(report.Table{
		Title:   "The paper's figures: HotpotQA, Qwen2.5-7B",
		Columns: []string{"reward", "accuracy", "AUROC", "Brier", "ECE"},
		Notes:   []string{"arXiv:2507.16806. Votes of 16: weighted by confidence .602, majority .597, most confident .575."},
	}, [][]string{{"base", "39.7", ".54", ".53", ".53"}, {"rlvr", "63.0", ".50", ".37", ".37"}, {"rlcr", "62.1", ".69", ".21", ".03"}})
}

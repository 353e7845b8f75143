package ownplay

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/methods"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/eval/stat"
)

// results are what came of all runs.
type results struct {
	scale      Scale
	conditions []Condition
	starts     []Exam  // by seed
	runs       [][]Run // by condition, by seed
}

// Run makes the study of some conditions, of which Ours must be one.
func (l *Lab) Run(ctx context.Context, conditions []Condition) (report.Study, error) {
	if !slices.ContainsFunc(conditions, func(c Condition) bool { return c.Name == Ours }) {
		return report.Study{}, fmt.Errorf("condition %s is what the others are compared to: it must be there", Ours)
	}
	if err := l.open(); err != nil {
		return report.Study{}, err
	}
	r, err := l.results(ctx, conditions)
	if err != nil {
		return report.Study{}, err
	}
	s := report.Study{
		Method: "experience",
		Title:  fmt.Sprintf("What is learned from %d episodes of own play", l.Scale.Iterations*l.Scale.Episodes),
		Claim:  "With memory and reinforcement by outcomes an agent that was shown a few games wins 90% of new ones at the first try, 25 points more than it did.",
		Decision: "First tries won on the games to test on, paired over seeds, 95% t interval: after own play above 90%, and above the cold start by 25 points. " +
			"The bank is own play on other games.",
		Meta: report.StudyMeta{Seeds: l.Seeds},
	}
	return s, r.report(&s)
}

// results makes all runs.
func (l *Lab) results(ctx context.Context, conditions []Condition) (results, error) {
	n := len(l.Seeds)
	r := results{scale: l.Scale, conditions: conditions, starts: make([]Exam, n)}
	if err := l.Each(ctx, n, func(ctx context.Context, i int) (err error) {
		r.starts[i], err = l.start(ctx, l.Seeds[i])
		return err
	}); err != nil {
		return r, err
	}
	rates, err := l.rates(ctx, conditions)
	if err != nil {
		return r, err
	}
	for range conditions {
		r.runs = append(r.runs, make([]Run, n))
	}
	return r, l.Each(ctx, len(conditions)*n, func(ctx context.Context, i int) (err error) {
		r.runs[i/n][i%n], err = l.run(ctx, l.Seeds[i%n], conditions[i/n], rates[conditions[i/n].objective()])
		return err
	})
}

// report fills a study.
func (r results) report(s *report.Study) error {
	for _, part := range []func(*report.Study) error{r.examTable, r.shareTable, r.passTable, r.curves, r.settings, r.verdict} {
		if err := part(s); err != nil {
			return err
		}
	}
	s.Tables = append(s.Tables, paper())
	return nil
}

// column is a number of an exam.
type column struct {
	name  string
	of    func(Exam) float64
	plain bool // no share
}

func (r results) columns() []column {
	return []column{
		{"first try", func(x Exam) float64 { return share(x.First) }, false},
		{"with a bank", func(x Exam) float64 { return share(x.Banked) }, false},
		{"all tries, no memory", func(x Exam) float64 { return share(x.Alone) }, false},
		{"the same, retries sampled", r.resampled, false},
		{"all tries, memory", func(x Exam) float64 { return share(x.Together) }, false},
		{"context tokens of a retry", func(x Exam) float64 { return mean(x.RetryTokens) }, true},
		{"of a first try with a bank", func(x Exam) float64 { return mean(x.BankTokens) }, true},
	}
}

// resampled is the expected share of games won within all tries without memory, if
// the first is that of x and the others are drawn from its samples, at temperature 1:
// one who acts greedily would only lose again in the same way.
func (r results) resampled(x Exam) float64 {
	sum := 0.0
	for i, won := range x.First {
		p := 1.0
		if !won {
			p = solvedIn(r.scale.Samples, x.Solved[i], r.scale.Tries-1)
		}
		sum += p
	}
	return sum / float64(max(len(x.First), 1))
}

// solvedIn is the probability that one of k samples solves a game, of n of which c
// did.
func solvedIn(n, c, k int) float64 {
	p, err := stat.PassAtK(n, c, k)
	if err != nil {
		panic("ownplay: internal error: " + err.Error()) // as many were played
	}
	return p
}

func mean(xs []int) float64 {
	sum := 0
	for _, x := range xs {
		sum += x
	}
	return float64(sum) / float64(max(len(xs), 1))
}

// each is a number of each exam.
func each(xs []Exam, of func(Exam) float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = of(x)
	}
	return out
}

// exams are those of a condition, by seed.
func (r results) exams(i int) []Exam {
	out := make([]Exam, len(r.runs[i]))
	for j, run := range r.runs[i] {
		out[j] = run.Exam
	}
	return out
}

func (r results) ours() []Exam {
	return r.exams(slices.IndexFunc(r.conditions, func(c Condition) bool { return c.Name == Ours }))
}

// row is one of a table of exams.
func row(name string, xs []Exam, cs []column) ([]report.Cell, error) {
	cells := []report.Cell{report.TextCell(name)}
	for _, c := range cs {
		iv, err := methods.Interval(each(xs, c.of))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, c.name, err)
		}
		cell := report.IntervalCell(iv, 0)
		if !c.plain {
			iv.Low, iv.High = max(iv.Low, 0), min(iv.High, 1) // a share is nothing else, whatever t says
			cell = report.ShareCell(iv, 1)
		}
		cells = append(cells, cell)
	}
	return cells, nil
}

func (r results) examTable(s *report.Study) error {
	t := report.Table{Title: "Games to test on", Columns: []string{"learned by"}}
	for _, c := range r.columns() {
		t.Columns = append(t.Columns, c.name)
	}
	return r.table(s, t, r.columns())
}

// table adds a table with a row for the cold start and for each condition.
func (r results) table(s *report.Study, t report.Table, cs []column) error {
	cells, err := row("nothing: cold start", r.starts, cs)
	if err != nil {
		return err
	}
	t.Rows = append(t.Rows, cells)
	for i, c := range r.conditions {
		if cells, err = row(c.Name, r.exams(i), cs); err != nil {
			return err
		}
		t.Rows = append(t.Rows, cells)
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// shareTable says what learning and memory did, apart and together, and how the
// other conditions compare.
func (r results) shareTable(s *report.Study) error {
	if len(r.starts) < 2 {
		return nil
	}
	ours := r.ours()
	first := func(x Exam) float64 { return share(x.First) }
	banked := func(x Exam) float64 { return share(x.Banked) }
	alone := func(x Exam) float64 { return share(x.Alone) }
	together := func(x Exam) float64 { return share(x.Together) }
	t := report.Table{Title: "In points, paired over seeds", Columns: []string{"share of", "difference"}}
	type row struct {
		name string
		a, b []float64
	}
	rows := []row{
		{"first try: learning", each(ours, first), each(r.starts, first)},
		{"first try: a bank, without learning", each(r.starts, banked), each(r.starts, first)},
		{"first try: a bank, after learning", each(ours, banked), each(ours, first)},
		{"first try: both", each(ours, banked), each(r.starts, first)},
		{"all tries: memory of the failed ones, without learning", each(r.starts, together), each(r.starts, alone)},
		{"the same, to retries sampled without memory", each(r.starts, together), each(r.starts, r.resampled)},
		{"all tries: memory of the failed ones, after learning", each(ours, together), each(ours, alone)},
		{"the same, to retries sampled without memory", each(ours, together), each(ours, r.resampled)},
	}
	for i, c := range r.conditions {
		if c.Name != Ours {
			rows = append(rows, row{"first try: " + Ours + " less " + c.Name, each(ours, first), each(r.exams(i), first)})
		}
		if c.Memory == verbatim || c.Memory == abstract {
			rows = append(rows, row{"all tries, with memory: " + Ours + " less " + c.Name, each(ours, together), each(r.exams(i), together)})
		}
	}
	for _, d := range rows {
		iv, err := stat.SeedDifference(d.a, d.b, 0.95)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		points := report.Interval{Estimate: 100 * iv.Estimate, Low: 100 * iv.Low, High: 100 * iv.High}
		t.Rows = append(t.Rows, []report.Cell{report.TextCell(d.name), report.IntervalCell(points, 1)})
	}
	s.Tables = append(s.Tables, t)
	return r.tokenTable(s)
}

// tokenTable says how much shorter contexts are than those of other memories.
func (r results) tokenTable(s *report.Study) error {
	t := report.Table{Title: "Context tokens of a retry, in % of another memory's, paired over seeds", Columns: []string{"of", "share"}}
	tokens := func(x Exam) float64 { return mean(x.RetryTokens) }
	ours := each(r.ours(), tokens)
	for i, c := range r.conditions {
		if c.Memory != verbatim && c.Memory != abstract {
			continue
		}
		var ratios []float64
		for j, n := range each(r.exams(i), tokens) {
			if n > 0 && ours[j] > 0 { // else no game was retried
				ratios = append(ratios, ours[j]/n)
			}
		}
		if len(ratios) < 2 {
			continue
		}
		iv, err := methods.Interval(ratios)
		if err != nil {
			return fmt.Errorf("%s: context tokens: %w", c.Name, err)
		}
		t.Rows = append(t.Rows, []report.Cell{report.TextCell(c.Name), report.ShareCell(iv, 1)})
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
	return nil
}

// passTable is pass@k over sampled episodes.
func (r results) passTable(s *report.Study) error {
	t := report.Table{Title: "pass@k at temperature 1, without memory", Columns: []string{"learned by"}}
	var cs []column
	for k := 1; k <= r.scale.Samples; k *= 2 {
		t.Columns = append(t.Columns, fmt.Sprintf("k=%d", k))
		cs = append(cs, column{fmt.Sprint(k), func(x Exam) float64 {
			sum := 0.0
			for _, solved := range x.Solved {
				sum += solvedIn(r.scale.Samples, solved, k)
			}
			return sum / float64(max(len(x.Solved), 1))
		}, false})
	}
	return r.table(s, t, cs)
}

// curves is the figure of what was seen on the way.
func (r results) curves(s *report.Study) error {
	plot := &report.LinePlot{X: report.Axis{Name: "episodes played"}, Y: report.Axis{Name: "first tries won", Percent: true}}
	for i, c := range r.conditions {
		line := report.LineSeries{Name: c.Name}
		for j, look := range r.runs[i][0].Looks {
			var values []float64
			for _, run := range r.runs[i] {
				values = append(values, run.Looks[j].Tune)
			}
			iv, err := methods.Interval(values)
			if err != nil {
				return err
			}
			line.X, line.Y = append(line.X, float64(look.Episodes)), append(line.Y, iv)
		}
		plot.Series = append(plot.Series, line)
	}
	s.Figures = append(s.Figures, report.Figure{
		ID: "experience-curves", Title: "First tries over episodes played", Lines: plot,
		Text: "The share of the games to tune on that are won at the first try, without memory, greedily, over episodes of own play, with 95% intervals over seeds.",
	})
	return nil
}

func (r results) settings(s *report.Study) error {
	var grid []string
	for _, rate := range r.scale.Rates {
		grid = append(grid, fmt.Sprint(rate))
	}
	for i, c := range r.conditions {
		if c.Name == noPush {
			continue
		}
		s.Settings = append(s.Settings, report.Setting{Name: c.Name + ": learning rate", Grid: grid, Chosen: fmt.Sprint(r.runs[i][0].Rate)})
	}
	return nil
}

// verdict decides the claim by first tries without a bank.
func (r results) verdict(s *report.Study) error {
	ours := r.ours()
	first := each(ours, func(x Exam) float64 { return share(x.First) })
	start := each(r.starts, func(x Exam) float64 { return share(x.First) })
	return methods.Decide(s,
		methods.Comparison{What: "First tries won after own play", A: first, B: make([]float64, len(first)), Above: 0.9},
		methods.Comparison{What: "the same less the cold start", A: first, B: start, Above: 0.25})
}

// paper is what others report of ALFWorld's valid_seen.
func paper() report.Table {
	return methods.Quoted(report.Table{
		Title:   "What papers report for ALFWorld, success in %",
		Columns: []string{"agent", "success"},
		Notes:   []string{"arXiv:2602.08234 and arXiv:2010.03768; language models of 7B parameters but for BUTLER, which was trained on the same games."},
	}, [][]string{{"BUTLER", "26 to 40"}, {"ReAct", "31.2"}, {"GRPO", "77.6"}, {"SkillRL", "89.9"},
		{"SkillRL, no cold start", "65.2"}, {"SkillRL, raw trajectories instead of skills", "61.7"}, {"SkillRL, no evolution of skills", "84.4"}})
}

// forget removes what a finished run needed to go on.
func (l *Lab) forget(key string) error {
	return os.RemoveAll(filepath.Join(l.Dir, filepath.FromSlash(key)+".kept"))
}

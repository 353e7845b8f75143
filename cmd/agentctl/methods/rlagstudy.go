package methods

import (
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
)

// of is the index of an injector.
func (k knowledge) of(name string) int {
	return slices.IndexFunc(k.injectors, func(in injector) bool { return in.name == name })
}

// at is a number of a method after so many cycles, by seed.
func (k knowledge) at(method, cycle int, of func(Mark) float64) []float64 {
	out := make([]float64, len(k.runs[method]))
	for seed, marks := range k.runs[method] {
		out[seed] = of(marks[cycle])
	}
	return out
}

// cycles is how many there are.
func (k knowledge) cycles() int { return len(k.runs[0][0]) - 1 }

func accuracyOf(m Mark) float64 { return m.all().share() }

// rlagStudy is the report of the experiment of augmented generation.
func (l *Lab) rlagStudy(k knowledge, start []Start, rates []float64, games []Schooled) (report.Study, error) {
	s := report.Study{
		Method: "RLAG",
		Title:  "Augmented generation on facts of an invented world, and on household games",
		Claim:  "Preferring what is answered with documents in view, and learning these, moves knowledge into the weights better than fine-tuning on answers, continued training on documents, or both; and it needs the floor (arXiv:2509.20162).",
		Decision: "Accuracy on Test questions about New facts, without a context, after the last cycle: RLAG is above SFT, CPT, CPT+SFT and RLAG without the floor; " +
			"and of household games the shipped policy wins more at the first try without memory than before, and than after SFT. " +
			"Paired over seeds, 95% t interval. Nothing is decided if the base models answer less than 95% about Known facts, or 60% about New ones with documents in view.",
		Meta: report.StudyMeta{Seeds: l.Seeds},
	}
	for i, in := range k.injectors {
		s.Settings = append(s.Settings, report.Setting{Name: in.name + ": learning rate", Grid: numbers(injectRates()), Chosen: fmt.Sprint(k.rates[i])})
	}
	for _, add := range []func(*report.Study) error{k.injectedTable, func(s *report.Study) error { return startTable(s, start) }, k.cyclesFigure} {
		if err := add(&s); err != nil {
			return s, err
		}
	}
	var parts []comparison
	rlag := k.at(k.of("rlag"), k.cycles(), accuracyOf)
	for _, name := range []string{"sft", "cpt", "cpt+sft", "rlag-no-floor"} {
		parts = append(parts, comparison{"RLAG's accuracy less that of " + name, rlag, k.at(k.of(name), k.cycles(), accuracyOf), 0, percent})
	}
	if len(games) > 0 {
		more, err := schoolTable(&s, rates, games)
		if err != nil {
			return s, err
		}
		parts = append(parts, more...)
	}
	s.Tables = append(s.Tables, paperRLAG())
	if err := decide(&s, parts); err != nil {
		return s, err
	}
	return s, require(&s, start)
}

// ability is something that base models can do.
type ability struct {
	questions string
	of        func(Start) Quiz
	least     float64 // on average, for methods to be compared by these models
}

// abilities are all that is measured. RLAG takes from a context what it learns: a
// model must read far better than it guesses, one in eight, or has nothing to
// teach itself.
func abilities() []ability {
	return []ability{
		{"Train, Known facts", func(s Start) Quiz { return s.Known }, 0.95},
		{"Train, New facts", func(s Start) Quiz { return s.New }, 0},
		{fmt.Sprintf("Train, New facts, %d documents in view", factsRead), func(s Start) Quiz { return s.Read }, 0.6},
	}
}

// mean is over seeds.
func (a ability) mean(start []Start) (report.Interval, error) {
	values := make([]float64, len(start))
	for i, s := range start {
		values[i] = a.of(s).share()
	}
	return interval(values)
}

// require takes the verdict back if the base models cannot do what the
// experiment needs.
func require(s *report.Study, start []Start) error {
	for _, a := range abilities() {
		iv, err := a.mean(start)
		if err != nil {
			return err
		}
		if !(iv.Estimate >= a.least) {
			s.Verdict = report.NotDecided
			s.Summary = append(s.Summary, fmt.Sprintf("The base models answer %.1f%% of the questions of %s, and need %.0f%%: nothing is decided.", 100*iv.Estimate, a.questions, 100*a.least))
		}
	}
	return nil
}

// columns are numbers of a mark.
func columns() []func(Mark) float64 {
	out := []func(Mark) float64{accuracyOf}
	for _, form := range []puzzle.Form{puzzle.Direct, puzzle.Rephrase, puzzle.TwoHop} {
		out = append(out, func(m Mark) float64 { return m.Test[string(form)].share() })
	}
	return append(out, func(m Mark) float64 { return m.Known.share() }, func(m Mark) float64 { return m.Asked.share() })
}

// injectedTable has what every method ends with.
func (k knowledge) injectedTable(s *report.Study) error {
	t := report.Table{
		Title:   "Test questions, without a context",
		Columns: []string{"method", "New facts", "direct", "rephrased", "two-hop", "Known facts", "New facts, asked in training"},
		Notes:   []string{"No method learns from a Test question. An update has as many pieces of text for all of them: documents or answers."},
	}
	row := func(name string, method, cycle int) error {
		cells := []report.Cell{report.TextCell(name)}
		for _, of := range columns() {
			iv, err := interval(k.at(method, cycle, of))
			if err != nil {
				return err
			}
			cells = append(cells, report.ShareCell(iv, 1))
		}
		t.Rows = append(t.Rows, cells)
		return nil
	}
	if err := row("base", 0, 0); err != nil {
		return err
	}
	for m, in := range k.injectors {
		if err := row(in.name, m, k.cycles()); err != nil {
			return err
		}
		t.Notes = append(t.Notes, in.name+" learns from "+in.sees+".")
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// startTable has what the base models can do.
func startTable(s *report.Study, start []Start) error {
	t := report.Table{Title: "The base models", Columns: []string{"questions", "right"}}
	for _, a := range abilities() {
		iv, err := a.mean(start)
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, []report.Cell{report.TextCell(a.questions), report.ShareCell(iv, 1)})
	}
	s.Tables = append(s.Tables, t)
	return nil
}

// cyclesFigure is accuracy as training goes on.
func (k knowledge) cyclesFigure(s *report.Study) error {
	plot := &report.LinePlot{X: report.Axis{Name: "cycle"}, Y: report.Axis{Name: "right answers about New facts", Percent: true}}
	for m, in := range k.injectors {
		series := report.LineSeries{Name: in.name}
		for cycle := range k.cycles() + 1 {
			iv, err := interval(k.at(m, cycle, accuracyOf))
			if err != nil {
				return err
			}
			series.X, series.Y = append(series.X, float64(cycle)), append(series.Y, iv)
		}
		plot.Series = append(plot.Series, series)
	}
	s.Figures = append(s.Figures, report.Figure{
		ID: "rlag-cycles", Title: "Accuracy over cycles", Lines: plot,
		Text: "The share of right answers to Test questions about New facts, without a context, after each cycle of training, with 95% intervals over seeds.",
	})
	return nil
}

// paperRLAG is the paper's table.
func paperRLAG() report.Table {
	return quoted(report.Table{
		Title:   "The paper's figures: Llama-3.1-8B, accuracy in %",
		Columns: []string{"method", "USMLE", "BarExam", "Current Events"},
		Notes:   []string{"arXiv:2509.20162. Without the floor: 30.5 on USMLE."},
	}, [][]string{
		{"base", "27.6", "39.3", "30.2"}, {"sft", "32.2", "37.6", "34.0"}, {"cpt+sft", "33.3", "36.8", "35.8"}, {"rlag", "34.8", "41.9", "54.9"},
	})
}

package methods

import (
	"context"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// HouseholdTasks is how many generated household games an experiment plays.
const HouseholdTasks = 500

// The conditions of memory that are compared.
const (
	asymmetric = "asymmetric"
	verbatim   = "uniform-verbatim"
	abstract   = "uniform-abstract"
)

// SkillRL puts the claim of asymmetric distillation to the test on household
// games, which the shipped policy plays with four kinds of memory.
func (l *Lab) SkillRL(ctx context.Context) (report.Study, error) {
	tasks := HouseholdTasks
	if l.Scale.Quick {
		tasks = 10
	}
	res, err := l.Household(ctx, l.Seeds, tasks)
	if err != nil {
		return report.Study{}, err
	}
	s := report.Study{
		Method: "SkillRL",
		Title:  fmt.Sprintf("Asymmetric memory on %d household games", tasks),
		Claim:  "Successes kept word for word beside failures kept as lessons beat both uniform stores, with less context (arXiv:2602.08234).",
		Decision: fmt.Sprintf("Tasks solved within %d tries, and context tokens of a retry, paired over seeds, 95%% t interval: "+
			"asymmetric solves more than each uniform store and reads less than each.", res.Trials),
		Meta: report.StudyMeta{Seeds: l.Seeds},
	}
	t := report.Table{
		Title:   "The same policy with four memories",
		Columns: []string{"memory", "first try", fmt.Sprintf("within %d tries", res.Trials), "context tokens a retry"},
	}
	for _, c := range res.Conditions {
		row := []report.Cell{report.TextCell(c.Name)}
		for _, values := range [][]float64{solvedBy(res, c.Name, 1), solvedBy(res, c.Name, res.Trials)} {
			iv, err := interval(values)
			if err != nil {
				return s, err
			}
			row = append(row, report.ShareCell(iv, 1))
		}
		iv, err := interval(retryContext(res, c.Name))
		if err != nil {
			return s, err
		}
		t.Rows = append(t.Rows, append(row, report.IntervalCell(iv, 0)))
	}
	s.Tables = append(s.Tables, t, paperSkillRL())
	var parts []comparison
	for _, uniform := range []string{verbatim, abstract} {
		parts = append(parts,
			comparison{"Asymmetric less " + uniform + ", tasks solved", solvedBy(res, asymmetric, res.Trials), solvedBy(res, uniform, res.Trials), 0, percent},
			comparison{uniform + " less asymmetric, context tokens of a retry", retryContext(res, uniform), retryContext(res, asymmetric), 0, plain})
	}
	return s, decide(&s, parts)
}

// solvedBy is the share of tasks that a condition solved within so many tries,
// by seed.
func solvedBy(r *report.Result, condition string, tries int) []float64 {
	out := make([]float64, len(r.Seeds))
	for _, s := range r.Samples {
		if s.Condition == condition && s.Success && s.Trial < tries { // who has solved a task does not try again
			out[slices.Index(r.Seeds, s.Seed)] += 1 / float64(r.Tasks)
		}
	}
	return out
}

// retryContext is the mean context of a condition's retries in tokens, by seed;
// 0 if there were none.
func retryContext(r *report.Result, condition string) []float64 {
	sums, n := make([]float64, len(r.Seeds)), make([]float64, len(r.Seeds))
	for _, s := range r.Samples {
		if s.Condition == condition && s.Trial > 0 {
			i := slices.Index(r.Seeds, s.Seed)
			sums[i] += float64(s.ContextTokens)
			n[i]++
		}
	}
	for i := range sums {
		sums[i] /= max(n[i], 1)
	}
	return sums
}

// paperSkillRL is the paper's table.
func paperSkillRL() report.Table {
	return quoted(report.Table{
		Title:   "The paper's figures: Qwen2.5-7B, success in %",
		Columns: []string{"method", "ALFWorld", "WebShop"},
		Notes:   []string{"arXiv:2602.08234. The prompt was 10.3% shorter with skills than with raw traces."},
	}, [][]string{
		{"SkillRL", "89.9", "72.7"}, {"raw trajectories instead of skills", "61.7", "50.2"}, {"GRPO without memory", "77.6", "66.1"},
	})
}

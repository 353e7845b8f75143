package methods

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// mixtureName is the name of the bases of all tasks.
const mixtureName = "tasks"

// train is a run of GRPO on some of the tasks.
func (m mixture) train(name string, rate float64, seed uint64) train {
	return train{
		rival:  rival{name, func(float64) policy.Objective { return policy.DefaultGRPO() }},
		domain: m, name: mixtureName, rate: rate, seed: seed, reward: m.reward,
	}
}

// stage trains lm on some tasks. The guard looks at them alone, and the entropy,
// which is to be measured, has neither a bonus nor a floor.
func (l *Lab) stage(ctx context.Context, lm *policy.LM, r train, iterations int) error {
	tune := r.domain.Draw(puzzle.Tune, l.Scale.Problems, rand.New(rand.NewPCG(3, 3)))
	p := l.reinforcement(r)
	p.Iterations, p.Trainer.EntropyBonus, p.Guard.MinEntropy = iterations, 0, 0
	p.Score = func(ctx context.Context, lm *policy.LM) (policy.Score, error) {
		t, err := r.tally(ctx, lm, tune, min(8, l.Scale.Attempts))
		return policy.Score{"reward": t.Reward}, err
	}
	return p.Run(ctx, lm)
}

// standing is how well a model does each task.
type standing struct {
	Tune []Tally `json:"tune"` // by task
	Test []Tally `json:"test"`
}

// rewards are the scores of tallies: the mean reward, which is in [0,1].
func rewards(tallies []Tally) []float64 {
	out := make([]float64, len(tallies))
	for i, t := range tallies {
		out[i] = t.Reward
	}
	return out
}

// mean is that of values; there is at least one.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// examineAll is the standing of a model in all tasks, known by its key.
func (l *Lab) examineAll(ctx context.Context, m mixture, key string, open func() (*policy.LM, error)) (standing, error) {
	return Once(l, "exam/"+key, func() (standing, error) {
		var s standing
		lm, err := open()
		if err != nil {
			return s, err
		}
		for _, t := range m {
			r := mixture{t}.train(t.name, 0, 0)
			for _, part := range []struct {
				split puzzle.Split
				to    *[]Tally
			}{{puzzle.Tune, &s.Tune}, {puzzle.Test, &s.Test}} {
				problems := t.domain.Draw(part.split, l.Scale.Problems, rand.New(rand.NewPCG(4, 4)))
				tally, err := r.tally(ctx, lm, problems, min(16, l.Scale.Attempts))
				if err != nil {
					return s, err
				}
				*part.to = append(*part.to, tally)
			}
		}
		return s, nil
	})
}

// course is training under one seed, with a learning rate for each task.
type course struct {
	mixture
	rates []float64
	seed  uint64
}

func (c course) key(way string) string { return fmt.Sprintf("omni/%s-%d", way, c.seed) }

// way names an order of tasks and their learning rates.
func (c course) way(order []int) string {
	names := make([]string, len(order))
	for i, t := range order {
		names[i] = fmt.Sprintf("%s-%g", c.mixture[t].name, c.rates[t])
	}
	return strings.Join(names, "-")
}

// names are those of tasks in an order.
func (m mixture) names(order []int) string {
	out := make([]string, len(order))
	for i, t := range order {
		out[i] = m[t].name
	}
	return strings.Join(out, ", ")
}

// stages is the base model after training on tasks in an order, one after the
// other; orders that begin alike share what they have in common.
func (l *Lab) stages(ctx context.Context, c course, order []int) (*policy.LM, error) {
	if len(order) == 0 {
		return l.base(ctx, mixtureName, c.mixture, c.seed)
	}
	return l.Model(c.key(c.way(order)), func() (*policy.LM, error) {
		before, last := order[:len(order)-1], order[len(order)-1]
		lm, err := l.stages(ctx, c, before)
		if err != nil {
			return nil, err
		}
		t := c.mixture[last]
		return lm, l.stage(ctx, lm, mixture{t}.train(t.name, c.rates[last], c.seed), l.Scale.Iterations)
	})
}

// ordered is the standing after an order of tasks; after none, the base's.
func (l *Lab) ordered(ctx context.Context, c course, order ...int) (standing, error) {
	key := c.key(c.way(order))
	if len(order) == 0 {
		key = fmt.Sprintf("omni/base-%d", c.seed)
	}
	return l.examineAll(ctx, c.mixture, key, func() (*policy.LM, error) { return l.stages(ctx, c, order) })
}

// joint is the standing after training on all tasks at once with one learning
// rate, with as many answers as an order takes.
func (l *Lab) joint(ctx context.Context, c course, rate float64) (standing, error) {
	key := c.key(fmt.Sprintf("joint-%g", rate))
	return l.examineAll(ctx, c.mixture, key, func() (*policy.LM, error) {
		return l.Model(key, func() (*policy.LM, error) {
			lm, err := l.base(ctx, mixtureName, c.mixture, c.seed)
			if err != nil {
				return nil, err
			}
			return lm, l.stage(ctx, lm, c.train("joint", rate, c.seed), len(c.mixture)*l.Scale.Iterations)
		})
	})
}

// mergeScales is the grid of how much of what each task's model has learned is
// added to the base; the first is the plain mean of four models.
func mergeScales() []float64 { return []float64{0.25, 0.5, 1} }

// merged is the standing of the base with what each task's own model has
// learned, scaled.
func (l *Lab) merged(ctx context.Context, c course, scale float64) (standing, error) {
	all := make([]int, len(c.mixture))
	for t := range all {
		all[t] = t
	}
	return l.examineAll(ctx, c.mixture, c.key(fmt.Sprintf("merged-%g-%s", scale, c.way(all))), func() (*policy.LM, error) {
		base, err := l.stages(ctx, c, nil)
		if err != nil {
			return nil, err
		}
		models, weights := []*transformer.Model{base.Model()}, []float64{1 - scale*float64(len(c.mixture))}
		for _, t := range all {
			lm, err := l.stages(ctx, c, []int{t})
			if err != nil {
				return nil, err
			}
			models, weights = append(models, lm.Model()), append(weights, scale)
		}
		sum, err := policy.Merge(models, weights)
		if err != nil {
			return nil, err
		}
		return base, base.Model().CopyFrom(sum)
	})
}

// courses are all that was found: [seed] innermost.
type courses struct {
	mixture
	rates            []float64 // of each task alone, and so in every order
	jointRate, scale float64
	bases, joint     []standing
	single, merged   [][]standing // [task] and [scale]
	transfer         policy.Transfer
	saturated        []float64 // each task's score after its own training, on problems to tune on
	orders           []followed
}

// followed is an order of tasks, and where it led.
type followed struct {
	name      string
	order     []int
	standings []standing
}

// Omni puts the claim of orders found by transfer to the test.
func (l *Lab) Omni(ctx context.Context) (report.Study, error) {
	f := courses{mixture: tasks()}
	for _, step := range []func(context.Context, *courses) error{l.tuneCourses, l.singles, l.follow, l.merge} {
		if err := step(ctx, &f); err != nil {
			return report.Study{}, err
		}
	}
	return l.omniStudy(f)
}

// tuneCourses chooses, on problems to tune on under the first seed, the learning
// rate of each task alone, which it has in all orders, and that of all at once.
func (l *Lab) tuneCourses(ctx context.Context, f *courses) error {
	if err := l.bases(ctx, mixtureName, f.mixture); err != nil {
		return err
	}
	rates, n := learningRates(), len(f.mixture)
	scores := make([][]float64, n+1) // [task], of all at once last
	for t := range scores {
		scores[t] = make([]float64, len(rates))
	}
	err := l.Each(ctx, len(rates)*(n+1), func(ctx context.Context, i int) error {
		rate, t := i/(n+1), i%(n+1)
		c := course{f.mixture, slices.Repeat(rates[rate:rate+1], n), l.Seeds[0]}
		if t == n {
			s, err := l.joint(ctx, c, rates[rate])
			if err == nil {
				scores[t][rate] = mean(rewards(s.Tune))
			}
			return err
		}
		s, err := l.ordered(ctx, c, t)
		if err == nil {
			scores[t][rate] = s.Tune[t].Reward
		}
		return err
	})
	f.rates = make([]float64, n)
	for t := range f.rates {
		f.rates[t] = rates[slices.Index(scores[t], slices.Max(scores[t]))]
	}
	f.jointRate = rates[slices.Index(scores[n], slices.Max(scores[n]))]
	return err
}

// singles trains on each task alone, and finds what that does to the others.
func (l *Lab) singles(ctx context.Context, f *courses) error {
	n, seeds := len(f.mixture), len(l.Seeds)
	f.bases, f.single = make([]standing, seeds), make([][]standing, n)
	for t := range f.single {
		f.single[t] = make([]standing, seeds)
	}
	if err := l.Each(ctx, (n+1)*seeds, func(ctx context.Context, i int) (err error) {
		t, seed := i%(n+1), i/(n+1)
		c := course{f.mixture, f.rates, l.Seeds[seed]}
		if t == n {
			f.bases[seed], err = l.ordered(ctx, c)
			return err
		}
		f.single[t][seed], err = l.ordered(ctx, c, t)
		return err
	}); err != nil {
		return err
	}
	before, after := average(f.bases), make([][]float64, n)
	f.saturated = make([]float64, n)
	for t := range after {
		after[t] = average(f.single[t])
		f.saturated[t] = after[t][t]
	}
	var err error
	f.transfer, err = policy.MeasureTransfer(before, after)
	return err
}

// average is the score in each task on problems to tune on, over seeds.
func average(s []standing) []float64 {
	out := make([]float64, len(s[0].Tune))
	for i := range out {
		for _, at := range s {
			out[i] += at.Tune[i].Reward / float64(len(s))
		}
	}
	return out
}

// follow trains in the order that the transfer says is best, in its reverse, in
// that of forgettability, and on all tasks at once.
func (l *Lab) follow(ctx context.Context, f *courses) error {
	best, err := f.transfer.BestOrder()
	if err != nil {
		return err
	}
	reverse := slices.Clone(best)
	slices.Reverse(reverse)
	f.orders = []followed{{name: "best order", order: best}, {name: "reverse order", order: reverse}, {name: "by forgettability", order: f.transfer.ByForgettability()}}
	for o := range f.orders {
		f.orders[o].standings = make([]standing, len(l.Seeds))
	}
	f.joint = make([]standing, len(l.Seeds))
	return l.Each(ctx, 2*len(l.Seeds), func(ctx context.Context, i int) (err error) {
		seed := i / 2
		if i%2 == 1 {
			f.joint[seed], err = l.joint(ctx, course{f.mixture, f.rates, l.Seeds[seed]}, f.jointRate)
			return err
		}
		for o := range f.orders { // one after the other: they may share stages
			f.orders[o].standings[seed], err = l.ordered(ctx, course{f.mixture, f.rates, l.Seeds[seed]}, f.orders[o].order...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// merge merges the models of single tasks at each scale; the scale is chosen on
// problems to tune on under the first seed.
func (l *Lab) merge(ctx context.Context, f *courses) error {
	scales := mergeScales()
	f.merged = make([][]standing, len(scales))
	for i := range scales {
		f.merged[i] = make([]standing, len(l.Seeds))
	}
	if err := l.Each(ctx, len(scales)*len(l.Seeds), func(ctx context.Context, i int) (err error) {
		at, seed := i%len(scales), i/len(scales)
		f.merged[at][seed], err = l.merged(ctx, course{f.mixture, f.rates, l.Seeds[seed]}, scales[at])
		return err
	}); err != nil {
		return err
	}
	scores := make([]float64, len(scales))
	for i := range scales {
		scores[i] = mean(rewards(f.merged[i][0].Tune))
	}
	f.scale = scales[slices.Index(scores, slices.Max(scores))]
	return nil
}

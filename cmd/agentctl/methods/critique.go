package methods

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
)

// The kinds of critiques that are compared.
const (
	verdict  = "verdict"
	answered = "verdict and answer"
	stepWise = "step-wise"
)

// sizes are those of the experiment of critiques.
type sizes struct {
	demonstrations int // problems whose answers the base model imitates
	attempted      int // of them, that it answers itself to make exercises
	persistent     int // answers, none of which is right, to a problem that is failed persistently
	refined        int // of them
}

func (l *Lab) critiqueSizes() sizes {
	if l.Scale.Quick {
		return sizes{demonstrations: 1000, attempted: 200, persistent: 8, refined: 4}
	}
	return sizes{demonstrations: 20_000, attempted: 4000, persistent: 64, refined: 16}
}

// critiques are the kinds of critiques, in the order of what they tell.
func critiques() []string { return []string{verdict, answered, stepWise} }

// fresh is the control: as many new answers to the bare question.
const fresh = "no critique"

// critic says something of answers to Countdown problems. The right result that
// a verdict may come with is the target, as it would be of a sum in words: not
// the way there. A diagnosis is steps, see diagnosis.
func critic(kind string, d puzzle.Domain, problems []puzzle.Problem) policy.Critiquer {
	of := make(map[string]puzzle.Problem, len(problems))
	for _, p := range problems {
		of[p.Prompt] = p
	}
	right := func(question, answer string) bool { return d.Check(of[question], answer).Correct }
	switch kind {
	case verdict:
		return policy.VerdictOnly{Right: right}
	case answered:
		return policy.VerdictAndAnswer{Right: right, Answer: func(question string) string { return fmt.Sprint(of[question].Target) }}
	}
	return policy.StepWise(func(_ context.Context, question, answer string) (string, error) {
		says, _ := diagnosis(of[question], answer)
		return says, nil
	})
}

// diagnosis is the steps of a wrong answer from which the target can still be
// reached, and the one that should have come next: "5*3=15" of "5+3=8,8+7=15".
// The last step is never among them. It comes with the right answer that it is
// the beginning of.
func diagnosis(p puzzle.Problem, answer string) (says, right string) {
	solutions := puzzle.Solutions(p)
	steps := strings.Split(answer, ",")
	for n := min(len(steps), p.Level-2); n > 0; n-- {
		good := strings.Join(steps[:n], ",") + ","
		if i := slices.IndexFunc(solutions, func(s string) bool { return strings.HasPrefix(s, good) }); i >= 0 {
			return firstSteps(solutions[i], min(n+1, p.Level-2)), solutions[i]
		}
	}
	return firstSteps(solutions[0], 1), solutions[0]
}

// firstSteps are the first n of an answer.
func firstSteps(answer string, n int) string {
	steps := strings.SplitN(answer, ",", n+1)
	return strings.Join(steps[:min(n, len(steps))], ",")
}

// readable is the longest prompt of a refinement, in bytes: little enough for
// the model to answer.
const readable = 66

// refining is the prompt of a refinement, one line: question, answer, critique. A
// long answer is cut.
func refining(w policy.Wrong) string {
	room := max(readable-len(w.Question)-len(w.Critique)-2, 0)
	return w.Question + w.Answer[:min(len(w.Answer), room)] + " " + w.Critique + ":"
}

// texts are answers of lm, one to each prompt.
func texts(ctx context.Context, lm *policy.LM, asked []string, seed uint64) ([]string, error) {
	written, err := lm.Complete(ctx, asked, completing(1, seed))
	out := make([]string, len(written))
	for i := range written {
		out[i] = written[i][0].Text
	}
	return out, err
}

// rounds is how often in its imitation a reader's own answers are criticised.
const rounds = 6

// reader is a base model that can read critiques. It imitates answers alone in
// the first of equal rounds of one run of training, and in each of the others,
// in turns, answers and refinements of the wrong ones that it gives when the
// round begins. Each kind of critique is read equally often, before the same
// right answers. Reading begins early, while the model knows little of what a
// critique tells it: one that had learned to answer first took no notice of
// critiques.
func (l *Lab) reader(ctx context.Context, d puzzle.Domain, seed uint64) (*policy.LM, error) {
	return l.Model(fmt.Sprintf("base/reader-%d", seed), func() (*policy.LM, error) {
		rng := rand.New(rand.NewPCG(seed, 5))
		lm, err := l.untrained(rng)
		if err != nil {
			return nil, err
		}
		size := l.critiqueSizes()
		problems := d.Draw(puzzle.Train, size.demonstrations, rng)
		var read []puzzle.Problem
		n, round := 0, 0
		next := func(update int) (puzzle.Problem, error) {
			if now := update * rounds / l.Scale.BaseUpdates; now > round {
				round = now
				if read, err = exercises(ctx, lm, d, problems[:size.attempted]); err != nil {
					return puzzle.Problem{}, err
				}
			}
			from := problems
			if n++; n%2 == 0 && len(read) > 0 {
				from = read
			}
			return from[rng.IntN(len(from))], nil
		}
		right := func(p puzzle.Problem) string { return cmp.Or(p.Answer, d.Demonstrate(p, rng)) }
		return lm, l.imitate(ctx, lm, l.Scale.BaseUpdates, l.demonstrations(lm, next, right))
	})
}

// exercises are the problems that lm answers wrongly, each once with every kind of
// critique of that answer in its prompt; their Answer is the one that the
// diagnosis begins, for all kinds.
func exercises(ctx context.Context, lm *policy.LM, d puzzle.Domain, problems []puzzle.Problem) ([]puzzle.Problem, error) {
	written, err := lm.Complete(ctx, prompts(problems), completing(1, 1))
	if err != nil {
		return nil, err
	}
	var out []puzzle.Problem
	for i, p := range problems {
		text := written[i][0].Text
		if d.Check(p, text).Correct {
			continue
		}
		for _, kind := range critiques() {
			says, err := critic(kind, d, problems[i:i+1]).Critique(ctx, p.Prompt, text)
			if err != nil {
				return nil, err
			}
			q := p
			q.Prompt = refining(policy.Wrong{Question: p.Prompt, Answer: text, Critique: says})
			_, q.Answer = diagnosis(p, text)
			out = append(out, q)
		}
	}
	return out, nil
}

// Mended counts groups of answers in training.
type Mended struct {
	Groups int `json:"groups"`
	Failed int `json:"failed"` // of them, all answers were wrong
	Right  int `json:"right"`  // of those, a refinement was right
}

// criticised is how Critique-GRPO samples: one answer less of each problem than
// others, and one refinement if all of them are wrong.
func (l *Lab) criticised(kind string, count *Mended) sampler {
	return func(ctx context.Context, lm *policy.LM, r train, iteration int) ([][]policy.Trajectory, error) {
		seed := r.seed<<32 | uint64(iteration)
		problems := r.domain.Draw(puzzle.Train, l.Scale.Prompts, rand.New(rand.NewPCG(seed, 2))) // those of Lab.sample
		written, err := lm.Complete(ctx, prompts(problems), completing(l.Scale.Samples-1, seed))
		if err != nil {
			return nil, err
		}
		of := make(map[string]puzzle.Problem, len(problems))
		asked := make([]policy.Asked, len(problems))
		for i, p := range problems {
			of[p.Prompt] = p
			for s := range written[i] {
				written[i][s].Trajectory.Reward = r.worth(p, written[i][s].Text)
			}
			asked[i] = policy.Asked{Question: p.Prompt, Answers: written[i]}
		}
		refiner := policy.Refiner{
			Critiquer: critic(kind, r.domain, problems), Keep: 1,
			Write: func(ctx context.Context, wrong []policy.Wrong) ([]string, error) {
				asked := make([]string, len(wrong))
				for i, w := range wrong {
					asked[i] = refining(w)
				}
				return texts(ctx, lm, asked, seed+1<<31)
			},
			Reward: func(question, answer string) float64 { return r.worth(of[question], answer) },
		}
		groups, err := refiner.Refine(ctx, lm, asked, rand.New(rand.NewPCG(seed, 6)))
		for _, g := range groups {
			count.add(g)
		}
		return groups, err
	}
}

// add counts a group; one that was refined ends in the refinement.
func (m *Mended) add(group []policy.Trajectory) {
	m.Groups++
	if last := group[len(group)-1]; last.Part == policy.Refined {
		m.Failed++
		if last.Reward > 0 {
			m.Right++
		}
	}
}

// Refinements are what a model made of test problems that it fails persistently.
type Refinements struct {
	Problems int                `json:"problems"` // asked
	Failed   int                `json:"failed"`   // of them, none of the answers was right
	Solved   map[string]float64 `json:"solved"`   // share of those with a right refinement, by the kind of critique
	Right    map[string]float64 `json:"right"`    // share of refinements that are right
}

// refinements lets lm refine, once each, the same wrong answers to what it fails
// persistently after each kind of critique.
func (l *Lab) refinements(ctx context.Context, lm *policy.LM, d puzzle.Domain) (Refinements, error) {
	r, size := Refinements{Solved: map[string]float64{}, Right: map[string]float64{}}, l.critiqueSizes()
	problems := d.Draw(puzzle.Test, 4*l.Scale.Problems, rand.New(rand.NewPCG(4, 4)))
	r.Problems = len(problems)
	written, err := lm.Complete(ctx, prompts(problems), completing(size.persistent, 1))
	if err != nil {
		return r, err
	}
	var failed []puzzle.Problem
	var wrong []policy.Wrong // refined of each of failed
	for i, p := range problems {
		if slices.ContainsFunc(written[i], func(c policy.Completion) bool { return d.Check(p, c.Text).Correct }) {
			continue
		}
		failed = append(failed, p)
		for _, c := range written[i][:size.refined] {
			wrong = append(wrong, policy.Wrong{Question: p.Prompt, Answer: c.Text})
		}
	}
	r.Failed = len(failed)
	for _, kind := range append(critiques(), fresh) {
		written, err := again(ctx, lm, kind, critic(kind, d, failed), wrong)
		if err != nil {
			return r, err
		}
		for i, p := range failed {
			right := 0
			for _, text := range written[i*size.refined : (i+1)*size.refined] {
				if d.Check(p, text).Correct {
					right++
				}
			}
			r.Solved[kind] += float64(min(right, 1)) / float64(len(failed))
			r.Right[kind] += float64(right) / float64(size.refined*len(failed))
		}
	}
	return r, nil
}

// again lets lm answer once more where it was wrong, after a critique or, as the
// control, without one.
func again(ctx context.Context, lm *policy.LM, kind string, c policy.Critiquer, wrong []policy.Wrong) ([]string, error) {
	asked := make([]string, len(wrong))
	for i, w := range wrong {
		asked[i] = w.Question
		if kind != fresh {
			says, err := c.Critique(ctx, w.Question, w.Answer)
			if err != nil {
				return nil, err
			}
			w.Critique = says
			asked[i] = refining(w)
		}
	}
	return texts(ctx, lm, asked, 2)
}

// learner is a method, and the critique that it learns from.
type learner struct {
	rival
	kind string // empty: none
}

// learners are the methods that are compared. They differ in the objective
// alone from each other and in refinements from Dr.GRPO.
func learners() []learner {
	same := func(o policy.Objective) func(float64) policy.Objective {
		return func(float64) policy.Objective { return o }
	}
	o := policy.DefaultCritiqueGRPO()
	o.Length = maxAnswer // as Dr.GRPO, so that the entropy bonus weighs the same
	out := []learner{{rival{"grpo", same(policy.DefaultGRPO())}, ""}, {rival{"dr-grpo", same(policy.DrGRPO(maxAnswer))}, ""}}
	for _, kind := range critiques() {
		out = append(out, learner{rival{"critique-grpo-" + strings.ReplaceAll(kind, " ", "-"), same(o)}, kind})
	}
	return out
}

// Learned is what a method came to under one seed.
type Learned struct {
	Curve       Curve        `json:"curve"`
	Mended      Mended       `json:"mended"`
	Before      *Refinements `json:"before,omitempty"`      // GRPO: of the base model
	Refinements *Refinements `json:"refinements,omitempty"` // GRPO: of the trained one
}

// mendIterations are those of each method.
func (l *Lab) mendIterations() int { return max(l.Scale.Iterations/2, 1) }

// answersEach is how often each test problem is answered to measure pass@1.
const answersEach = 32

// learned trains one method under one seed.
func (l *Lab) learned(ctx context.Context, m learner, r train) (Learned, error) {
	return Once(l, "critique/"+r.key(), func() (Learned, error) {
		var out Learned
		if m.kind != "" {
			r.sample = l.criticised(m.kind, &out.Mended)
		}
		var lm *policy.LM
		var err error
		if lm, out.Curve, err = l.learn(ctx, r); err != nil || m.name != "grpo" {
			return out, err
		}
		base, err := l.reader(ctx, r.domain, r.seed)
		if err != nil {
			return out, err
		}
		before, err := l.refinements(ctx, base, r.domain)
		if err != nil {
			return out, err
		}
		after, err := l.refinements(ctx, lm, r.domain)
		out.Before, out.Refinements = &before, &after
		return out, err
	})
}

// Critique puts the claim of Critique-GRPO to the test, on Countdown
// with four numbers.
func (l *Lab) Critique(ctx context.Context) (report.Study, error) {
	d := puzzle.Countdown4()
	begin := func(ctx context.Context, seed uint64) (*policy.LM, error) { return l.reader(ctx, d, seed) }
	all := learners()
	c := learnings{learners: all, rates: make([]float64, len(all)), runs: make([][]Learned, len(all))}
	for m := range all {
		c.runs[m] = make([]Learned, len(l.Seeds))
	}
	if err := l.Each(ctx, len(l.Seeds), func(ctx context.Context, i int) error {
		_, err := begin(ctx, l.Seeds[i])
		return err
	}); err != nil {
		return report.Study{}, err
	}
	of := func(m int) train {
		return train{rival: all[m].rival, domain: d, name: "countdown4-critique", begin: begin, iterations: l.mendIterations()}
	}
	if err := l.Each(ctx, len(all), func(ctx context.Context, m int) (err error) {
		r := of(m)
		if all[m].kind != "" {
			r.sample = l.criticised(all[m].kind, &Mended{})
		}
		c.rates[m], err = l.tuned(ctx, r)
		return err
	}); err != nil {
		return report.Study{}, err
	}
	if err := l.Each(ctx, len(all)*len(l.Seeds), func(ctx context.Context, i int) (err error) {
		m, seed := i%len(all), i/len(all)
		r := of(m)
		r.rate, r.seed, r.test = c.rates[m], l.Seeds[seed], answersEach
		c.runs[m][seed], err = l.learned(ctx, all[m], r)
		return err
	}); err != nil {
		return report.Study{}, err
	}
	return l.critiqueStudy(c)
}

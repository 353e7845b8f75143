package policy

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Follower is an actor that gives advice while somebody else acts.
type Follower interface {
	agent.Actor

	// Took says that, after the last observation, another action was taken than
	// the one decided on.
	Took(agent.Action)
}

// advise is what a teacher would have done at each step of an episode that
// somebody else played, as in DAgger (Ross et al. 2011, arXiv:1011.0686, alg.
// 3.1); empty where the teacher would have acted at random, which it tells by a
// probability below a half. The teacher's actors must be Followers. seed is that
// of the teacher's random source.
func advise(ctx context.Context, teacher agent.Policy, e agent.Episode, seed uint64) ([]agent.Action, error) {
	actor, err := teacher.Begin(ctx, agent.Brief{Task: e.Task, Context: e.Context, Rand: rand.New(rand.NewPCG(seed, 0))})
	if err != nil {
		return nil, fmt.Errorf("advice for episode %s: %w", e.ID, err)
	}
	f, ok := actor.(Follower)
	if !ok {
		return nil, fmt.Errorf("policy: teacher %s gives no advice: its actor is no Follower", teacher.Version())
	}
	advice := make([]agent.Action, len(e.Steps))
	for i, s := range e.Steps {
		d, err := f.Act(ctx, s.Observation)
		if err != nil {
			return nil, fmt.Errorf("advice for episode %s: step %d: %w", e.ID, i, err)
		}
		f.Took(s.Action)
		if !(sum(d.LogProbs) < math.Log(0.5)) {
			advice[i] = d.Action
		}
	}
	return advice, nil
}

func sum(xs []float64) float64 {
	s := 0.0
	for _, x := range xs {
		s += x
	}
	return s
}

// Advised is the trajectory of e with the advised actions for targets, one a
// step; "" is no advice. Where advice and action part, the advised token takes
// the place of the chosen one; what follows of that step was chosen after a
// mistake, and says so by a StepLogProb of -Inf, which [Imitation.MinProb] leaves
// out. Errors are those of [LM.Trajectory].
func (l *LM) Advised(e agent.Episode, advice []agent.Action) (Trajectory, error) {
	t, err := l.Trajectory(e)
	if err != nil {
		return t, err
	}
	if len(advice) != len(e.Steps) {
		return t, fmt.Errorf("episode %s: %d pieces of advice for %d steps", e.ID, len(advice), len(e.Steps))
	}
	next, k := 0, l.marker(e.Task, e.Context)
	for i, s := range e.Steps {
		from := next
		for next < len(t.Targets) && t.Targets[next].Step == i {
			next++
		}
		if err := l.advise(t.Targets[from:next], s, k.step(s.Observation.Admissible), advice[i]); err != nil {
			return t, fmt.Errorf("episode %s: step %d: %w", e.ID, i, err)
		}
		k.took(s.Action)
	}
	return t, nil
}

// advise makes a step's targets those of the advice.
func (l *LM) advise(targets []Target, s agent.Step, m *marks, advice agent.Action) error {
	for j := range targets {
		targets[j].OldLogProb, targets[j].StepLogProb = math.NaN(), math.Inf(-1)
	}
	if advice == "" || len(targets) == 0 {
		return nil
	}
	i := slices.Index(s.Observation.Admissible, advice)
	if i < 0 {
		return fmt.Errorf("advice %q: %w", advice, ErrNotAdmissible)
	}
	sequences, trie, err := l.trie(s.Observation.Admissible, m)
	if err != nil {
		return err
	}
	taken := sequences[slices.Index(s.Observation.Admissible, s.Action)]
	allowed := trie.Allowed(i)
	for j, token := range sequences[i] {
		if len(allowed[j]) > 1 {
			targets[0].Target = transformer.Target{Position: targets[0].Position, Token: token, Allowed: allowed[j]}
			targets[0].StepLogProb = 0
			targets = targets[1:]
		}
		if token != taken[j] {
			break
		}
	}
	return nil
}

package policy

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// Trajectory is an episode as the learner sees it: the tokens the model read
// and wrote, and which of them were choices.
type Trajectory struct {
	Tokens  []int32
	Targets []Target // in order of position
	Reward  float64  // of the whole; if it only says success: +1, else -1 (NSR, arXiv:2506.01347, sec. 2)
	Part    Part     // in its group
	Blame   Blame    // of its steps, for Attributed; nil: not known
}

// Part is what a trajectory is to its group.
type Part uint8

// The parts.
const (
	Sampled   Part = iota // written by the policy for the group's prompt
	Refined               // written after a critique of another one, scored under the bare prompt (Critique-GRPO)
	Knowledge             // a snippet that was retrieved (RLAG's z)
	Preferred             // written with the snippets in view, scored without (RLAG's y_w)
	Rejected              // written without them (RLAG's y_l)
)

// Target is one token that was chosen among several. A token that was the only
// admissible one was no choice and is not a target.
type Target struct {
	transformer.Target         // Position is an index into the trajectory's Tokens
	OldLogProb         float64 // natural log of its probability when it was chosen; NaN if the actor did not say
	StepLogProb        float64 // that of the whole action, which an actor with other tokens can still state; NaN if it did not
	Step               int     // index of the episode's step; -1 for a token that was no choice

	// What a trainer fills in for objectives that need it.
	Reference float64 // natural log of its probability under the reference policy; NaN if not known
	Value     float64 // the critic's estimate of the return from before it on; NaN if not known
}

// newTarget is a target of step 0 of which nothing else is known.
func newTarget(t transformer.Target) Target {
	nan := math.NaN()
	return Target{Target: t, OldLogProb: nan, StepLogProb: nan, Reference: nan, Value: nan}
}

// Trajectory turns an episode into what a learner of l needs. The tokens are
// the ones an LM with l's tokenizer reads when it plays the episode. It
// returns an error wrapping ErrNotAdmissible if an action was not among the
// admissible ones, and one naming the lengths if the episode does not fit the
// model.
func (l *LM) Trajectory(e agent.Episode) (Trajectory, error) {
	t := Trajectory{Reward: -1}
	if e.Outcome.Success {
		t.Reward = 1
	}
	k := l.marker(e.Task, e.Context)
	for i, s := range e.Steps {
		m := k.step(s.Observation.Admissible)
		text := prompt(s.Observation, m)
		if i == 0 {
			text = firstPrompt(e.Task, e.Context, s.Observation, m)
		}
		t.Tokens = l.tokens.Encode(t.Tokens, text)
		if err := l.appendChoice(&t, i, s, m); err != nil {
			return Trajectory{}, fmt.Errorf("episode %s: step %d: %w", e.ID, i, err)
		}
		k.took(s.Action)
	}
	// The last token is only ever predicted, never read.
	if n := l.model.Config().MaxTokens; len(t.Tokens)-1 > n {
		return Trajectory{}, fmt.Errorf("episode %s: %d tokens, the model reads %d: %w", e.ID, len(t.Tokens), n, transformer.ErrTooLong)
	}
	return t, nil
}

// Trajectories turns episodes into what a learner of l needs, but for those that do
// not fit the model.
func (l *LM) Trajectories(es []agent.Episode) ([]Trajectory, error) {
	var out []Trajectory
	for _, e := range es {
		t, err := l.Trajectory(e)
		if errors.Is(err, transformer.ErrTooLong) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// appendChoice appends the tokens of s.Action and those of them that were
// chosen among several.
func (l *LM) appendChoice(t *Trajectory, step int, s agent.Step, m *marks) error {
	i := slices.Index(s.Observation.Admissible, s.Action)
	if i < 0 {
		return fmt.Errorf("%q: %w", s.Action, ErrNotAdmissible)
	}
	sequences, trie, err := l.trie(s.Observation.Admissible, m)
	if err != nil {
		return err
	}
	action := math.NaN()
	if len(s.LogProbs) > 0 {
		action = 0
		for _, lp := range s.LogProbs {
			action += lp
		}
	}
	chosen := sequences[i]
	for j, allowed := range trie.Allowed(i) {
		if len(allowed) > 1 {
			old := math.NaN()
			if len(s.LogProbs) == len(chosen) {
				old = s.LogProbs[j]
			}
			g := newTarget(transformer.Target{Position: len(t.Tokens) + j - 1, Token: chosen[j], Allowed: allowed})
			g.OldLogProb, g.StepLogProb, g.Step = old, action, step
			t.Targets = append(t.Targets, g)
		}
	}
	t.Tokens = append(t.Tokens, chosen...)
	return nil
}

// WithText returns t with a target for every token that was no choice, over the
// whole vocabulary. Its Step is -1.
func (t Trajectory) WithText() Trajectory {
	all := make([]Target, 0, len(t.Tokens))
	next := 0
	for p := range len(t.Tokens) - 1 {
		if next < len(t.Targets) && t.Targets[next].Position == p {
			all = append(all, t.Targets[next])
			next++
			continue
		}
		g := newTarget(transformer.Target{Position: p, Token: t.Tokens[p+1]})
		g.Step = -1
		all = append(all, g)
	}
	t.Targets = all
	return t
}

// trie returns the tokens of every action, and the trie they form.
func (l *LM) trie(admissible []agent.Action, m *marks) ([][]int32, *transformer.Trie, error) {
	sequences := make([][]int32, len(admissible))
	for i, a := range admissible {
		sequences[i] = l.tokens.Encode(nil, choice(a, m))
	}
	trie, err := transformer.NewTrie(sequences)
	if err != nil {
		return nil, nil, fmt.Errorf("policy: admissible actions: %w", err)
	}
	return sequences, trie, nil
}

package policy

import (
	"fmt"
	"math"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// RLAG is reinforcement learning from augmented generation (arXiv:2509.20162):
// what a model answers with snippets Z of knowledge in its context, y_w, is
// preferred to what it answers without, y_l, and the snippets themselves are
// learned, until it answers so on its own. The loss of a group is
//
//	-log σ(Σ_z (β_z/|z|)·log π(z) + β·min(l_w, Cap) - β·max(l_l, Floor) - Margin)
//
// where l_w and l_l are the mean log-probabilities of the answers' targets.
// There is no reference policy, and nobody says which answers are right.
//
// Unlike the paper, whose loss has π(y_w|x,Z), y_w is scored under the bare
// prompt x, as y_l is: a model that learns to use a context in view need not
// learn what stands in it, and it is asked without.
type RLAG struct {
	Knowledge float64 // β_z where the two answers differ, ≥ 0
	Answers   float64 // β where they differ, > 0
	Agreed    float64 // β_z where they are the same, so that there is nothing to prefer, ≥ 0
	Cap       float64 // of l_w, ≤ 0, natural log: above it y_w is likely enough; 0: none
	Floor     float64 // of l_l, ≤ 0, natural log: below it y_l is unlikely enough; -Inf: none
	Margin    float64 // ≥ 0
}

// DefaultRLAG is the paper's settings.
func DefaultRLAG() RLAG {
	return RLAG{Knowledge: 0.2, Answers: 0.5, Agreed: 0.5, Cap: -0.2, Floor: -5, Margin: 0.8}
}

// Validate names the first field that is out of its range.
func (o RLAG) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"Knowledge", o.Knowledge, o.Knowledge >= 0 && !math.IsInf(o.Knowledge, 0), "finite and ≥ 0"},
		{"Answers", o.Answers, o.Answers > 0 && !math.IsInf(o.Answers, 0), "finite and > 0"},
		{"Agreed", o.Agreed, o.Agreed >= 0 && !math.IsInf(o.Agreed, 0), "finite and ≥ 0"},
		{"Cap", o.Cap, o.Cap <= 0 && !math.IsInf(o.Cap, 0), "finite and ≤ 0"},
		{"Floor", o.Floor, o.Floor <= 0, "≤ 0"},
		{"Margin", o.Margin, o.Margin >= 0 && !math.IsInf(o.Margin, 0), "finite and ≥ 0"},
	} {
		if !f.ok {
			return fmt.Errorf("policy: RLAG.%s is %v, must be %s", f.name, f.value, f.want)
		}
	}
	return nil
}

// Spec implements Objective.
func (RLAG) Spec() Spec { return Spec{Name: "rlag", Average: PerGroup} }

// Advantages implements Objective: the advantage of a target is the weight of
// its log-probability in the loss, β_z/|z|, β/|y_w| or -β/|y_l|. A group without
// one of the answers is as one in which they are the same. Sampled and refined
// trajectories are left out.
func (o RLAG) Advantages(groups [][]Trajectory) [][][]float64 {
	out := make([][][]float64, len(groups))
	for g, group := range groups {
		knowledge, answers := o.Agreed, 0.0
		if differ(group) {
			knowledge, answers = o.Knowledge, o.Answers
		}
		out[g] = constant([][]Trajectory{group}, func(t Trajectory) float64 {
			weight := 0.0
			switch t.Part {
			case Knowledge:
				weight = knowledge
			case Preferred:
				weight = answers
			case Rejected:
				weight = -answers
			}
			if weight == 0 {
				return Out()
			}
			return weight / float64(len(t.Targets))
		})[0]
	}
	return out
}

// differ reports whether a group has a preferred and a rejected answer, and not
// the same.
func differ(group []Trajectory) bool {
	find := func(p Part) int {
		return slices.IndexFunc(group, func(t Trajectory) bool { return t.Part == p && len(t.Targets) > 0 })
	}
	w, l := find(Preferred), find(Rejected)
	return w >= 0 && l >= 0 && !slices.Equal(group[w].Tokens, group[l].Tokens)
}

// Loss implements Objective.
func (o RLAG) Loss(group []Scored) float64 {
	z := -o.Margin
	moves := make([]bool, len(group)) // what neither cap nor floor holds
	scored := false
	for i, s := range group {
		if len(s.Advantages) == 0 || math.IsNaN(s.Advantages[0]) {
			continue
		}
		sum, weight := 0.0, 0.0
		for j, a := range s.Advantages {
			sum += a * s.LogProbs[j]
			weight += a
		}
		bound := math.Inf(1)
		switch s.Part {
		case Preferred:
			bound = weight * o.Cap // β·Cap
		case Rejected:
			bound = weight * o.Floor // -β·Floor
		}
		z += min(sum, bound)
		moves[i], scored = sum < bound, true
	}
	if !scored {
		return 0
	}
	for i, s := range group {
		for j := range s.Advantages {
			if moves[i] {
				s.Gradients[j] -= s.Advantages[j] * sigmoid(-z)
			}
		}
	}
	return -logSigmoid(z)
}

// logSigmoid is log(1/(1+exp(-z))), without overflow.
func logSigmoid(z float64) float64 { return min(z, 0) - math.Log1p(math.Exp(-math.Abs(z))) }

// sigmoid is 1/(1+exp(-z)), without overflow.
func sigmoid(z float64) float64 { return math.Exp(logSigmoid(z)) }

// Augmented is what a model answered to a prompt with and without snippets of
// knowledge in its context.
type Augmented struct {
	Snippets      []string // without the format they have in the context; none may be empty
	Prompt        string   // the bare one
	With, Without string   // answers of one line, without the newline
}

// Augmented returns a as a group for [RLAG]. It returns an error wrapping
// transformer.ErrTooLong if a part does not fit the model, and one if the prompt
// or a snippet is too short for there to be anything to predict.
func (l *LM) Augmented(a Augmented) ([]Trajectory, error) {
	preferred, err := l.Answer(a.Prompt, a.With)
	if err != nil {
		return nil, fmt.Errorf("answer with snippets: %w", err)
	}
	rejected, err := l.Answer(a.Prompt, a.Without)
	if err != nil {
		return nil, fmt.Errorf("answer without snippets: %w", err)
	}
	return l.preference(a.Snippets, preferred, rejected)
}

// AugmentedEpisodes returns two episodes of one task, one played with a context
// and one without, as a group for [RLAG]: the items of the context are the
// snippets, and choices are scored as if there had been no context. Errors are
// those of [LM.Trajectory] and [LM.Augmented].
func (l *LM) AugmentedEpisodes(with, without agent.Episode) ([]Trajectory, error) {
	if with.Task.ID != without.Task.ID {
		return nil, fmt.Errorf("policy: episodes %s and %s are of tasks %s and %s, must be of one", with.ID, without.ID, with.Task.ID, without.Task.ID)
	}
	if len(without.Context.Items) > 0 {
		return nil, fmt.Errorf("policy: episode %s has a context, must have none", without.ID)
	}
	var snippets []string
	for _, item := range with.Context.Items {
		snippets = append(snippets, item.Text)
	}
	with.Context = agent.Context{}
	preferred, err := l.Trajectory(with)
	if err != nil {
		return nil, err
	}
	for j := range preferred.Targets { // what the actor stated was with the context
		preferred.Targets[j].OldLogProb, preferred.Targets[j].StepLogProb = math.NaN(), math.NaN()
	}
	rejected, err := l.Trajectory(without)
	if err != nil {
		return nil, err
	}
	return l.preference(snippets, preferred, rejected)
}

// preference is a group of snippets, all of whose tokens but the first are
// targets, and two answers.
func (l *LM) preference(snippets []string, preferred, rejected Trajectory) ([]Trajectory, error) {
	var group []Trajectory
	for i, text := range snippets {
		tokens := l.tokens.Encode(nil, text)
		if len(tokens) < 2 {
			return nil, fmt.Errorf("policy: snippet %d has %d tokens, must have at least 2", i, len(tokens))
		}
		if n := l.model.Config().MaxTokens; len(tokens)-1 > n {
			return nil, fmt.Errorf("snippet %d: %d tokens, the model reads %d: %w", i, len(tokens), n, transformer.ErrTooLong)
		}
		group = append(group, Trajectory{Tokens: tokens, Part: Knowledge}.WithText())
	}
	preferred.Part, rejected.Part = Preferred, Rejected
	return append(group, preferred, rejected), nil
}

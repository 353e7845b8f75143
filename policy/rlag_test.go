package policy

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// scoredPart is a trajectory of n targets with one mean log-probability.
func scoredPart(p Part, token int32, n int, mean float64) Scored {
	s := Scored{
		Trajectory: Trajectory{Tokens: []int32{token}, Part: p, Targets: make([]Target, n)},
		LogProbs:   make([]float64, n), Gradients: make([]float64, n),
	}
	for j := range n { // not all alike, but for the mean
		s.LogProbs[j] = mean + 0.1*(float64(j)-float64(n-1)/2)
	}
	return s
}

func TestRLAGLoss(t *testing.T) {
	unbounded := DefaultRLAG()
	unbounded.Floor = math.Inf(-1)
	z := scoredPart(Knowledge, 1, 4, -3) // 0.2·(-3) = -0.6 where answers differ, else -1.5
	for _, tt := range []struct {
		name  string
		o     RLAG
		group []Scored
		z     float64   // what σ is taken of
		slope []float64 // weight of a target of each
	}{
		{"neither is held", DefaultRLAG(), []Scored{z, scoredPart(Preferred, 2, 2, -1), scoredPart(Rejected, 3, 5, -2)},
			-0.6 - 0.5 + 1 - 0.8, []float64{0.2 / 4, 0.5 / 2, -0.5 / 5}},
		{"preferred likely enough", DefaultRLAG(), []Scored{z, scoredPart(Preferred, 2, 2, -0.1), scoredPart(Rejected, 3, 5, -2)},
			-0.6 - 0.1 + 1 - 0.8, []float64{0.2 / 4, 0, -0.5 / 5}},
		{"rejected unlikely enough", DefaultRLAG(), []Scored{z, scoredPart(Preferred, 2, 2, -1), scoredPart(Rejected, 3, 5, -6)},
			-0.6 - 0.5 + 2.5 - 0.8, []float64{0.2 / 4, 0.5 / 2, 0}},
		{"no floor", unbounded, []Scored{z, scoredPart(Preferred, 2, 2, -1), scoredPart(Rejected, 3, 5, -6)},
			-0.6 - 0.5 + 3 - 0.8, []float64{0.2 / 4, 0.5 / 2, -0.5 / 5}},
		{"two snippets", DefaultRLAG(), []Scored{z, scoredPart(Knowledge, 4, 1, -1), scoredPart(Preferred, 2, 2, -1), scoredPart(Rejected, 3, 5, -2)},
			-0.6 - 0.2 - 0.5 + 1 - 0.8, []float64{0.2 / 4, 0.2, 0.5 / 2, -0.5 / 5}},
		{"the answers agree", DefaultRLAG(), []Scored{z, scoredPart(Preferred, 2, 2, -1), scoredPart(Rejected, 2, 2, -1)},
			-1.5 - 0.8, []float64{0.5 / 4, 0, 0}},
		{"no answer without", DefaultRLAG(), []Scored{z, scoredPart(Preferred, 2, 2, -1)}, -1.5 - 0.8, []float64{0.5 / 4, 0}},
		{"far off", DefaultRLAG(), []Scored{scoredPart(Knowledge, 1, 1, -1e6)}, -5e5 - 0.8, []float64{0.5}},
	} {
		group := make([]Trajectory, len(tt.group))
		for i := range group {
			group[i] = tt.group[i].Trajectory
		}
		scored := make([]Scored, len(group))
		for i, a := range tt.o.Advantages([][]Trajectory{group})[0] {
			scored[i] = tt.group[i]
			scored[i].Advantages, scored[i].Gradients = a, make([]float64, len(a))
		}
		want := math.Log(1 + math.Exp(-tt.z))
		if math.IsInf(want, 1) {
			want = -tt.z
		}
		if got := tt.o.Loss(scored); !(math.Abs(got-want) <= 1e-9*(1+want)) {
			t.Errorf("%s: loss %v, want %v", tt.name, got, want)
		}
		for i, s := range scored {
			for j, g := range s.Gradients {
				if want := -tt.slope[i] / (1 + math.Exp(tt.z)); !(math.Abs(g-want) <= 1e-12) {
					t.Errorf("%s: gradient of target %d of %d is %v, want %v", tt.name, j, i, g, want)
				}
			}
		}
	}
}

func TestRLAGLeavesOut(t *testing.T) {
	o := DefaultRLAG()
	group := []Scored{scoredPart(Sampled, 1, 2, -1), scoredPart(Preferred, 2, 1, -1), scoredPart(Rejected, 2, 1, -1)}
	ts := []Trajectory{group[0].Trajectory, group[1].Trajectory, group[2].Trajectory}
	for i, a := range o.Advantages([][]Trajectory{ts})[0] {
		if !math.IsNaN(a[0]) {
			t.Errorf("trajectory %d has advantage %v, want none", i, a[0])
		}
		group[i].Advantages = a
	}
	if loss := o.Loss(group); loss != 0 {
		t.Errorf("nothing scored, loss %v", loss)
	}
}

// What a model says with a snippet in view it says without, after training, and
// what it used to say it does not.
func TestRLAGLearnsWithoutContext(t *testing.T) {
	l := toyLM(t, 1)
	c := DefaultConfig()
	c.Threads = 1
	trainer, err := NewTrainer(l, c)
	if err != nil {
		t.Fatal(err)
	}
	old, err := l.Answer("open ", "blue door")
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		if _, err := trainer.Update(Imitation{}, [][]Trajectory{{old}}, 1e-2); err != nil {
			t.Fatal(err)
		}
	}
	group, err := l.Augmented(Augmented{Snippets: []string{"avoid blue", "red door open"}, Prompt: "open ", With: "red door", Without: "blue door"})
	if err != nil {
		t.Fatal(err)
	}
	var first, last Stats
	for i := range 40 {
		if last, err = trainer.Update(DefaultRLAG(), [][]Trajectory{group}, 1e-2); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = last
		}
	}
	o := CompleteOptions{Samples: 1, MaxTokens: 20, Workers: 1, Sampling: transformer.DefaultSampling()}
	o.Sampling.Temperature = 0
	got, err := l.Complete(t.Context(), []string{"open "}, o)
	if err != nil {
		t.Fatal(err)
	}
	if got[0][0].Text != "red door" || !(last.Loss < first.Loss/2) {
		t.Errorf("answer %q, loss %v → %v", got[0][0].Text, first.Loss, last.Loss)
	}
}

func TestAugmented(t *testing.T) {
	l := toyLM(t, 1)
	group, err := l.Augmented(Augmented{Snippets: []string{"avoid red", "green"}, Prompt: "open ", With: "red", Without: "blue"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		part    Part
		text    string
		targets string
	}{
		{Knowledge, "avoid red", "avoid red"}, {Knowledge, "green", "green"},
		{Preferred, "open red\n", "red\n"}, {Rejected, "open blue\n", "blue\n"},
	} {
		var spelt []int32
		for _, g := range group[i].Targets {
			spelt = append(spelt, g.Token)
		}
		got := l.tokens.Decode(spelt)
		if want.part == Knowledge { // the first token is only ever read
			got = l.tokens.Decode(group[i].Tokens[:1]) + got
		}
		if group[i].Part != want.part || l.tokens.Decode(group[i].Tokens) != want.text || got != want.targets {
			t.Errorf("trajectory %d: part %d, %q, targets %q, want %+v", i, group[i].Part, l.tokens.Decode(group[i].Tokens), got, want)
		}
	}
	long := strings.Repeat("x", 4*l.model.Config().MaxTokens)
	for _, a := range []Augmented{
		{Prompt: "open ", With: long, Without: "red"}, {Prompt: "open ", With: "red", Without: long},
		{Prompt: "open ", With: "red", Without: "blue", Snippets: []string{long}},
	} {
		if _, err := l.Augmented(a); !errors.Is(err, transformer.ErrTooLong) {
			t.Errorf("too long: %v", err)
		}
	}
	if _, err := l.Augmented(Augmented{Prompt: "open ", Snippets: []string{"ab", "q"}}); err == nil || err.Error() != "policy: snippet 1 has 1 tokens, must have at least 2" {
		t.Error(err)
	}
}

// An episode that was played with a context is scored as if there had been
// none.
func TestAugmentedEpisodes(t *testing.T) {
	l := toyLM(t, 1)
	es := toyPlay(t, l, toyTasks(0, 1), 3, 2)
	without, with := es[0], es[0]
	with.Context = agent.Context{Items: []agent.Item{{ID: "a", Text: "avoid red door"}}}
	bare, err := l.Trajectory(without)
	if err != nil {
		t.Fatal(err)
	}
	group, err := l.AugmentedEpisodes(with, without)
	if err != nil {
		t.Fatal(err)
	}
	if len(group) != 3 || l.tokens.Decode(group[0].Tokens) != "avoid red door" || group[0].Part != Knowledge || group[1].Part != Preferred || group[2].Part != Rejected {
		t.Fatalf("group %+v", group)
	}
	for _, tr := range group[1:] {
		if l.tokens.Decode(tr.Tokens) != l.tokens.Decode(bare.Tokens) || len(tr.Targets) != len(bare.Targets) {
			t.Errorf("tokens %q, want %q", l.tokens.Decode(tr.Tokens), l.tokens.Decode(bare.Tokens))
		}
	}
	if !math.IsNaN(group[1].Targets[0].OldLogProb) || math.IsNaN(group[2].Targets[0].OldLogProb) {
		t.Error("the probabilities stated are those with the context for one, without it for the other")
	}
	if len(with.Context.Items) != 1 {
		t.Error("the episode was changed")
	}
	other := without
	other.Task.ID = "another"
	for _, pair := range [][2]agent.Episode{{with, other}, {with, with}} {
		if _, err := l.AugmentedEpisodes(pair[0], pair[1]); err == nil {
			t.Error("accepted")
		}
	}
}

func TestRLAGErrors(t *testing.T) {
	for _, tt := range []struct {
		change func(*RLAG)
		want   string
	}{
		{func(o *RLAG) { o.Knowledge = -1 }, "policy: RLAG.Knowledge is -1, must be finite and ≥ 0"},
		{func(o *RLAG) { o.Answers = 0 }, "policy: RLAG.Answers is 0, must be finite and > 0"},
		{func(o *RLAG) { o.Agreed = math.NaN() }, "policy: RLAG.Agreed is NaN, must be finite and ≥ 0"},
		{func(o *RLAG) { o.Cap = 0.1 }, "policy: RLAG.Cap is 0.1, must be finite and ≤ 0"},
		{func(o *RLAG) { o.Floor = 1 }, "policy: RLAG.Floor is 1, must be ≤ 0"},
		{func(o *RLAG) { o.Margin = math.Inf(1) }, "policy: RLAG.Margin is +Inf, must be finite and ≥ 0"},
	} {
		o := DefaultRLAG()
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		tt.change(&o)
		if err := o.Validate(); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

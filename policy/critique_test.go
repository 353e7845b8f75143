package policy

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func TestCritiqueGRPO(t *testing.T) {
	o := DefaultCritiqueGRPO()
	// Three wrong answers and a right refinement: mean 1/4.
	group := []Trajectory{{}, {}, {}, {Reward: 1, Part: Refined}}
	for i := range group {
		group[i].Targets = make([]Target, 2)
	}
	for i, a := range o.Advantages([][]Trajectory{group})[0] {
		if want := []float64{-0.25, -0.25, -0.25, 0.75}[i]; len(a) != 2 || a[0] != want || a[1] != want {
			t.Errorf("trajectory %d has advantages %v, want %v", i, a, want)
		}
	}
	for _, tt := range []struct {
		name                   string
		part                   Part
		p, old, a              float64
		wantLoss, wantGradient float64
	}{
		{"sampled, on policy", Sampled, 0.5, 0.5, -0.25, 0.25, 0.25},
		{"sampled, clipped", Sampled, 0.3, 0.5, -0.25, 0.2, 0},
		{"refined, at gamma", Refined, 0.1, 0.9, 0.75, -0.375, -0.1875},
		{"refined, sure", Refined, 0.9, 0.1, 0.75, -0.675, -0.0675},
		{"refined, wrong", Refined, 0.4, math.NaN(), -0.5, 0.4, 0.08},
	} {
		s := []Scored{{
			Trajectory: Trajectory{Part: tt.part, Targets: []Target{{OldLogProb: math.Log(tt.old)}}},
			Advantages: []float64{tt.a}, LogProbs: []float64{math.Log(tt.p)}, Gradients: []float64{0},
		}}
		loss := o.Loss(s)
		if g := s[0].Gradients[0]; !(math.Abs(loss-tt.wantLoss) <= 1e-12) || !(math.Abs(g-tt.wantGradient) <= 1e-12) {
			t.Errorf("%s: loss %v, gradient %v, want %v and %v", tt.name, loss, g, tt.wantLoss, tt.wantGradient)
		}
	}
	for _, bad := range []CritiqueGRPO{{Length: 1}, {Gamma: 0.1}, {Gamma: 0.1, Length: 1, ClipLow: -1}, {Gamma: math.NaN(), Length: 1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
}

// recalls is a memory that always recalls the same.
type recalls agent.Context

func (r recalls) Recall(context.Context, agent.Task, int) (agent.Context, error) {
	if len(r.Items) == 0 {
		return agent.Context{}, errors.New("gone")
	}
	return agent.Context(r), nil
}

func TestCritiquers(t *testing.T) {
	right := func(question, answer string) bool { return question == "6*7" && answer == "42" }
	task := func(question string) agent.Task { return agent.Task{ID: question} }
	items := []agent.Item{{Kind: agent.KindDemonstration, Text: "42"}, {Kind: agent.KindLesson, Text: "carry"}, {Kind: agent.KindLesson, Text: "check"}}
	steps := StepWise(func(_ context.Context, question, answer string) (string, error) { return question + "!=" + answer, nil })
	for _, tt := range []struct {
		c            Critiquer
		answer, want string
	}{
		{VerdictOnly{right}, "42", "right"},
		{VerdictOnly{right}, "41", "wrong"},
		{VerdictAndAnswer{right, func(string) string { return "42" }}, "41", "wrong: 42"},
		{steps, "41", "6*7!=41"},
		{Lessons{Recaller: recalls{Items: items}, Task: task}, "41", "carry\ncheck"},
		{Lessons{Recaller: recalls{Items: items[:1]}, Task: task}, "41", ""},
	} {
		if got, err := tt.c.Critique(t.Context(), "6*7", tt.answer); err != nil || got != tt.want {
			t.Errorf("%T says of %s: %q, %v, want %q", tt.c, tt.answer, got, err, tt.want)
		}
	}
	if _, err := (Lessons{Recaller: recalls{}, Task: task}).Critique(t.Context(), "6*7", ""); err == nil || err.Error() != "task 6*7: lessons: gone" {
		t.Error(err)
	}
}

// toyAsked is a question with three answers, one of which may be right.
func toyAsked(t *testing.T, l *LM, question string, rewards ...float64) Asked {
	t.Helper()
	a := Asked{Question: question}
	for i, r := range rewards {
		text := string(rune('a' + i))
		tr, err := l.Answer(question, text)
		if err != nil {
			t.Fatal(err)
		}
		tr.Reward = r
		a.Answers = append(a.Answers, Completion{Text: text, Ended: true, Trajectory: tr})
	}
	return a
}

func TestRefine(t *testing.T) {
	l := toyLM(t, 1)
	asked := []Asked{toyAsked(t, l, "red>", -1, -1, -1), toyAsked(t, l, "blue>", -1, 1), toyAsked(t, l, "gate>", -1, -1)}
	var seen []Wrong
	r := Refiner{
		Critiquer: StepWise(func(_ context.Context, _, answer string) (string, error) { return "not " + answer, nil }),
		Write: func(_ context.Context, wrong []Wrong) ([]string, error) {
			seen = wrong
			return []string{"no", "door", "no", "open", "avoid"}, nil
		},
		Reward: func(question, answer string) float64 {
			if question == "red>" && answer == "door" {
				return 1
			}
			return -1
		},
		Keep: 1,
	}
	refine := func(keep int, seed uint64) [][]Trajectory {
		t.Helper()
		r.Keep = keep
		groups, err := r.Refine(t.Context(), l, asked, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			t.Fatal(err)
		}
		return groups
	}
	drawn := map[string]bool{}
	for seed := range uint64(20) {
		groups := refine(1, seed)
		if len(groups[0]) != 4 || len(groups[1]) != 2 || len(groups[2]) != 3 {
			t.Fatalf("groups of %d, %d and %d", len(groups[0]), len(groups[1]), len(groups[2]))
		}
		// The right one is kept, and is an answer to the bare question.
		want, err := l.Answer("red>", "door")
		if err != nil {
			t.Fatal(err)
		}
		got := groups[0][3]
		if got.Part != Refined || got.Reward != 1 || !slices.Equal(got.Tokens, want.Tokens) || len(got.Targets) != len(want.Targets) || !math.IsNaN(got.Targets[0].OldLogProb) {
			t.Errorf("seed %d keeps %+v", seed, got)
		}
		other := groups[2][2]
		if other.Part != Refined || other.Reward != -1 || groups[0][0].Part != Sampled {
			t.Errorf("seed %d keeps %+v", seed, other)
		}
		drawn[l.tokens.Decode(other.Tokens)] = true
		if again := refine(1, seed); !slices.Equal(again[2][2].Tokens, other.Tokens) {
			t.Errorf("seed %d keeps now this, now that", seed)
		}
	}
	if !reflect.DeepEqual(drawn, map[string]bool{"gate>open\n": true, "gate>avoid\n": true}) {
		t.Errorf("of wrong refinements %v were drawn", drawn)
	}
	if len(seen) != 5 || seen[1] != (Wrong{"red>", "b", "not b"}) || seen[4] != (Wrong{"gate>", "b", "not b"}) {
		t.Errorf("asked to refine %v", seen)
	}
	if groups := refine(5, 1); len(groups[0]) != 6 || groups[0][3].Reward != 1 || groups[0][4].Reward != -1 || len(groups[2]) != 4 {
		t.Errorf("up to five: groups of %d and %d", len(groups[0]), len(groups[2]))
	}
	r.Write = func(context.Context, []Wrong) ([]string, error) { return nil, nil }
	if _, err := r.Refine(t.Context(), l, asked, rand.New(rand.NewPCG(1, 0))); err == nil || err.Error() != "policy: Refiner.Write wrote 0 refinements of 5 answers" {
		t.Error(err)
	}
	if groups, err := r.Refine(t.Context(), l, asked[1:2], nil); err != nil || len(groups[0]) != 2 {
		t.Errorf("nothing to refine: %v, %v", groups, err)
	}
	if r.Keep = 0; r.Validate() == nil {
		t.Error("keeps nothing, and is valid")
	}
}

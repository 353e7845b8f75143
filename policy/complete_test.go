package policy

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// What was drawn is what a learner scores, whoever else is written to.
func TestComplete(t *testing.T) {
	l := toyLM(t, 1)
	o := CompleteOptions{Samples: 3, Sampling: transformer.DefaultSampling(), MaxTokens: 12, Seed: 7, Workers: 1}
	prompts := make([]string, 100)
	for i := range prompts {
		prompts[i] = strings.Repeat("ab ", 1+i%5)
	}
	one, err := l.Complete(t.Context(), prompts, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Workers = 4
	many, err := l.Complete(t.Context(), prompts, o)
	if err != nil {
		t.Fatal(err)
	}
	pass := transformer.NewPass(l.model, 1)
	different, ended := false, 0
	for p := 5; p < len(prompts); p += 5 { // the same prompt at other places
		if one[p][0].Text != one[0][0].Text {
			break
		} else if p+5 >= len(prompts) {
			t.Error("the answer to a prompt does not depend on its place")
		}
	}
	for p := range prompts {
		for s, c := range one[p] {
			if !reflect.DeepEqual(c.Text, many[p][s].Text) || !reflect.DeepEqual(c.Trajectory.Tokens, many[p][s].Trajectory.Tokens) {
				t.Fatalf("prompt %d sample %d depends on the number of workers", p, s)
			}
			different = different || c.Text != one[p][0].Text
			want := prompts[p] + c.Text
			if c.Ended {
				want += "\n"
				ended++
			}
			if got := l.tokens.Decode(c.Trajectory.Tokens); got != want {
				t.Fatalf("trajectory spells %q, want %q", got, want)
			}
			b := packAll(c.Trajectory)
			logProb, _, err := pass.Forward(&b.Batch)
			if err != nil {
				t.Fatal(err)
			}
			for j, lp := range logProb {
				if diff := math.Abs(float64(lp) - c.Trajectory.Targets[j].OldLogProb); !(diff <= 1e-4) {
					t.Fatalf("target %d: learner %v, actor %v", j, lp, c.Trajectory.Targets[j].OldLogProb)
				}
			}
		}
	}
	if !different || ended == len(prompts)*3 {
		t.Errorf("samples differ: %v; %d ended", different, ended)
	}
}

// An answer that was imitated is given.
func TestAnswer(t *testing.T) {
	l := toyLM(t, 1)
	c := DefaultConfig()
	c.Threads = 1
	trainer, err := NewTrainer(l, c)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := l.Answer("open ", "red door")
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		if _, err := trainer.Update(Imitation{}, [][]Trajectory{{tr}}, 1e-2); err != nil {
			t.Fatal(err)
		}
	}
	o := CompleteOptions{Samples: 1, MaxTokens: 20, Workers: 1, Sampling: transformer.DefaultSampling()}
	o.Sampling.Temperature = 0
	got, err := l.Complete(t.Context(), []string{"open "}, o)
	if err != nil {
		t.Fatal(err)
	}
	if got[0][0].Text != "red door" || !got[0][0].Ended {
		t.Errorf("answer %+v", got[0][0])
	}
}

func TestCompleteErrors(t *testing.T) {
	l := toyLM(t, 1)
	good := CompleteOptions{Samples: 1, MaxTokens: 2, Workers: 1, Sampling: transformer.DefaultSampling()}
	for _, tt := range []struct {
		change func(*CompleteOptions)
		want   string
	}{
		{func(o *CompleteOptions) { o.Samples = 0 }, "CompleteOptions.Samples is 0, must be > 0"},
		{func(o *CompleteOptions) { o.MaxTokens = -1 }, "CompleteOptions.MaxTokens is -1, must be > 0"},
		{func(o *CompleteOptions) { o.Workers = 0 }, "CompleteOptions.Workers is 0, must be > 0"},
		{func(o *CompleteOptions) { o.Sampling.TopP = 2 }, "TopP"},
	} {
		o := good
		tt.change(&o)
		if _, err := l.Complete(t.Context(), []string{"x"}, o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	long := strings.Repeat("x", l.model.Config().MaxTokens*4)
	for _, prompt := range []string{"", long} {
		if _, err := l.Complete(t.Context(), []string{"x", prompt}, good); !errors.Is(err, transformer.ErrTooLong) || !strings.HasPrefix(err.Error(), "prompt 1: ") {
			t.Errorf("prompt of %d bytes: %v", len(prompt), err)
		}
		if _, err := l.Answer(prompt, "y"); !errors.Is(err, transformer.ErrTooLong) {
			t.Errorf("answer to %d bytes: %v", len(prompt), err)
		}
	}
}

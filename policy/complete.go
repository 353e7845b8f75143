package policy

import (
	"context"
	"fmt"
	"math/rand/v2"

	"golang.org/x/sync/errgroup"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// CompleteOptions says how an LM goes on with prompts.
type CompleteOptions struct {
	Samples   int                  // of each prompt, > 0
	Sampling  transformer.Sampling // begin with transformer.DefaultSampling; other than its temperature of 1 is off policy
	MaxTokens int                  // of an answer, > 0
	Seed      uint64               // with the place of prompt and sample it gives the answer
	Workers   int                  // > 0; the result does not depend on it
}

// Validate names the first field that is out of its range.
func (o CompleteOptions) Validate() error {
	for _, f := range []struct {
		name string
		n    int
	}{{"Samples", o.Samples}, {"MaxTokens", o.MaxTokens}, {"Workers", o.Workers}} {
		if f.n < 1 {
			return fmt.Errorf("policy: CompleteOptions.%s is %d, must be > 0", f.name, f.n)
		}
	}
	return o.Sampling.Validate()
}

// Completion is an answer of one line.
type Completion struct {
	Text       string     // without the newline
	Ended      bool       // there was a newline; else the answer was cut
	Trajectory Trajectory // prompt and answer; each token of the answer is a target, over the whole vocabulary
}

// answerEnd ends an answer.
const answerEnd = "\n"

// completed is how many samples a worker writes together.
const completed = 512

// Complete writes answers of one line to prompts: result[p][s] is sample s of
// prompt p. A prompt that leaves no room for MaxTokens is an error wrapping
// transformer.ErrTooLong.
func (l *LM) Complete(ctx context.Context, prompts []string, o CompleteOptions) ([][]Completion, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	out := make([][]Completion, len(prompts))
	for p := range out {
		out[p] = make([]Completion, o.Samples)
	}
	w := completer{lm: l, o: o, text: make([]string, l.tokens.Vocab())}
	for t := range w.text {
		w.text[t] = l.tokens.Decode([]int32{int32(t)})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(o.Workers)
	together := max(completed/o.Samples, 1)
	for from := 0; from < len(prompts); from += together {
		to := min(from+together, len(prompts))
		g.Go(func() error { return w.write(ctx, out[from:to], prompts[from:to], from) })
	}
	return out, g.Wait()
}

// completer is what the workers of a Complete share.
type completer struct {
	lm   *LM
	o    CompleteOptions
	text []string // of each token
}

// write fills out with the answers to prompts, the first of which is prompt
// number from.
func (w completer) write(ctx context.Context, out [][]Completion, prompts []string, from int) error {
	groups := make([]transformer.Group, len(prompts))
	for p, text := range prompts {
		g := &groups[p]
		g.Tokens = w.lm.tokens.Encode(nil, text)
		room := len(g.Tokens) + w.o.MaxTokens
		if most := w.lm.model.Config().MaxTokens; room > most || len(g.Tokens) == 0 {
			return fmt.Errorf("prompt %d: %d tokens and %d of an answer, the model reads 1 to %d: %w", from+p, len(g.Tokens), w.o.MaxTokens, most, transformer.ErrTooLong)
		}
		for s := range w.o.Samples {
			g.Rand = append(g.Rand, rand.New(rand.NewPCG(w.o.Seed, uint64(from+p)<<32|uint64(s))))
		}
	}
	written, err := w.lm.model.NewDecoder(1).Sample(ctx, groups, transformer.GenerateOptions{
		Sampling: w.o.Sampling, MaxTokens: w.o.MaxTokens, StopStrings: []string{answerEnd},
		Bytes: func(dst []byte, _ int, token int32) []byte { return append(dst, w.text[token]...) },
	})
	if err != nil {
		return err
	}
	for p, samples := range written {
		for s, c := range samples {
			out[p][s] = Completion{
				Text: string(c.Text), Ended: c.End == transformer.AtStopString,
				Trajectory: answer(groups[p].Tokens, c.Tokens, c.LogProbs),
			}
		}
	}
	return nil
}

// Answer is the trajectory of a prompt and an answer of one line that somebody
// else wrote: OldLogProb is not known. The answer's end is a target, too. It
// returns an error wrapping transformer.ErrTooLong if it does not fit the model,
// and one if the prompt is empty.
func (l *LM) Answer(prompt, text string) (Trajectory, error) {
	p, a := l.tokens.Encode(nil, prompt), l.tokens.Encode(nil, text+answerEnd)
	if n := l.model.Config().MaxTokens; len(p) == 0 || len(p)+len(a)-1 > n {
		return Trajectory{}, fmt.Errorf("prompt of %d tokens, answer of %d, the model reads 1 to %d: %w", len(p), len(a), n, transformer.ErrTooLong)
	}
	return answer(p, a, nil), nil
}

// Text is what t's tokens stand for.
func (l *LM) Text(t Trajectory) string { return l.tokens.Decode(t.Tokens) }

// answer is a trajectory whose targets are the tokens after prompt. logProbs
// may be nil.
func answer(prompt, tokens []int32, logProbs []float64) Trajectory {
	t := Trajectory{Tokens: append(append(make([]int32, 0, len(prompt)+len(tokens)), prompt...), tokens...)}
	for j, token := range tokens {
		g := newTarget(transformer.Target{Position: len(prompt) + j - 1, Token: token})
		if logProbs != nil {
			g.OldLogProb = logProbs[j]
		}
		t.Targets = append(t.Targets, g)
	}
	return t
}

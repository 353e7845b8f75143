package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/pflag"
	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/langchain"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/shipped"
)

// The policies that are not files.
const (
	policyShipped = "shipped"
	policyRandom  = "random"
	policyExpert  = "expert"
)

// policyOptions are the flags that say who acts.
type policyOptions struct {
	name        string
	temperature float64 // -1: the policy's own
	model       string
	baseURL     string
}

func (o *policyOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.name, "policy", policyShipped, "who acts: shipped, random, expert, or a policy file")
	f.Float64Var(&o.temperature, "temperature", -1, "of the local policy's actions; 0 is greedy, -1 is what its file says")
	f.StringVar(&o.model, "model", "", "let a language model act instead: openai:NAME (key: $OPENAI_API_KEY) or ollama:NAME")
	f.StringVar(&o.baseURL, "base-url", "", "where the model is served, if not at its usual place")
}

// openedPolicy is a policy that is ready to act.
type openedPolicy struct {
	agent.Policy
	countTokens func(string) int // in the policy's own tokens; nil: it has none
}

// open opens the policy that o names.
func (o policyOptions) open(ctx context.Context, s suiteOptions) (openedPolicy, error) {
	if o.model != "" {
		return o.openModel(ctx)
	}
	if o.baseURL != "" {
		return openedPolicy{}, usagef("--base-url %s: needs --model", o.baseURL)
	}
	p, err := openPolicy(o.name, s)
	if err != nil || o.temperature == -1 {
		return p, err
	}
	lm, ok := p.Policy.(*policy.LM)
	if !ok {
		return p, usagef("--temperature %v: policy %s has none", o.temperature, o.name)
	}
	if lm, err = lm.WithTemperature(o.temperature); err != nil {
		return p, usagef("--temperature %v: must not be negative, but for -1", o.temperature)
	}
	p.Policy = lm
	return p, nil
}

// openPolicy opens a policy for a suite by its name: shipped, random, expert,
// or the path of a policy file.
func openPolicy(name string, s suiteOptions) (openedPolicy, error) {
	switch name {
	case policyRandom:
		return openedPolicy{Policy: random{}}, nil
	case policyExpert:
		known, err := s.known()
		if err != nil {
			return openedPolicy{}, fmt.Errorf("policy expert: games to count on: %w", err)
		}
		return openedPolicy{Policy: household.NewExpert(household.Count(known), household.ExpertOptions{})}, nil
	case policyShipped:
		lm, _, err := policy.Load(shipped.Household())
		if err != nil {
			return openedPolicy{}, fmt.Errorf("policy shipped: %w", err)
		}
		return openedPolicy{lm, lm.CountTokens}, nil
	}
	lm, _, err := policy.LoadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return openedPolicy{}, usagef("--policy %s: neither shipped, random, expert nor a file", name)
	}
	if err != nil {
		return openedPolicy{}, fmt.Errorf("policy %w", err)
	}
	return openedPolicy{lm, lm.CountTokens}, nil
}

// openModel opens a language model behind a server and asks it one thing, so
// that a wrong name, address or key is found before the first episode.
func (o policyOptions) openModel(ctx context.Context) (openedPolicy, error) {
	m, err := langchain.Open(o.model, langchain.Server{BaseURL: o.baseURL, Key: os.Getenv("OPENAI_API_KEY")})
	switch {
	case errors.Is(err, langchain.ErrSpec):
		return openedPolicy{}, usagef("--model %s: %w", o.model, langchain.ErrSpec)
	case errors.Is(err, langchain.ErrNoKey):
		return openedPolicy{}, usagef("--model %s: $OPENAI_API_KEY must hold a key, or --base-url name a server that needs none", o.model)
	case err != nil:
		return openedPolicy{}, usagef("--base-url: %w", err)
	}
	if _, err := llms.GenerateFromSinglePrompt(ctx, m, "Answer with the word ready.", llms.WithMaxTokens(16)); err != nil {
		return openedPolicy{}, fmt.Errorf("model %s does not answer: %w", o.model, err)
	}
	p, err := langchain.New(m, o.model, langchain.Options{})
	return openedPolicy{Policy: p}, err
}

// random takes any admissible action, each with the same probability: the
// floor of every suite.
type random struct{}

func (random) Version() string { return policyRandom }

func (random) Begin(_ context.Context, b agent.Brief) (agent.Actor, error) {
	return randomActor{b}, nil
}

type randomActor struct{ brief agent.Brief }

func (r randomActor) Act(_ context.Context, obs agent.Observation) (agent.Decision, error) {
	if len(obs.Admissible) == 0 {
		return agent.Decision{}, errors.New("random: no admissible actions to choose from")
	}
	return agent.Decision{Action: obs.Admissible[r.brief.Rand.IntN(len(obs.Admissible))]}, nil
}

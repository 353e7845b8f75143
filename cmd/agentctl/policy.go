package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/pflag"
	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/langchain"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/policy"
	local "github.com/surefoot-ai/surefoot/policy/langchain"
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
	f.StringVar(&o.model, "model", "", "let a language model act instead: openai:NAME (key: $OPENAI_API_KEY), ollama:NAME or folder:DIR (of Hugging Face's)")
	f.StringVar(&o.baseURL, "base-url", "", "where the model is served, if not at its usual place")
}

// openedPolicy is a policy that is ready to act.
type openedPolicy struct {
	agent.Policy
	countTokens func(string) int // in the policy's own tokens; nil: it has none
}

// open opens the policy that o names, to be used by so many workers at once; 0:
// one per processor.
func (o policyOptions) open(ctx context.Context, s suiteOptions, workers int) (openedPolicy, error) {
	if o.model != "" {
		return o.openModel(ctx, workers)
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

// openModel opens a language model as a policy.
func (o policyOptions) openModel(ctx context.Context, workers int) (openedPolicy, error) {
	m, err := o.languageModel(ctx, workers)
	if err != nil {
		return openedPolicy{}, err
	}
	p, err := langchain.New(m, o.model, langchain.Options{})
	return openedPolicy{Policy: p}, err
}

// languageModel opens a language model and asks it one thing, so that a wrong
// name, address or key, or a model that is none for chats, is found before there is
// work for it.
func (o policyOptions) languageModel(ctx context.Context, workers int) (llms.Model, error) {
	open := o.openServer
	if strings.HasPrefix(o.model, folderSpec) {
		open = func() (llms.Model, error) { return o.openFolder(workers) }
	}
	m, err := open()
	if err != nil {
		return nil, err
	}
	question := []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, "You reply with one word."),
		llms.TextParts(llms.ChatMessageTypeHuman, "Answer with the word ready."),
	}
	if _, err := m.GenerateContent(ctx, question, llms.WithMaxTokens(16)); err != nil {
		return nil, fmt.Errorf("model %s does not answer: %w", o.model, err)
	}
	return m, nil
}

// folderSpec begins the name of a model that is a folder, and not behind a
// server.
const folderSpec = "folder:"

func (o policyOptions) openServer() (llms.Model, error) {
	m, err := langchain.Open(o.model, langchain.Server{BaseURL: o.baseURL, Key: os.Getenv("OPENAI_API_KEY")})
	switch {
	case errors.Is(err, langchain.ErrSpec):
		return nil, usagef(`--model %s: must be "openai:NAME", "ollama:NAME" or "folder:DIR"`, o.model)
	case errors.Is(err, langchain.ErrNoKey):
		return nil, usagef("--model %s: $OPENAI_API_KEY must hold a key, or --base-url name a server that needs none", o.model)
	case err != nil:
		return nil, usagef("--base-url: %w", err)
	}
	return m, nil
}

// openFolder opens a model that workers share: each has an episode of its own
// to go on with. Its files stay open until the process ends.
func (o policyOptions) openFolder(workers int) (llms.Model, error) {
	dir := strings.TrimPrefix(o.model, folderSpec)
	if o.baseURL != "" {
		return nil, usagef("--base-url %s: --model %s has no server", o.baseURL, o.model)
	}
	if dir == "" {
		return nil, usagef("--model %s: names no folder", o.model)
	}
	processors := runtime.GOMAXPROCS(0)
	if workers == 0 {
		workers = processors
	}
	m, err := local.Open(dir, local.Options{Chat: policy.ChatModelOptions{
		Threads: max(processors/workers, 1), IdleCaches: workers,
	}})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("--model %s: %w", o.model, err)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
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

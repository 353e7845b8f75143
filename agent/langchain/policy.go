package langchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/agent"
)

// Options configures a Policy. The zero Options is usable; a temperature of 0
// is greedy.
type Options struct {
	Temperature     float64       // of sampling, ≥ 0
	MaxTokens       int           // of one reply; 0: DefaultMaxTokens
	MaxHistoryBytes int           // of earlier steps in a prompt, the oldest being left out; 0: DefaultMaxHistoryBytes
	Timeout         time.Duration // of one call; 0: DefaultTimeout
	Attempts        int           // calls for one reply, if those before had transient errors; 0: DefaultAttempts

	// Sleep waits for d or until ctx ends, then returning its error. Nil: it
	// really does.
	Sleep func(ctx context.Context, d time.Duration) error

	// CountTokens estimates the tokens of a text where the model does not
	// report them. Nil: a quarter of the bytes.
	CountTokens func(string) int
}

// Defaults of Options.
const (
	DefaultMaxTokens       = 512
	DefaultMaxHistoryBytes = 24_000
	DefaultTimeout         = 2 * time.Minute
	DefaultAttempts        = 4
)

// ErrNoModel is returned by [New] without a model.
var ErrNoModel = errors.New("langchain: no model")

// Policy is an agent.Policy that asks a language model for every action. It is
// safe for concurrent use if the model is.
//
// The prompt holds the context, each item between <recalled> and </recalled>;
// the task; the steps so far; the observation; and the admissible actions if
// there are any. [Match] says how a reply becomes an action. A reply that
// matches none is asked for once more; if that does not match either, the
// action is what was replied, for the environment and the loop to deal with.
//
// The seed of each call is drawn from the episode's random source. A server
// that honours seeds makes episodes repeatable.
type Policy struct {
	model   llms.Model
	version string
	o       Options
}

// New returns a policy by model. The spec, "openai:gpt-4o" say, names the
// model in the policy's version. It returns ErrNoModel, or an error naming the
// option that is out of range.
func New(model llms.Model, spec string, o Options) (*Policy, error) {
	if model == nil {
		return nil, ErrNoModel
	}
	for _, f := range []struct {
		name string
		ok   bool
		v    any
	}{
		{"Temperature", o.Temperature >= 0, o.Temperature},
		{"MaxTokens", o.MaxTokens >= 0, o.MaxTokens},
		{"MaxHistoryBytes", o.MaxHistoryBytes >= 0, o.MaxHistoryBytes},
		{"Timeout", o.Timeout >= 0, o.Timeout},
		{"Attempts", o.Attempts >= 0, o.Attempts},
	} {
		if !f.ok {
			return nil, fmt.Errorf("langchain: Options.%s is %v, must not be negative", f.name, f.v)
		}
	}
	o = o.withDefaults()
	return &Policy{model: model, version: version(spec, o), o: o}, nil
}

func (o Options) withDefaults() Options {
	if o.MaxTokens == 0 {
		o.MaxTokens = DefaultMaxTokens
	}
	if o.MaxHistoryBytes == 0 {
		o.MaxHistoryBytes = DefaultMaxHistoryBytes
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Attempts == 0 {
		o.Attempts = DefaultAttempts
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.CountTokens == nil {
		o.CountTokens = func(s string) int { return (len(s) + 3) / 4 }
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// version is spec and a digest of everything else the actions depend on: the
// words of the prompt and the options. Its 32 bits tell apart 100 prompts with
// a chance of collision of about 1e-6.
func version(spec string, o Options) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %v %d %d", wording, o.Temperature, o.MaxTokens, o.MaxHistoryBytes))
	return spec + "@" + hex.EncodeToString(sum[:4])
}

// Version implements agent.Policy: the spec, "@", and a digest of the prompt's
// wording and the options.
func (p *Policy) Version() string { return p.version }

// Begin implements agent.Policy.
func (p *Policy) Begin(_ context.Context, b agent.Brief) (agent.Actor, error) {
	return &actor{policy: p, brief: b}, nil
}

// actor is a Policy in the middle of an episode.
type actor struct {
	policy *Policy
	brief  agent.Brief
	past   []turn
}

// Act implements agent.Actor. Its errors wrap *agent.FailureError, but for
// that of ctx.
func (a *actor) Act(ctx context.Context, obs agent.Observation) (agent.Decision, error) {
	seed := 0
	if a.brief.Rand != nil {
		seed = int(a.brief.Rand.Int32())
	}
	messages := a.prompt(obs)
	var d agent.Decision
	for try := range 2 {
		text, tokens, err := a.policy.ask(ctx, messages, seed)
		d.Tokens += tokens
		if err != nil {
			return d, err
		}
		action, ok := Match(text, obs.Admissible)
		d.Action = action
		if ok || try == 1 {
			break
		}
		messages = append(messages, said(llms.ChatMessageTypeAI, text), said(llms.ChatMessageTypeHuman, again(action)))
	}
	a.past = append(a.past, turn{obs.Text, d.Action})
	return d, nil
}

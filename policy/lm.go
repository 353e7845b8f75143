package policy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/tokenizer"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// LM is a policy whose actions a transformer writes, token by token, inside
// the trie of the admissible actions: an exact, normalised distribution over
// them. It implements agent.Policy.
type LM struct {
	model       *transformer.Model
	tokens      *tokenizer.Tokenizer
	temperature float64
	marked      bool // it reads and writes marks
	version     string
}

// NewLM returns a policy over m. The temperature is that of acting, ≥ 0; 0 is
// greedy. The version is recorded in every episode; it must change whenever m
// does. It returns an error if the vocabularies differ.
func NewLM(m *transformer.Model, t *tokenizer.Tokenizer, temperature float64, version string) (*LM, error) {
	if m.Config().Vocab != t.Vocab() {
		return nil, fmt.Errorf("policy: model has %d tokens, tokenizer %d", m.Config().Vocab, t.Vocab())
	}
	if !(temperature >= 0) {
		return nil, fmt.Errorf("policy: temperature is %v, must not be negative", temperature)
	}
	return &LM{model: m, tokens: t, temperature: temperature, version: version}, nil
}

// Version implements agent.Policy.
func (l *LM) Version() string { return l.version }

// Temperature is that of acting.
func (l *LM) Temperature() float64 { return l.temperature }

// WithTemperature returns a policy over the same model that acts at
// temperature.
func (l *LM) WithTemperature(temperature float64) (*LM, error) {
	n, err := NewLM(l.model, l.tokens, temperature, l.version)
	if err == nil {
		n.marked = l.marked
	}
	return n, err
}

// WithMarks returns a policy over the same model that reads and writes a star
// before every word of an observation or action that the goal and the actions on
// offer have in common, a tilde before an action that it took before in the
// episode, and a plus or minus before one of which a lesson in the context says to
// try or to avoid what it names. A model must be trained as it acts.
func (l *LM) WithMarks() *LM {
	n := *l
	n.marked = true
	return &n
}

// marker makes the marks of an episode; nil if there are none.
func (l *LM) marker(task agent.Task, c agent.Context) *marker {
	if !l.marked {
		return nil
	}
	return newMarker(task, c)
}

// Model is the transformer. It is the LM's own, not a copy.
func (l *LM) Model() *transformer.Model { return l.model }

// CountTokens is the length of text in the model's tokens. It is safe for
// concurrent use.
func (l *LM) CountTokens(text string) int { return l.tokens.Count(text) }

// Begin implements agent.Policy.
func (l *LM) Begin(_ context.Context, b agent.Brief) (agent.Actor, error) {
	return &actor{
		lm:      l,
		brief:   b,
		cache:   transformer.NewCache(l.model, l.model.Config().MaxTokens),
		decoder: l.model.NewDecoder(1),
		rng:     b.Rand,
		marker:  l.marker(b.Task, b.Context),
	}, nil
}

// actor is an LM in the middle of an episode.
type actor struct {
	lm      *LM
	brief   agent.Brief
	cache   *transformer.Cache
	decoder *transformer.Decoder
	rng     *rand.Rand
	marker  *marker
	pending []int32 // decided, but not yet read by the model
	begun   bool
}

// Act implements agent.Actor. It returns ErrNoActions if obs lists none, and a
// budget failure if the episode outgrows the model's MaxTokens.
func (a *actor) Act(_ context.Context, obs agent.Observation) (agent.Decision, error) {
	if len(obs.Admissible) == 0 {
		return agent.Decision{}, ErrNoActions
	}
	m := a.marker.step(obs.Admissible)
	text := prompt(obs, m)
	if !a.begun {
		text = firstPrompt(a.brief.Task, a.brief.Context, obs, m)
		a.begun = true
	}
	a.pending = a.lm.tokens.Encode(a.pending, text)
	read := len(a.pending)
	logits, err := a.decoder.Append([]*transformer.Cache{a.cache}, [][]int32{a.pending})
	if err != nil {
		return agent.Decision{}, tooLong(err)
	}
	_, trie, err := a.lm.trie(obs.Admissible, m)
	if err != nil {
		return agent.Decision{}, err
	}
	sampling := transformer.DefaultSampling()
	sampling.Temperature = a.lm.temperature
	c, err := a.decoder.Choose(a.cache, logits[0], trie, sampling, a.rng)
	if err != nil {
		return agent.Decision{}, tooLong(err)
	}
	a.pending = append(a.pending[:0], c.Pending...)
	a.marker.took(obs.Admissible[c.Index])
	return agent.Decision{
		Action:   obs.Admissible[c.Index],
		LogProbs: c.LogProbs,
		Tokens:   read + len(c.Tokens) - len(c.Pending),
	}, nil
}

// tooLong makes of an episode that does not fit a failure by budget.
func tooLong(err error) error {
	if errors.Is(err, transformer.ErrTooLong) {
		return &agent.FailureError{Cause: agent.CauseBudget, Err: err}
	}
	return err
}

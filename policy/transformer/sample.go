package transformer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
)

// Group is a prompt and who goes on with it.
type Group struct {
	Tokens []int32      // of the prompt, at least one; not written to
	Rand   []*rand.Rand // one for each sample, all different; nil may be among them at temperature 0
}

// Sample goes on with every group's prompt once for each of its random sources:
// result[g][i] is what [Decoder.Generate] gives of group g's prompt with its i-th
// source, but samples that begin alike are read once for as long as they do. The
// sequences of options and errors are all samples in order. MaxTokens 0 is as
// many as the model has room for. Unlike Generate it keeps no caches.
func (d *Decoder) Sample(ctx context.Context, groups []Group, o GenerateOptions) ([][]Continuation, error) {
	g, err := d.newSampling(groups, o)
	if err != nil {
		return nil, err
	}
	all, err := g.run(ctx)
	out := make([][]Continuation, len(groups))
	for i, group := range groups {
		n := len(group.Rand)
		out[i], all = all[:n:n], all[n:]
	}
	return out, err
}

func (g Group) validate(c Config) error {
	switch {
	case len(g.Tokens) == 0:
		return errors.New("transformer: no tokens")
	case len(g.Tokens) > c.MaxTokens:
		return fmt.Errorf("%d tokens, the model reads %d: %w", len(g.Tokens), c.MaxTokens, ErrTooLong)
	}
	return validTokens(g.Tokens, c.Vocab)
}

func (d *Decoder) newSampling(groups []Group, o GenerateOptions) (*generation, error) {
	samples, longest := 0, 0
	for _, group := range groups {
		samples += len(group.Rand)
		longest = max(longest, len(group.Tokens))
	}
	room := d.m.config.MaxTokens
	if o.MaxTokens > 0 {
		room = min(room, longest+o.MaxTokens)
	}
	g, err := d.emptyGeneration(samples, o)
	if err != nil {
		return nil, err
	}
	for i, group := range groups {
		if err := group.validate(d.m.config); err != nil {
			return nil, fmt.Errorf("group %d: %w", i, err)
		}
		b := branch{cache: NewCache(d.m, room), unread: group.Tokens}
		for _, rng := range group.Rand {
			s, err := g.add(rng)
			if err != nil {
				return nil, err
			}
			b.sequences = append(b.sequences, s)
		}
		if len(b.sequences) > 0 {
			g.branches = append(g.branches, b)
		}
	}
	return g, nil
}

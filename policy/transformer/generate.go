package transformer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Sequence is one to be gone on with.
type Sequence struct {
	Cache  *Cache     // of this sequence alone, with what was read of it before, perhaps nothing
	Tokens []int32    // to be read next, at least one; not written to
	Rand   *rand.Rand // of this sequence alone; may be nil at temperature 0
}

// GenerateOptions says how sequences go on.
type GenerateOptions struct {
	Sampling    Sampling // of the whole vocabulary; begin with DefaultSampling
	MaxTokens   int      // generated for each sequence at most; 0: as many as its cache has room for
	StopTokens  []int32  // each ends its sequence
	StopStrings []string // each ends its sequence, as soon as its last byte is there; not empty. They need Bytes

	// Bytes appends the bytes that a token stands for to dst. It is called
	// once for each token but stop tokens, those of one sequence in order.
	// Nil: there is no text.
	Bytes func(dst []byte, sequence int, token int32) []byte

	// OnToken is called for each token, those of one sequence in order. Its
	// error ends all sequences. Nil: nobody is told.
	OnToken func(Token) error
}

// Token is a generated token.
type Token struct {
	Sequence int // index
	ID       int32
	LogProb  float64

	// Text is the text that is certain since this token. Bytes are held back
	// while they may be the beginning of a stop string, and released when they
	// are not, or with the last token. Its memory is used again.
	Text []byte
	End  End // Unfinished but with the last token
}

// Continuation is what was generated for one sequence.
type Continuation struct {
	Tokens []int32 // the stop token, or those that hold a stop string, included

	// LogProbs are the natural logs of the probabilities of Tokens at
	// temperature 1 among the whole vocabulary, whatever [Sampling] they were
	// drawn by: those that [Pass.Forward] gives, and trainers need.
	LogProbs []float64

	Text []byte // what the tokens stand for, up to the stop string; nil without GenerateOptions.Bytes
	End  End
}

// End is why a sequence ended.
type End uint8

// The ends. If a token is one for several reasons, the first of these counts.
const (
	Unfinished   End = iota // it has not: there was an error
	AtStopToken             // one of StopTokens
	AtStopString            // one of StopStrings
	AtMaxTokens             // it has GenerateOptions.MaxTokens
	AtCapacity              // its cache is full
)

// String names the end.
func (e End) String() string {
	return [...]string{"unfinished", "stop token", "stop string", "max tokens", "capacity"}[e]
}

// Generate reads all sequences and goes on with them together, one token each
// at a time; one that ends leaves the others. What it gives of a sequence does
// not depend on what else is generated with it. A cache holds afterwards what
// was in it, the sequence's tokens, and all generated tokens but the last.
//
// Before it begins it refuses invalid options and sequences: ErrTooLong if one
// is longer than its cache, ErrMismatch if a cache is of a model of another
// shape. Later it ends with the error of ctx or OnToken, or with one naming
// the sequence if a logit is NaN or +Inf or none is above -Inf; what has been
// generated is returned with it.
func (d *Decoder) Generate(ctx context.Context, sequences []Sequence, o GenerateOptions) ([]Continuation, error) {
	g, err := d.newGeneration(sequences, o)
	if err != nil {
		return nil, err
	}
	return g.run(ctx)
}

// generation is a Generate or a Sample under way.
type generation struct {
	d        *Decoder
	o        GenerateOptions
	stops    []*stopString
	sources  map[*rand.Rand]int // of all sequences, by index
	all      []growing
	branches []branch // of those that are not finished
	grown    []branch // the next branches
	free     []*Cache // of a Sample: those of branches that have ended, all of one capacity
	caches   []*Cache
	tokens   [][]int32
	draws    draws
	bytes    []byte // of one token
	text     []byte // released by one token
}

// branch is sequences that are alike so far; of a Generate, one.
type branch struct {
	cache     *Cache
	unread    []int32
	sequences []*growing
}

// growing is a sequence that grows.
type growing struct {
	index  int
	cache  *Cache   // of its branch
	next   [1]int32 // the last token drawn
	source source
	logits []float32
	stops  *stopper
	out    Continuation

	logProb float64 // of next
	err     error   // of drawing it
}

func (d *Decoder) newGeneration(sequences []Sequence, o GenerateOptions) (*generation, error) {
	g, err := d.emptyGeneration(len(sequences), o)
	if err != nil {
		return nil, err
	}
	if err := d.validateSequences(sequences); err != nil {
		return nil, err
	}
	for _, s := range sequences {
		one, err := g.add(s.Rand)
		if err != nil {
			return nil, err
		}
		g.branches = append(g.branches, branch{s.Cache, s.Tokens, []*growing{one}})
	}
	return g, nil
}

// emptyGeneration has room for n sequences.
func (d *Decoder) emptyGeneration(n int, o GenerateOptions) (*generation, error) {
	stops, err := o.validate(d.m.config)
	if err != nil {
		return nil, err
	}
	return &generation{
		d: d, o: o, stops: stops, all: make([]growing, 0, n), sources: map[*rand.Rand]int{}, draws: draws{drawers: &d.drawers},
	}, nil
}

// add adds a sequence, which is in no branch yet.
func (g *generation) add(rng *rand.Rand) (*growing, error) {
	i := len(g.all)
	src := source{g.o.Sampling, rng}
	if err := src.validate(); err != nil {
		return nil, fmt.Errorf("sequence %d: %w", i, err)
	}
	if j, ok := g.sources[rng]; ok && rng != nil {
		return nil, fmt.Errorf("transformer: sequences %d and %d have one random source", j, i)
	}
	g.sources[rng] = i
	g.all = append(g.all, growing{index: i, source: src, stops: newStopper(g.stops)})
	return &g.all[i], nil
}

// run goes on until all sequences have ended, and returns what there is of each.
func (g *generation) run(ctx context.Context) (out []Continuation, err error) {
	g.d.Do(func() {
		for len(g.branches) > 0 && err == nil {
			if err = ctx.Err(); err == nil {
				err = g.step()
			}
		}
	})
	for i := range g.all {
		out = append(out, g.all[i].out)
	}
	return out, err
}

func (o *GenerateOptions) validate(c Config) ([]*stopString, error) {
	if err := o.Sampling.Validate(); err != nil {
		return nil, err
	}
	if o.MaxTokens < 0 {
		return nil, fmt.Errorf("transformer: GenerateOptions.MaxTokens is %d, must be at least 0", o.MaxTokens)
	}
	if err := validTokens(o.StopTokens, c.Vocab); err != nil {
		return nil, fmt.Errorf("transformer: GenerateOptions.StopTokens: %w", err)
	}
	if len(o.StopStrings) > 0 && o.Bytes == nil {
		return nil, fmt.Errorf("transformer: GenerateOptions.StopStrings are %q, but Bytes is nil", o.StopStrings)
	}
	return newStopStrings(o.StopStrings)
}

func (d *Decoder) validateSequences(sequences []Sequence) error {
	var caches []*Cache
	var tokens [][]int32
	for i, s := range sequences {
		if s.Cache == nil {
			return fmt.Errorf("transformer: sequence %d has no cache", i)
		}
		caches, tokens = append(caches, s.Cache), append(tokens, s.Tokens)
	}
	return d.validate(caches, tokens)
}

// step reads the next token of each branch, of a prompt as many as go through
// the layers at a time, and draws for the sequences of those that have been read.
func (g *generation) step() error {
	g.caches, g.tokens = g.caches[:0], g.tokens[:0]
	for _, b := range g.branches {
		g.caches = append(g.caches, b.cache)
		g.tokens = append(g.tokens, b.unread[:min(len(b.unread), decoderRows)])
	}
	logits, err := g.d.Append(g.caches, g.tokens)
	if err != nil {
		return err
	}
	g.draws.sequences = g.draws.sequences[:0]
	for i := range g.branches {
		b := &g.branches[i]
		if b.unread = b.unread[len(g.tokens[i]):]; len(b.unread) > 0 {
			continue
		}
		for _, s := range b.sequences {
			s.logits, s.cache = logits[i], b.cache
			g.draws.sequences = append(g.draws.sequences, s)
		}
	}
	g.d.host.Run(&g.draws)
	for _, s := range g.draws.sequences {
		if err := g.grow(s); err != nil {
			return fmt.Errorf("sequence %d: %w", s.index, err)
		}
	}
	g.grown = g.grown[:0]
	for _, b := range g.branches {
		if len(b.unread) > 0 {
			g.grown = append(g.grown, b)
		} else {
			g.divide(b)
		}
	}
	g.branches, g.grown = g.grown, g.branches
	return nil
}

// divide makes branches of the sequences of b that go on, one for each token
// that was drawn: the first has b's cache, the others copies.
func (g *generation) divide(b branch) {
	from := len(g.grown)
	for _, s := range b.sequences {
		if s.out.End != Unfinished {
			continue
		}
		i := slices.IndexFunc(g.grown[from:], func(o branch) bool { return o.unread[0] == s.next[0] })
		if i >= 0 {
			g.grown[from+i].sequences = append(g.grown[from+i].sequences, s)
			continue
		}
		next := branch{b.cache, s.next[:], []*growing{s}}
		if len(g.grown) > from {
			next.cache = g.copied(b.cache)
		}
		g.grown = append(g.grown, next)
	}
	if len(g.grown) == from {
		g.free = append(g.free, b.cache)
	}
}

// copied returns a cache that holds what c holds, one that is free if there is.
func (g *generation) copied(c *Cache) *Cache {
	if len(g.free) == 0 {
		return c.Fork(c.capacity)
	}
	out := g.free[len(g.free)-1]
	g.free = g.free[:len(g.free)-1]
	out.become(c)
	return out
}

// grow adds the token drawn for s.
func (g *generation) grow(s *growing) error {
	if s.err != nil {
		return s.err
	}
	token := s.next[0]
	s.out.Tokens = append(s.out.Tokens, token)
	s.out.LogProbs = append(s.out.LogProbs, s.logProb)
	g.text = g.text[:0]
	stopped := slices.Contains(g.o.StopTokens, token)
	found := false
	if !stopped && g.o.Bytes != nil {
		g.bytes = g.o.Bytes(g.bytes[:0], s.index, token)
		g.text, found = s.stops.push(g.text, g.bytes)
	}
	switch {
	case stopped:
		s.out.End = AtStopToken
	case found:
		s.out.End = AtStopString
	case len(s.out.Tokens) == g.o.MaxTokens:
		s.out.End = AtMaxTokens
	case s.cache.length == s.cache.capacity:
		s.out.End = AtCapacity
	}
	if s.out.End != Unfinished {
		g.text = s.stops.flush(g.text)
	}
	s.out.Text = append(s.out.Text, g.text...)
	if g.o.OnToken == nil {
		return nil
	}
	return g.o.OnToken(Token{s.index, token, s.logProb, g.text, s.out.End})
}

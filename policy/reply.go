package policy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"github.com/surefoot-ai/surefoot/policy/tokenizer/huggingface"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// A Message is one of a chat; its Role is who it is from.
type (
	Message = huggingface.Message
	Role    = huggingface.Role
)

// The roles of messages.
const (
	System    = huggingface.System // only the first
	User      = huggingface.User
	Assistant = huggingface.Assistant // the model
)

// ReplyOptions says how a ChatModel replies. Begin with DefaultReplyOptions.
type ReplyOptions struct {
	Sampling    transformer.Sampling
	Seed        uint64   // of the draws; the same Seed gives the same replies
	MaxTokens   int      // of a reply, ≥ 0; 0: as many as there is room for
	StopStrings []string // a reply ends before the first of them; the name of a special token is this token
	Replies     int      // how many, ≥ 1, to the same messages, which are read once

	// OnText is called with each part of the reply as soon as it is certain:
	// whole characters that do not belong to a stop string. Its error ends the
	// call. Nil: nobody is told. It is for one reply only.
	OnText func(text string) error
}

// DefaultReplyOptions asks for one reply, as long as there is room, drawn from
// the model's own distribution with seed 0.
func DefaultReplyOptions() ReplyOptions {
	return ReplyOptions{Sampling: transformer.DefaultSampling(), Replies: 1}
}

// Validate names the first field that is out of its bounds, its value and the
// bound.
func (o ReplyOptions) Validate() error {
	if err := o.Sampling.Validate(); err != nil {
		return err
	}
	switch {
	case o.MaxTokens < 0:
		return fmt.Errorf("policy: ReplyOptions.MaxTokens is %d, must be at least 0", o.MaxTokens)
	case o.Replies < 1:
		return fmt.Errorf("policy: ReplyOptions.Replies is %d, must be at least 1", o.Replies)
	case o.OnText != nil && o.Replies > 1:
		return fmt.Errorf("policy: ReplyOptions.Replies is %d, must be 1 with OnText", o.Replies)
	case slices.ContainsFunc(o.StopStrings, func(s string) bool { return s == "" || !utf8.ValidString(s) }):
		return fmt.Errorf("policy: ReplyOptions.StopStrings are %q, each must be UTF-8 and not empty", o.StopStrings)
	}
	return nil
}

// Reply is what a ChatModel replied.
type Reply struct {
	Text     string          // without special tokens and the stop string
	Tokens   []int32         // the end token, or those that hold the stop string, included
	LogProbs []float64       // of Tokens, at temperature 1 among all tokens, natural
	End      transformer.End // why it ended: AtMaxTokens if it was cut off

	PromptTokens int // of the messages, laid out
	SharedTokens int // of these, how many had been read by an earlier call
}

// Complete reports whether the model, or a stop string, ended the reply, and
// not the lack of room.
func (r Reply) Complete() bool {
	return r.End == transformer.AtStopToken || r.End == transformer.AtStopString
}

// Reply returns the replies to messages. What it returns depends on nothing but
// the messages and o. The error wraps ErrMessages if the model cannot reply to
// such messages, ErrPromptTooLong if they leave no room for a reply, or is that
// of ctx or OnText; it names an option that is out of its bounds.
func (m *ChatModel) Reply(ctx context.Context, messages []Message, o ReplyOptions) ([]Reply, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	prompt, err := m.prompt(messages)
	if err != nil {
		return nil, err
	}
	room := m.o.MaxContextTokens - len(prompt)
	if room < 1 {
		return nil, fmt.Errorf("%w: %d tokens, with a context of %d at most %d leave room for a reply: %d too many",
			ErrPromptTooLong, len(prompt), m.o.MaxContextTokens, m.o.MaxContextTokens-1, 1-room)
	}
	if len(prompt) == 0 {
		return nil, fmt.Errorf("%w: they have no tokens", ErrMessages)
	}
	if o.MaxTokens == 0 || o.MaxTokens > room {
		o.MaxTokens = room
	}
	s := m.take(prompt)
	defer m.put(s)
	return m.reply(ctx, s, prompt, o)
}

// reply generates the replies to a prompt, and decodes them.
func (m *ChatModel) reply(ctx context.Context, s *seat, prompt []int32, o ReplyOptions) ([]Reply, error) {
	shared := s.prefix.Shared(prompt)
	sequences, err := s.sequences(ctx, prompt, o)
	if err != nil {
		return nil, err
	}
	var streams []*huggingface.Stream
	for range sequences {
		streams = append(streams, m.tokens.StreamPlain())
	}
	g := transformer.GenerateOptions{
		Sampling: o.Sampling, MaxTokens: o.MaxTokens, StopTokens: slices.Clone(m.ends), StopStrings: o.StopStrings,
		Bytes: func(dst []byte, i int, token int32) []byte { return append(dst, streams[i].Next(token)...) },
	}
	for _, text := range o.StopStrings {
		if id, ok := m.tokens.Special(text); ok {
			g.StopTokens = append(g.StopTokens, id)
		}
	}
	tails := make([]string, len(sequences)) // what only the end makes certain
	g.OnToken = func(k transformer.Token) error {
		if k.End != transformer.Unfinished && k.End != transformer.AtStopString {
			tails[k.Sequence] = streams[k.Sequence].Close()
		}
		if text := string(k.Text) + tails[k.Sequence]; o.OnText != nil && text != "" {
			return o.OnText(text)
		}
		return nil
	}
	all, err := s.decoder.Generate(ctx, sequences, g)
	if len(all) == 1 {
		s.prefix.Add(all[0].Tokens)
	}
	if err != nil {
		return nil, err
	}
	var out []Reply
	for i, c := range all {
		out = append(out, Reply{
			Text: string(c.Text) + tails[i], Tokens: c.Tokens, LogProbs: c.LogProbs, End: c.End,
			PromptTokens: len(prompt), SharedTokens: shared,
		})
	}
	return out, nil
}

// sequences are those to be generated: one that goes on in the seat's own
// cache, or a group that shares what is in it.
func (s *seat) sequences(ctx context.Context, prompt []int32, o ReplyOptions) ([]transformer.Sequence, error) {
	var sources []*rand.Rand
	for i := range o.Replies {
		sources = append(sources, rand.New(rand.NewPCG(o.Seed, uint64(i))))
	}
	if o.Replies == 1 {
		cache, rest := s.prefix.Begin(prompt, o.MaxTokens)
		return []transformer.Sequence{{Cache: cache, Tokens: rest, Rand: sources[0]}}, nil
	}
	cache, rest := s.prefix.Begin(prompt, 0)
	return s.decoder.Fork(ctx, transformer.Sequence{Cache: cache, Tokens: rest}, sources, o.MaxTokens)
}

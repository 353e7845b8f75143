package policy

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/surefoot-ai/surefoot/policy/tokenizer/huggingface"
	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// ChatModel is somebody else's language model, which replies to messages. It
// is safe for concurrent use: calls share the weights, and each has a decoder
// and a cache of its own.
type ChatModel struct {
	model  *transformer.Frozen
	tokens *huggingface.Tokenizer
	layout *huggingface.Layout // nil: it goes on with a text
	ends   []int32             // tokens that end a reply
	o      ChatModelOptions

	mu   sync.Mutex // guards idle; not held while a reply is made
	idle []*seat    // of finished calls, the last one used last
}

// ChatModelOptions configures a ChatModel. The zero value is usable.
type ChatModelOptions struct {
	Threads          int // goroutines that make one reply; 0: GOMAXPROCS. Replies do not depend on it
	MaxContextTokens int // of messages and reply together; 0, or more than the model's: the model's

	// IdleCaches is how many finished calls are remembered, so that a chat
	// that goes on reads only what is new. A call takes 8 bytes × layers ×
	// key-value heads × head width of memory a token: 46 kB for SmolLM2-135M.
	// 0: DefaultIdleCaches; negative: none.
	IdleCaches int

	// Layout is how a chat is laid out, where it is not to be as the folder
	// says: Qwen3 without thoughts, say. Nil: as the folder says, if there is
	// one.
	Layout *huggingface.Layout
}

// DefaultIdleCaches is the IdleCaches of the zero ChatModelOptions.
const DefaultIdleCaches = 2

var (
	// ErrPromptTooLong: the messages leave no room for a reply.
	ErrPromptTooLong = errors.New("policy: prompt too long")

	// ErrMessages: the messages are not such as the model can reply to.
	ErrMessages = errors.New("policy: messages cannot be replied to")
)

// NewChatModel returns one over m. If o has no Layout it goes on with a text.
// The ends are the tokens that end a reply. It returns an error if m lacks
// tokens that t has, or names an option that is out of its bounds.
func NewChatModel(m *transformer.Frozen, t *huggingface.Tokenizer, ends []int32, o ChatModelOptions) (*ChatModel, error) {
	c := m.Config()
	if t.Vocab() > c.Vocab {
		return nil, fmt.Errorf("policy: tokenizer has %d tokens, model %d", t.Vocab(), c.Vocab)
	}
	for _, id := range ends {
		if id < 0 || int(id) >= c.Vocab {
			return nil, fmt.Errorf("policy: token %d is to end a reply, the model has %d tokens", id, c.Vocab)
		}
	}
	if o.Threads < 0 {
		return nil, fmt.Errorf("policy: ChatModelOptions.Threads is %d, must not be negative", o.Threads)
	}
	if o.MaxContextTokens < 0 {
		return nil, fmt.Errorf("policy: ChatModelOptions.MaxContextTokens is %d, must not be negative", o.MaxContextTokens)
	}
	o.Threads = cmp.Or(o.Threads, runtime.GOMAXPROCS(0))
	o.MaxContextTokens = min(cmp.Or(o.MaxContextTokens, c.MaxTokens), c.MaxTokens)
	o.IdleCaches = max(cmp.Or(o.IdleCaches, DefaultIdleCaches), 0)
	return &ChatModel{model: m, tokens: t, layout: o.Layout, ends: slices.Clone(ends), o: o}, nil
}

// MaxContextTokens is how many tokens messages and reply may have together.
func (m *ChatModel) MaxContextTokens() int { return m.o.MaxContextTokens }

// CountTokens is the length of text in the model's tokens.
func (m *ChatModel) CountTokens(text string) int { return m.tokens.Count(text) }

// Close gives the weights' files back. Replies are errors, which wrap
// fs.ErrClosed, from then on.
func (m *ChatModel) Close() error { return m.model.Close() }

// prompt is the tokens of messages, laid out.
func (m *ChatModel) prompt(messages []huggingface.Message) ([]int32, error) {
	if len(messages) == 0 {
		return nil, fmt.Errorf("%w: there are none", ErrMessages)
	}
	last := messages[len(messages)-1]
	if m.layout == nil {
		if len(messages) != 1 || last.Role != huggingface.User {
			return nil, fmt.Errorf("%w: the model has no chat template, so it can go on with one text of the user only, and these are %d messages, the last of role %q",
				ErrMessages, len(messages), last.Role)
		}
		return m.tokens.EncodePlain(m.tokens.Prefix(), last.Content), nil
	}
	if last.Role == huggingface.Assistant {
		return nil, fmt.Errorf("%w: the last one is the model's own", ErrMessages)
	}
	tokens, err := m.layout.Encode(nil, m.tokens, messages)
	if errors.Is(err, huggingface.ErrMessages) {
		err = fmt.Errorf("%w: %w", ErrMessages, err)
	}
	return tokens, err
}

// seat is what a call works with.
type seat struct {
	decoder *transformer.Decoder
	prefix  *transformer.PrefixCache
}

// take returns the idle seat that has most of the tokens in its cache already.
// If that is the smaller part of what it has, and more may be kept, it is left
// for the chat that it belongs to.
func (m *ChatModel) take(tokens []int32) *seat {
	m.mu.Lock()
	defer m.mu.Unlock()
	best, most := -1, -1
	for i, s := range m.idle {
		if n := s.prefix.Shared(tokens); n > most {
			best, most = i, n
		}
	}
	if best < 0 || len(m.idle) < m.o.IdleCaches && 2*most < m.idle[best].prefix.Len() {
		return &seat{m.model.NewDecoder(m.o.Threads), m.model.NewPrefixCache()}
	}
	s := m.idle[best]
	m.idle = slices.Delete(m.idle, best, best+1)
	return s
}

// put gives a seat back. Too many push the one out that was not used for the
// longest time.
func (m *ChatModel) put(s *seat) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.idle = append(m.idle, s); len(m.idle) > m.o.IdleCaches {
		m.idle = slices.Delete(m.idle, 0, 1)
	}
}

package langchain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"
)

// The servers that are asked if Server names none.
const (
	OpenAIURL = "https://api.openai.com/v1"
	OllamaURL = "http://127.0.0.1:11434"
)

var (
	// ErrSpec is returned by [Open] for a spec that names no model.
	ErrSpec = errors.New(`must be "openai:NAME" or "ollama:NAME"`)

	// ErrNoKey is returned by [Open] for OpenAI's own server without a key.
	ErrNoKey = errors.New("langchain: no key for " + OpenAIURL)
)

// Server says where a model is served.
type Server struct {
	BaseURL   string            // "": OpenAIURL or OllamaURL; "http://127.0.0.1:8080/v1" say
	Key       string            // sent as a bearer token; needed by OpenAIURL only
	Transport http.RoundTripper // nil: http.DefaultTransport
}

// Open returns the model that spec names: "openai:NAME" for any server that
// speaks OpenAI's chat protocol, "ollama:NAME" for Ollama's. It reads no
// environment and connects to nothing yet. Replies of more than 8 MiB are
// refused. It returns an error wrapping ErrSpec, ErrNoKey, or one that names
// the base URL.
func Open(spec string, s Server) (llms.Model, error) {
	provider, name, _ := strings.Cut(spec, ":")
	if name == "" {
		return nil, fmt.Errorf("model %q: %w", spec, ErrSpec)
	}
	switch provider {
	case "openai":
		return openOpenAI(name, s)
	case "ollama":
		return openOllama(name, s)
	}
	return nil, fmt.Errorf("model %q: %w", spec, ErrSpec)
}

func openOpenAI(name string, s Server) (llms.Model, error) {
	base, err := baseURL(s.BaseURL, OpenAIURL)
	if err != nil {
		return nil, err
	}
	own := base.String() == OpenAIURL
	key := s.Key
	if key == "" {
		if own {
			return nil, ErrNoKey
		}
		key = "none" // langchaingo wants one; a local server does not
	}
	m, err := openai.New(openai.WithModel(name), openai.WithBaseURL(base.String()), openai.WithToken(key),
		openai.WithOrganization(""), openai.WithHTTPClient(&client{http.Client{Transport: newTransport(s)}}))
	if err != nil {
		return nil, fmt.Errorf("model openai:%s: %w", name, err)
	}
	if own {
		return m, nil
	}
	return compatible{m}, nil
}

// compatible bounds replies by max_tokens, which servers other than OpenAI's
// own understand in all their versions.
type compatible struct{ llms.Model }

func (c compatible) GenerateContent(ctx context.Context, m []llms.MessageContent, o ...llms.CallOption) (*llms.ContentResponse, error) {
	return c.Model.GenerateContent(ctx, m, append(o[:len(o):len(o)], openai.WithLegacyMaxTokensField())...)
}

func openOllama(name string, s Server) (llms.Model, error) {
	base, err := baseURL(s.BaseURL, OllamaURL)
	if err != nil {
		return nil, err
	}
	m, err := ollama.New(ollama.WithModel(name), ollama.WithServerURL(base.String()),
		ollama.WithHTTPClient(&http.Client{Transport: newTransport(s)}))
	if err != nil {
		return nil, fmt.Errorf("model ollama:%s: %w", name, err)
	}
	return m, nil
}

func baseURL(s, otherwise string) (*url.URL, error) {
	if s == "" {
		s = otherwise
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("base URL %q must be http://HOST… or https://HOST… without query", u.Redacted())
	}
	return u, nil
}

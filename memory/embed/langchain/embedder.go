// Package langchain makes a langchaingo embedder one that memory can trust:
// every vector is there, of one width, finite, and of length 1.
package langchain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/tmc/langchaingo/embeddings"
)

var (
	// ErrNoEmbedder is returned by [New] without an embedder or its name.
	ErrNoEmbedder = errors.New("embedder: none, or without a name")

	// ErrBadVector is wrapped by every error about what an embedder returned.
	ErrBadVector = errors.New("bad vector")
)

// probe is embedded to learn the width of the vectors.
const probe = "width"

// Embedder is a langchaingo embedder. It is safe for concurrent use if that is.
type Embedder struct {
	inner embeddings.Embedder
	id    string
	dim   int
}

// New returns e as an embedder of vectors of dim components; 0 asks e for one
// and takes its width. The name must change whenever the vectors do, with the
// model and its version: "openai:text-embedding-3-small" say. It returns
// ErrNoEmbedder, or the error of asking.
func New(ctx context.Context, e embeddings.Embedder, name string, dim int) (*Embedder, error) {
	if e == nil || name == "" {
		return nil, ErrNoEmbedder
	}
	if dim < 0 {
		return nil, fmt.Errorf("embedder %s: width %d, must not be negative", name, dim)
	}
	if dim == 0 {
		v, err := e.EmbedDocuments(ctx, []string{probe})
		if err != nil {
			return nil, fmt.Errorf("embedder %s: %w", name, err)
		}
		if len(v) != 1 || len(v[0]) == 0 {
			return nil, fmt.Errorf("embedder %s: %w: no vector for one text", name, ErrBadVector)
		}
		dim = len(v[0])
	}
	return &Embedder{e, fmt.Sprintf("langchain/%s/%d", name, dim), dim}, nil
}

// ID is "langchain/", the name and the width.
func (e *Embedder) ID() string { return e.id }

// Dim is the width of the vectors.
func (e *Embedder) Dim() int { return e.dim }

// Embed returns one vector a text, in order, of length 1; a text of nothing
// but white space is not sent anywhere and gets a vector of zeros. An error
// wraps that of the embedder, or ErrBadVector and names the index of the text.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var send []string
	var at []int // index in texts of each sent one
	for i, t := range texts {
		if strings.TrimSpace(t) == "" {
			out[i] = make([]float32, e.dim)
			continue
		}
		send = append(send, t)
		at = append(at, i)
	}
	if len(send) == 0 {
		return out, ctx.Err()
	}
	vectors, err := e.inner.EmbedDocuments(ctx, send)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.id, err)
	}
	if len(vectors) != len(send) {
		return nil, fmt.Errorf("%s: %w: %d for %d texts", e.id, ErrBadVector, len(vectors), len(send))
	}
	for i, v := range vectors {
		if out[at[i]], err = e.unit(v); err != nil {
			return nil, fmt.Errorf("%s: text %d: %w", e.id, at[i], err)
		}
	}
	return out, nil
}

// unit returns a copy of v of length 1.
func (e *Embedder) unit(v []float32) ([]float32, error) {
	if len(v) != e.dim {
		return nil, fmt.Errorf("%w: width %d, not %d", ErrBadVector, len(v), e.dim)
	}
	var sum float64
	for i, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%w: component %d is %v", ErrBadVector, i, x)
		}
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return nil, fmt.Errorf("%w: all zeros", ErrBadVector)
	}
	length := math.Sqrt(sum)
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / length)
	}
	return out, nil
}

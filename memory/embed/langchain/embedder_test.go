package langchain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/surefoot-ai/surefoot/memory/embed/langchain"
)

// fixed is an embedder that returns what it was given.
type fixed struct {
	vectors [][]float32
	err     error
	asked   []string
}

func (f *fixed) EmbedDocuments(_ context.Context, texts []string) ([][]float32, error) {
	f.asked = append(f.asked, texts...)
	return f.vectors, f.err
}

func (f *fixed) EmbedQuery(context.Context, string) ([]float32, error) { return nil, f.err }

func TestEmbed(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	broken := errors.New("broken")
	for _, tt := range []struct {
		name    string
		texts   []string
		returns [][]float32
		err     error
		want    [][]float32
		asked   []string
		wantErr string
	}{
		{"normalised", []string{"a", "b"}, [][]float32{{3, 4}, {0, -2}}, nil, [][]float32{{0.6, 0.8}, {0, -1}}, []string{"a", "b"}, ""},
		{"huge", []string{"a"}, [][]float32{{math.MaxFloat32, 0}}, nil, [][]float32{{1, 0}}, []string{"a"}, ""},
		{"tiny", []string{"a"}, [][]float32{{math.SmallestNonzeroFloat32, 0}}, nil, [][]float32{{1, 0}}, []string{"a"}, ""},
		{"blank text between", []string{" \n", "b", ""}, [][]float32{{0, 5}}, nil, [][]float32{{0, 0}, {0, 1}, {0, 0}}, []string{"b"}, ""},
		{"only blank", []string{""}, nil, broken, [][]float32{{0, 0}}, nil, ""},
		{"no texts", nil, nil, broken, [][]float32{}, nil, ""},
		{"its own error", []string{"a"}, nil, broken, nil, []string{"a"}, "langchain/m/2: broken"},
		{"too few", []string{"a", "b"}, [][]float32{{1, 0}}, nil, nil, []string{"a", "b"}, "langchain/m/2: bad vector: 1 for 2 texts"},
		{"too many", []string{"a"}, [][]float32{{1, 0}, {1, 0}}, nil, nil, []string{"a"}, "langchain/m/2: bad vector: 2 for 1 texts"},
		{"width", []string{"", "a", "b"}, [][]float32{{1, 0}, {1}}, nil, nil, []string{"a", "b"}, "langchain/m/2: text 2: bad vector: width 1, not 2"},
		{"NaN", []string{"", "a"}, [][]float32{{1, nan}}, nil, nil, []string{"a"}, "langchain/m/2: text 1: bad vector: component 1 is NaN"},
		{"infinite", []string{"a"}, [][]float32{{inf, 1}}, nil, nil, []string{"a"}, "langchain/m/2: text 0: bad vector: component 0 is +Inf"},
		{"zeros", []string{"a"}, [][]float32{{0, 0}}, nil, nil, []string{"a"}, "langchain/m/2: text 0: bad vector: all zeros"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fixed{vectors: tt.returns, err: tt.err}
			e, err := langchain.New(t.Context(), f, "m", 2)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Embed(t.Context(), tt.texts)
			if tt.wantErr != "" {
				if err == nil || err.Error() != tt.wantErr || (tt.err == nil && !errors.Is(err, langchain.ErrBadVector)) {
					t.Errorf("error %v, want %s", err, tt.wantErr)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("vectors %v, want %v", got, tt.want)
			}
			if !reflect.DeepEqual(f.asked, tt.asked) {
				t.Errorf("asked for %q, want %q", f.asked, tt.asked)
			}
		})
	}
}

func TestEmbedKeepsTheEmbeddersVectors(t *testing.T) {
	f := &fixed{vectors: [][]float32{{3, 4}}}
	e, err := langchain.New(t.Context(), f, "m", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Embed(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if f.vectors[0][0] != 3 {
		t.Errorf("the embedder's own vector became %v", f.vectors[0])
	}
}

func TestNew(t *testing.T) {
	for _, tt := range []struct {
		name    string
		e       *fixed
		dim     int
		id      string
		wantErr string
	}{
		{"m", &fixed{vectors: [][]float32{{1, 2, 3}}}, 0, "langchain/m/3", ""},
		{"m", &fixed{err: errors.New("must not be asked")}, 5, "langchain/m/5", ""},
		{"m", &fixed{err: errors.New("down")}, 0, "", "embedder m: down"},
		{"m", &fixed{}, 0, "", "embedder m: bad vector: no vector for one text"},
		{"m", &fixed{vectors: [][]float32{{}}}, 0, "", "embedder m: bad vector: no vector for one text"},
		{"m", &fixed{}, -1, "", "embedder m: width -1, must not be negative"},
		{"", &fixed{}, 1, "", "embedder: none, or without a name"},
	} {
		e, err := langchain.New(t.Context(), tt.e, tt.name, tt.dim)
		if tt.wantErr != "" {
			if err == nil || err.Error() != tt.wantErr {
				t.Errorf("error %v, want %s", err, tt.wantErr)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.ID() != tt.id || !strings.HasSuffix(tt.id, fmt.Sprint(e.Dim())) {
			t.Errorf("%s of width %d, want %s", e.ID(), e.Dim(), tt.id)
		}
	}
	if _, err := langchain.New(t.Context(), nil, "m", 1); !errors.Is(err, langchain.ErrNoEmbedder) {
		t.Errorf("error %v without an embedder", err)
	}
}

// serve speaks both protocols' embeddings: a vector is the number of a's and
// of b's in the text.
func serve(t *testing.T, status int) string {
	t.Helper()
	vector := func(s string) []float32 {
		return []float32{float32(strings.Count(s, "a")), float32(strings.Count(s, "b"))}
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Input any }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		var v any
		switch in := q.Input.(type) {
		case string: // Ollama's client sends one at a time
			v = map[string]any{"embeddings": [][]float32{vector(in)}}
		case []any:
			var data []any
			for i, s := range in {
				data = append(data, map[string]any{"index": i, "embedding": vector(s.(string))})
			}
			v = map[string]any{"data": data}
		}
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(h.Close)
	return h.URL
}

func clients(t *testing.T, url string) map[string]embeddings.EmbedderClient {
	t.Helper()
	a, err := openai.New(openai.WithBaseURL(url), openai.WithToken("none"), openai.WithEmbeddingModel("m"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ollama.New(ollama.WithServerURL(url), ollama.WithModel("m"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]embeddings.EmbedderClient{"openai": a, "ollama": b}
}

// TestServers embeds by langchaingo's own clients over HTTP.
func TestServers(t *testing.T) {
	for name, c := range clients(t, serve(t, http.StatusOK)) {
		inner, err := embeddings.NewEmbedder(c)
		if err != nil {
			t.Fatal(err)
		}
		e, err := langchain.New(t.Context(), inner, name, 2)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Embed(t.Context(), []string{"aaabbbb", "a"})
		if want := [][]float32{{0.6, 0.8}, {1, 0}}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
		if _, err := e.Embed(t.Context(), []string{"a", "c"}); !errors.Is(err, langchain.ErrBadVector) || !strings.Contains(err.Error(), "text 1: ") {
			t.Errorf("%s: error %v for a vector of zeros", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := e.Embed(ctx, []string{"a"}); err == nil {
			t.Errorf("%s: no error after the end of the context", name)
		}
	}
	for name, c := range clients(t, serve(t, http.StatusServiceUnavailable)) {
		inner, err := embeddings.NewEmbedder(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := langchain.New(t.Context(), inner, name, 0); err == nil {
			t.Errorf("%s: no error from a server that is down", name)
		}
	}
}

func ExampleNew() {
	// In earnest: client, err := openai.New(openai.WithEmbeddingModel("text-embedding-3-small"))
	client := embeddings.EmbedderClientFunc(func(_ context.Context, texts []string) ([][]float32, error) {
		vectors := make([][]float32, len(texts))
		for i, t := range texts {
			vectors[i] = []float32{3, float32(len(t))}
		}
		return vectors, nil
	})
	inner, err := embeddings.NewEmbedder(client)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := langchain.New(context.Background(), inner, "letters", 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := e.Embed(context.Background(), []string{"four"})
	fmt.Println(e.ID(), v, err)
	// Output: langchain/letters/2 [[0.6 0.8]] <nil>
}

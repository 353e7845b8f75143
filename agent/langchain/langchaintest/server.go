// Package langchaintest has a server of language models that says what a test
// wants it to say.
package langchaintest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Reply is one reply of a Server.
type Reply struct {
	Text       string // of the model
	Prompt     int    // tokens to report as read; 0 with Completion 0: no usage is reported
	Completion int    // tokens to report as written

	Status int               // 0: 200
	Header map[string]string // set besides the protocol's own
	Body   string            // if not empty, sent instead of a reply of the protocol
	Cut    bool              // the connection breaks in the middle of the body
	Hang   bool              // nothing is sent until the client gives up
}

// Request is what a Server was asked.
type Request struct {
	Path string
	Key  string // the Authorization header
	Body map[string]any
}

// Server speaks the chat protocols of OpenAI (below /v1) and Ollama on a
// loopback address and gives its replies in order. A request for which there
// is none left fails the test.
type Server struct {
	URL string

	t        testing.TB
	mu       sync.Mutex // guards what follows
	replies  []Reply
	requests []Request
}

// New starts a server that stops with the test.
func New(t testing.TB, replies ...Reply) *Server {
	t.Helper()
	s := &Server{t: t, replies: replies}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Requests are the requests so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := Request{Path: r.URL.Path, Key: r.Header.Get("Authorization")}
	if err := json.NewDecoder(r.Body).Decode(&q.Body); err != nil {
		s.t.Errorf("request to %s: %v", r.URL.Path, err)
	}
	_, _ = io.Copy(io.Discard, r.Body) // so that the end of the connection is noticed
	reply, ok := s.next(q)
	if !ok {
		s.t.Errorf("request %d to %s: no reply left", len(s.Requests()), r.URL.Path)
		http.Error(w, "no reply left", http.StatusTeapot)
		return
	}
	if reply.Hang {
		<-r.Context().Done()
		return
	}
	body := []byte(reply.Body)
	if reply.Body == "" {
		body = s.encode(r.URL.Path, reply)
	}
	for k, v := range reply.Header {
		w.Header().Set(k, v)
	}
	if reply.Status != 0 {
		w.WriteHeader(reply.Status)
	}
	if reply.Cut {
		_, _ = w.Write(body[:len(body)/2])
		if err := http.NewResponseController(w).Flush(); err != nil {
			s.t.Errorf("flush: %v", err)
		}
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body) // the client may be gone
}

func (s *Server) next(q Request) (Reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, q)
	if len(s.replies) == 0 {
		return Reply{}, false
	}
	r := s.replies[0]
	s.replies = s.replies[1:]
	return r, true
}

func (s *Server) encode(path string, r Reply) []byte {
	message := map[string]any{"role": "assistant", "content": r.Text}
	var v map[string]any
	switch path {
	case "/v1/chat/completions":
		v = map[string]any{
			"id": "1", "object": "chat.completion", "created": 1, "model": "m",
			"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": "stop"}},
		}
		if r.Prompt+r.Completion > 0 {
			v["usage"] = map[string]any{
				"prompt_tokens": r.Prompt, "completion_tokens": r.Completion, "total_tokens": r.Prompt + r.Completion,
			}
		}
	case "/api/chat":
		v = map[string]any{"model": "m", "created_at": "2026-01-02T03:04:05Z", "message": message, "done": true}
		if r.Prompt+r.Completion > 0 {
			v["prompt_eval_count"], v["eval_count"] = r.Prompt, r.Completion
		}
	default:
		s.t.Errorf("request to %s, which no protocol has", path)
	}
	b, err := json.Marshal(v)
	if err != nil {
		s.t.Errorf("reply: %v", err)
	}
	return append(b, '\n')
}

package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/surefoot-ai/surefoot/policy/langchain/langchaintest"
)

// serveLLM starts a language model on a loopback address, which speaks the
// chat protocols of OpenAI and Ollama, and puts its address in a variable of
// the script: llm VARIABLE MODE. The modes are
//
//	play     one of the listed actions, the same for the same prompt
//	slow     the same, a little later
//	garbage  the first reply is in order, the others are no JSON
//	locked   wants a key that nobody has
func serveLLM(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: llm VARIABLE play|slow|garbage|locked")
	}
	var asked atomic.Int32
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Messages []struct {
				Role    string `json:"role"`
				Content string `json:"content"`
			} `json:"messages"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Messages) == 0 {
			http.Error(w, "no messages", http.StatusBadRequest)
			return
		}
		n := asked.Add(1)
		switch {
		case args[1] == "slow":
			time.Sleep(20 * time.Millisecond)
		case args[1] == "locked":
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":{"message":"wrong key","type":"invalid_request_error"}}`)
			return
		case args[1] == "garbage" && n > 1:
			fmt.Fprint(w, `{"choices":[{`)
			return
		}
		content := oneOf(q.Messages[len(q.Messages)-1].Content)
		if args[1] == "teach" {
			content = `{"lessons":[{"scope":"task","trigger":"a mug is sought","mistake":"stopping at one place","remedy":"search each place in turn",
				"cause":"policy","evidence_steps":[1],"quote":"On the shelf 1, you see nothing."}]}`
		}
		message := map[string]string{"role": "assistant", "content": content}
		reply := map[string]any{"model": "m", "message": message, "done": true}
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			reply = map[string]any{
				"id": "1", "object": "chat.completion", "model": "m",
				"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": "stop"}},
				"usage":   map[string]int{"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
			}
		}
		_ = json.NewEncoder(w).Encode(reply) // the client may be gone
	}))
	ts.Defer(h.Close)
	ts.Setenv(args[0], h.URL)
}

// writeModelFolder makes a folder with a language model that replies with the
// given pieces: folder DIR PIECE...
func writeModelFolder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: folder DIR PIECE...")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(langchaintest.WriteFolder(dir, args[1:]...))
}

// oneOf is one of the actions that a prompt lists, or "ready" if it lists none.
func oneOf(prompt string) string {
	_, list, ok := strings.Cut(prompt, "Possible actions:\n")
	if !ok {
		return "ready"
	}
	actions := strings.Split(strings.TrimSpace(list), "\n")
	h := fnv.New32a()
	h.Write([]byte(prompt))
	return strings.TrimPrefix(actions[h.Sum32()%uint32(len(actions))], "- ")
}

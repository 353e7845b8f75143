package langchain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is read from a server.
const (
	maxReplyBytes = 8 << 20
	maxErrorBytes = 300 // of a server's error message
)

// serverError is what went wrong between us and a model's server. langchaingo
// itself hides the status in a text, and Ollama's client takes a reply that
// was cut off for an empty one.
type serverError struct {
	status     int           // of HTTP; 0 if no whole reply came
	retryAfter time.Duration // as the server asked; 0 if it did not
	text       string
	err        error // nil if there is a status
}

func (e *serverError) Error() string {
	if e.status != 0 {
		return fmt.Sprintf("model server: status %d: %s", e.status, e.text)
	}
	return "model server: " + e.text
}

func (e *serverError) Unwrap() error { return e.err }

// transport reads replies whole and makes errors of all but good ones.
type transport struct {
	next http.RoundTripper
	key  string // never to appear in an error
}

func newTransport(s Server) *transport {
	next := s.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{next, s.Key}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, t.lost(err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReplyBytes+1))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, t.lost(err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &serverError{
			status:     resp.StatusCode,
			retryAfter: retryAfter(resp.Header.Get("Retry-After")),
			text:       message(t.redact(string(body))),
		}
	}
	if len(body) > maxReplyBytes {
		return nil, &serverError{status: http.StatusOK, text: fmt.Sprintf("reply of more than %d bytes", maxReplyBytes)}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func (t *transport) lost(err error) error {
	return &serverError{text: t.redact(err.Error()), err: err}
}

func (t *transport) redact(s string) string {
	if t.key == "" {
		return s
	}
	return strings.ReplaceAll(s, t.key, "[key]")
}

// message is what a server says of an error: {"error":{"message":…}} as
// OpenAI's, {"error":…} as Ollama's, or the beginning of whatever it is.
func message(body string) string {
	var openAI struct {
		Error struct{ Code, Message, Type any }
	}
	var ollama struct{ Error string }
	text := body
	if json.Unmarshal([]byte(body), &openAI) == nil && openAI.Error.Message != nil {
		text = fmt.Sprint(openAI.Error.Message)
		for _, v := range []any{openAI.Error.Code, openAI.Error.Type} {
			if v != nil && v != "" {
				text += fmt.Sprintf(" (%v)", v)
			}
		}
	} else if json.Unmarshal([]byte(body), &ollama) == nil && ollama.Error != "" {
		text = ollama.Error
	}
	return cutAt(strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " "), maxErrorBytes)
}

// retryAfter reads the header's seconds; a date is not worth a clock.
func retryAfter(header string) time.Duration {
	n, err := strconv.Atoi(header)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, int(maxWait/time.Second))) * time.Second
}

// client is an http.Client that returns a serverError as it is. Within the
// url.Error of http.Client, langchaingo would replace it by "network error".
type client struct{ http.Client }

// Do sends r.
func (c *client) Do(r *http.Request) (*http.Response, error) {
	resp, err := c.Client.Do(r)
	if s, ok := errors.AsType[*serverError](err); ok {
		return nil, s
	}
	return resp, err
}

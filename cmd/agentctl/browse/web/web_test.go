package web_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/browsetest"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/web"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// site serves the memory in dir until the test ends.
func site(t testing.TB, dir string, o web.Options) *httptest.Server {
	t.Helper()
	if o.Name == "" {
		o.Name = "the store"
	}
	h, err := web.Handler(browse.New(browsetest.ReadOnly(t, dir), browse.Options{}), o)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func doors(t testing.TB, more ...agent.Episode) *httptest.Server {
	t.Helper()
	_, dir := browsetest.Record(t, append(browsetest.Doors(), more...)...)
	return site(t, dir, web.Options{})
}

// get returns a page, which must have this status.
func get(t testing.TB, url string, status int) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		t.Fatalf("%s: status %d, want %d, %v\n%s", url, resp.StatusCode, status, err, b)
	}
	return string(b)
}

// has holds that a page has texts, in this order.
func has(t testing.TB, page string, texts ...string) {
	t.Helper()
	rest := page
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Errorf("no %q (in this place) in\n%s", text, page)
			return
		}
		rest = after
	}
}

// follow returns the page that the first link with a text leads to.
func follow(t testing.TB, s *httptest.Server, page, text string) string {
	t.Helper()
	m := regexp.MustCompile(`<a href="([^"]*)"[^>]*>` + regexp.QuoteMeta(text)).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no link %q in\n%s", text, page)
	}
	return get(t, s.URL+html.UnescapeString(m[1]), http.StatusOK)
}

func TestPages(t *testing.T) {
	s := doors(t)
	home := get(t, s.URL, http.StatusOK)
	has(t, home, "<title>overview – the store</title>", "2 lessons", "2 demonstrations", "4 episodes", "Success over all recorded episodes", "<svg", "condition", "Wilson")
	skills := follow(t, s, home, "skills")
	has(t, skills, `aria-current="page"`, "1 to 2 of 2", "category", "To open the green door: push")
	has(t, follow(t, s, home, "4 episodes"), "1 to 4 of 4", "started", "failure: budget")
	has(t, get(t, s.URL+"/episodes?q=failure", http.StatusOK), "1 to 2 of 2", "with “failure”")
	has(t, get(t, s.URL+"/episodes?q=nothing", http.StatusOK), `id="count">none with “nothing”`)
	has(t, get(t, s.URL+"/static/style.css", http.StatusOK), "--bg", "pre.action")
	for path, status := range map[string]int{
		"/keys": 404, "/keys/item?id=x": 404, "/lessons/item?id=x": 404, "/skills/item?id=": 404, "/versions": 404, "/x/y/z": 404,
		"/static/": 404, "/static/page.gohtml": 404,
	} {
		get(t, s.URL+path, status)
	}
}

// TestEvidence follows links from a lesson to an episode and back, and from a
// skill to a demonstration.
func TestEvidence(t *testing.T) {
	s := doors(t)
	lesson := follow(t, s, get(t, s.URL+"/lessons?q=dance", http.StatusOK), "When open the red door: avoid wait, dance")
	has(t, lesson, "<dt>why</dt><dd", "2 failures support it", "Episodes that support it")
	episode := follow(t, s, lesson, "failure: budget: open the red door")
	has(t, episode, "step budget of 3 used up", "Lessons that rest on it", `<pre class="world" dir="auto">A red door.</pre>`, `<pre class="action" dir="auto">wait</pre>`)
	has(t, follow(t, s, episode, "supports: When open the red door"), "Episodes that support it")

	skill := follow(t, s, get(t, s.URL+"/skills", http.StatusOK), "To open the green door: push")
	demo := follow(t, s, skill, "success: open the green door")
	has(t, demo, "As a policy reads it", "Task: open the green door")
	has(t, follow(t, s, demo, "success: open the green door"), "Kept as")
}

// TestHostile holds that markup in an episode is text on every page that shows
// it, and that an ID of any characters is found.
func TestHostile(t *testing.T) {
	s := doors(t, browsetest.Attack())
	page := get(t, s.URL+"/episodes?q=%3Ct%3E", http.StatusOK)
	item := follow(t, s, page, "open &lt;script&gt;")
	for _, p := range []string{page, item, get(t, s.URL+`/lessons?q="><script>document.title='taken'</script>`, http.StatusOK), get(t, s.URL+"/skills", http.StatusOK)} {
		if strings.Contains(p, "<script>") || strings.Contains(p, "<img") || strings.ContainsAny(p, "\x1b\a\u202e") {
			t.Errorf("carried out:\n%s", p)
		}
		has(t, p, "&lt;script&gt;")
	}
	has(t, item, "&lt;b&gt;won&lt;/b&gt;?&amp;#", "日本語 👩‍👩‍👧")
}

// TestGuard holds what the server refuses, and what it forbids the browser.
func TestGuard(t *testing.T) {
	_, dir := browsetest.Record(t, browsetest.Doors()...)
	s := site(t, dir, web.Options{Host: "shelf.example"})
	for host, want := range map[string]int{
		"127.0.0.1:80": 200, "127.0.0.1": 200, "[::1]:80": 200, "[::1]": 200, "192.0.2.7:1": 200, "localhost:9": 200, "LOCALHOST": 200, "Shelf.example:80": 200,
		"evil.example": 421, "evil.example:80": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:80": 421, "shelf.example.evil": 421,
	} {
		for _, path := range []string{"/", "/generation", "/static/live.js"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != want || want != 200 && strings.Contains(string(b), "the store") {
				t.Errorf("%s for %s: status %d, want %d", path, host, resp.StatusCode, want)
			}
			h := resp.Header
			csp := h.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'; ") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" ||
				h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v", path, h)
			}
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		req, _ := http.NewRequestWithContext(t.Context(), method, s.URL+"/episodes", nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", method, resp.StatusCode)
		}
	}
}

// TestMany goes through the pages of 10,000 episodes.
func TestMany(t *testing.T) {
	s := site(t, browsetest.Archive(t, browsetest.Many(10_000)...), web.Options{})
	page := get(t, s.URL+"/episodes", http.StatusOK)
	if n := strings.Count(page, "<tr>"); n != 51 || len(page) > 40_000 {
		t.Errorf("%d rows in %d bytes", n, len(page))
	}
	has(t, page, "1 to 50 of 10000")
	next := follow(t, s, page, "next")
	has(t, next, "51 to 100 of 10000", "first", "previous")
	last := follow(t, s, next, "last")
	has(t, last, "9951 to 10000 of 10000", "many-00000")
	has(t, follow(t, s, last, "previous"), "9901 to 9950 of 10000")
	has(t, follow(t, s, get(t, s.URL+"/episodes?q=shut+failure", http.StatusOK), "next"), "51 to 100 of 1667", "with “shut failure”")
	has(t, get(t, s.URL+"/episodes?skip=999999", http.StatusOK), "9951 to 10000")
	has(t, get(t, s.URL+"/episodes?skip=-5", http.StatusOK), "1 to 50")
	has(t, get(t, s.URL, http.StatusOK), "10000 episodes", "Success over recorded episodes, by kind", "open (5000)", "shut (5000)")
}

// history is versions of a policy.
type history struct {
	all []versions.Version
	err error
}

func (h history) Versions() ([]versions.Version, error) { return h.all, h.err }

func TestVersions(t *testing.T) {
	_, dir := browsetest.Record(t)
	version := func(n int, score float64) versions.Version {
		return versions.Version{
			Lineage: versions.Lineage{Version: fmt.Sprintf("00000000000%d", n), Number: n, Objective: "nsr<b>", After: map[string]float64{"open": score, "shut": 0.5}},
			State:   versions.Promoted, Current: n == 2,
		}
	}
	s := site(t, dir, web.Options{Versions: history{all: []versions.Version{version(1, 0.25), version(2, 0.75)}}})
	home := get(t, s.URL, http.StatusOK)
	has(t, home, "No episode was recorded yet.")
	has(t, follow(t, s, home, "versions"), "Held-out scores of policy versions", "<svg", "open: 75.0% in the end; shut: 50.0% in the end.", "<td>000000000002</td>",
		"promoted, current", "nsr&lt;b&gt;", "open 75.0%, shut 50.0%")
	s = site(t, dir, web.Options{Versions: history{all: []versions.Version{}}})
	has(t, get(t, s.URL+"/versions", http.StatusOK), "There is no version yet.")
	s = site(t, dir, web.Options{Versions: history{err: errors.New("torn <file>")}})
	has(t, get(t, s.URL+"/versions", http.StatusInternalServerError), "torn &lt;file&gt;")
}

// TestServe holds that the server ends when it is told to, and only then.
func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- web.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			end()
			time.Sleep(50 * time.Millisecond)
			io.WriteString(w, "whole")
		}))
	}()
	if got := get(t, "http://"+l.Addr().String(), http.StatusOK); got != "whole" {
		t.Errorf("answer under way: %q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + l.Addr().String()); err == nil {
		t.Error("still serving")
	}
}

// Package web shows a memory as pages for a browser: the lists of package
// browse, each thing in detail, the links between them, how success went over
// the episodes, and the scores of policy versions.
//
// The pages need nothing but this server: style, script and icon are in the
// binary. Whatever a page shows was recorded by someone, so every page forbids
// all script and style but its own, and all texts are escaped by html/template.
package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

//go:embed *.gohtml static
var files embed.FS

// Versions lists the versions of a policy, in the order in which they were
// made.
type Versions interface {
	Versions() ([]versions.Version, error)
}

// Options are of the pages.
type Options struct {
	Name     string   // of the memory, on every page
	Host     string   // a name by which the server is reached, beside localhost and addresses; may be empty
	Versions Versions // nil: no page of versions
}

// server answers requests. It changes nothing.
type server struct {
	reader *browse.Reader
	o      Options
	pages  *template.Template
}

// Handler returns what answers with the pages. It answers GET and HEAD only, and
// only to requests for an IP address, localhost or o.Host: another name in the
// request means that a foreign page had its own name resolved to this server to
// read it (DNS rebinding).
func Handler(r *browse.Reader, o Options) (http.Handler, error) {
	pages, err := template.New("").Funcs(template.FuncMap{"itemURL": itemURL}).ParseFS(files, "*.gohtml")
	if err != nil {
		return nil, err
	}
	s := &server{r, o, pages}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(s.overview))
	mux.HandleFunc("GET /{class}", s.page(s.list))
	mux.HandleFunc("GET /{class}/item", s.page(s.item))
	if o.Versions != nil {
		mux.HandleFunc("GET /versions", s.page(s.versions))
	}
	mux.HandleFunc("GET /generation", s.generation)
	mux.HandleFunc("GET /static/style.css", s.style)
	mux.HandleFunc("GET /static/live.js", static("static/live.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /static/icon.svg", static("static/icon.svg", "image/svg+xml"))
	return s.guard(mux), nil
}

// guard refuses requests that are not for this server, and says what a browser
// may do with the answers.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.isOurs(r.Host) {
			http.Error(w, "this server is reached by its address or as localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOurs reports whether a request's Host is a name of this server.
func (s *server) isOurs(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return net.ParseIP(host) != nil || strings.EqualFold(host, "localhost") || s.o.Host != "" && strings.EqualFold(host, s.o.Host)
}

// view is what a template reads.
type view struct {
	Title      string
	Name       string
	Classes    []browse.Class
	Class      browse.Class // of what is shown; may be empty
	Versions   bool         // there is a page of them
	Generation int64        // as of before the page was read
	Body       any
}

// shown is what a page shows: what the template of this name makes of body.
type shown struct {
	template string
	title    string
	class    browse.Class
	body     any
}

// page makes a handler of what finds out what to show.
func (s *server) page(find func(*http.Request) (shown, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		generation, err := s.reader.Generation(r.Context())
		var found shown
		if err == nil {
			found, err = find(r)
		}
		status := http.StatusOK
		if err != nil {
			status = http.StatusInternalServerError
			if errors.Is(err, memory.ErrNotFound) {
				status = http.StatusNotFound
			}
			found = shown{template: "trouble", title: http.StatusText(status), body: browse.Line(err.Error())}
		}
		var b bytes.Buffer
		err = s.pages.ExecuteTemplate(&b, found.template, view{
			found.title, s.o.Name, browse.Classes(), found.class, s.o.Versions != nil, generation, found.body,
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write(b.Bytes()) // who asked may be gone
	}
}

func (s *server) generation(w http.ResponseWriter, r *http.Request) {
	g, err := s.reader.Generation(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(strconv.FormatInt(g, 10)))
}

// style is that of the reports, whose pictures the pages have, and their own.
func (s *server) style(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	err := report.Stylesheet(&b)
	own, e := files.ReadFile("static/style.css")
	if err := errors.Join(err, e); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(append(b.Bytes(), own...))
}

// static serves a file of the binary.
func static(name, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, err := files.ReadFile(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(b)
	}
}

// Serve answers on l until ctx ends, then lets the answers under way end.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: headerTime}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
	defer cancel()
	err := srv.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if e := <-done; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

package web

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
)

const (
	headerTime = 10 * time.Second // to send the head of a request in
	graceTime  = 5 * time.Second  // for answers under way at the end
)

// pageRows is how many rows a page of a list has.
const pageRows = 50

// listBody is a page of a list.
type listBody struct {
	browse.Page
	Filter string
	First  int // the number of the first row, from 1
	Last   int
	Links  []pageLink
}

// LastColumn is the one whose cells lead to what the row is of.
func (b listBody) LastColumn() int { return len(b.Head) - 1 }

// pageLink leads to another page of a list.
type pageLink struct{ Text, URL string }

func (s *server) list(r *http.Request) (shown, error) {
	class, q := browse.Class(r.PathValue("class")), r.URL.Query()
	skip, _ := strconv.Atoi(q.Get("skip")) // what is no number is the beginning
	p, err := s.reader.List(r.Context(), browse.Query{Class: class, Filter: q.Get("q"), Skip: skip, MaxRows: pageRows})
	if err != nil {
		return shown{}, err
	}
	b := listBody{Page: p, Filter: q.Get("q"), First: p.Skip + 1, Last: p.Skip + len(p.Rows)}
	link := func(text string, skip int) {
		v := url.Values{"skip": {strconv.Itoa(skip)}}
		if b.Filter != "" {
			v.Set("q", b.Filter)
		}
		b.Links = append(b.Links, pageLink{text, "/" + string(class) + "?" + v.Encode()})
	}
	if p.Skip > 0 {
		link("first", 0)
		link("previous", max(p.Skip-pageRows, 0))
	}
	if b.Last < p.Total {
		link("next", p.Skip+pageRows)
		link("last", p.Total)
	}
	return shown{"list", string(class), class, b}, nil
}

func (s *server) item(r *http.Request) (shown, error) {
	q := r.URL.Query()
	ref := browse.Ref{Class: browse.Class(r.PathValue("class")), ID: q.Get("id"), Scope: q.Get("scope")}
	d, err := s.reader.Detail(r.Context(), ref)
	return shown{"item", d.Title, ref.Class, d}, err
}

// itemURL is where a thing is shown, or empty for none.
func itemURL(ref browse.Ref) string {
	if ref == (browse.Ref{}) {
		return ""
	}
	v := url.Values{"id": {ref.ID}}
	if ref.Scope != "" {
		v.Set("scope", ref.Scope)
	}
	return "/" + string(ref.Class) + "/item?" + v.Encode()
}

// overviewBody is the first page.
type overviewBody struct {
	Counts []count
	Curves []picture
}

// count is how long a list is.
type count struct {
	Class browse.Class
	N     int // below 0: not known
}

// picture is a figure with its title, and a note that may be empty.
type picture struct {
	Title, Note string
	SVG         template.HTML
}

func (s *server) overview(r *http.Request) (shown, error) {
	n, err := s.reader.Counts(r.Context())
	if err != nil {
		return shown{}, err
	}
	var b overviewBody
	for i, c := range browse.Classes() {
		b.Counts = append(b.Counts, count{c, n[i]})
	}
	for _, by := range browse.Groupings() {
		curves, groups, err := s.reader.Curves(r.Context(), by)
		if err != nil {
			return shown{}, err
		}
		if groups == 0 || groups == 1 && by != browse.Together {
			continue
		}
		p, err := successPicture(by, curves, groups)
		if err != nil {
			return shown{}, err
		}
		b.Curves = append(b.Curves, p)
	}
	return shown{"overview", "overview", "", b}, nil
}

func (s *server) versions(*http.Request) (shown, error) {
	all, err := s.o.Versions.Versions()
	if err != nil {
		return shown{}, err
	}
	b, err := newVersionsBody(all)
	return shown{"versions", "policy versions", "", b}, err
}

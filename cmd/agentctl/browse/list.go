package browse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-ai/surefoot/memory"
)

// Class is one of the lists.
type Class string

// The lists.
const (
	Skills         Class = "skills"
	Lessons        Class = "lessons"
	Demonstrations Class = "demonstrations"
	Episodes       Class = "episodes"
)

// Classes lists every Class in the order in which they are shown.
func Classes() []Class { return []Class{Skills, Lessons, Demonstrations, Episodes} }

// Ref names one thing of a memory. The zero Ref names none.
type Ref struct {
	Class Class
	ID    string
	Scope string // of a skill, as two scopes may have the same; else empty
}

// Query selects rows of a list.
type Query struct {
	Class   Class
	Filter  string // words that a row must all have, in any case; of episodes and demonstrations those of ID, scope, suite, kind, task and outcome count
	Skip    int    // so many rows; beyond the end: the last page
	MaxRows int    // at least 1
}

// Page is a part of a list.
type Page struct {
	Head  []string
	Rows  []Row // one cell for each of Head
	Skip  int   // rows of the list before these
	Total int   // rows of the list
}

// Row is one line of a list.
type Row struct {
	Ref   Ref
	Cells []string
}

// candidate is a row that a filter may leave out.
type candidate struct {
	ref   Ref
	scope string
	words []string                                // what a filter looks at
	cells func(context.Context) ([]string, error) // but that of the scope
}

// List returns the rows that q selects: skills those that are kept before the
// candidates, episodes and lessons the newest first, demonstrations by their IDs
// from the last, which for UUIDv7 is the newest first as well. The first column is
// the scope if a row has one.
func (r *Reader) List(ctx context.Context, q Query) (Page, error) {
	var head []string
	var all []candidate
	var err error
	switch q.Class {
	case Skills:
		head = []string{"state", "category", "kind", "for/against", "skill"}
		all, err = r.skillRows(ctx)
	case Lessons:
		head = []string{"state", "about", "confidence", "for/against", "lesson"}
		all, err = r.lessonRows(ctx)
	case Demonstrations:
		head = []string{"kind", "task", "steps", "seen", "goal"}
		all, err = r.demonstrationRows(ctx)
	case Episodes:
		head = []string{"started", "outcome", "kind", "task", "trial", "steps", "goal"}
		all, err = r.episodeRows(ctx)
	default:
		err = fmt.Errorf("list %q: %w", q.Class, memory.ErrNotFound)
	}
	if err != nil {
		return Page{}, err
	}
	all = filtered(all, q.Filter)
	p := Page{Head: append([]string{"scope"}, head...), Total: len(all), Skip: max(q.Skip, 0)}
	if p.Skip >= len(all) {
		p.Skip = max(len(all)-1, 0) / q.MaxRows * q.MaxRows
	}
	for _, c := range all[p.Skip:min(p.Skip+q.MaxRows, len(all))] {
		cells, err := c.cells(ctx)
		if err != nil {
			return Page{}, err
		}
		cells = append([]string{c.scope}, cells...)
		for i := range cells {
			cells[i] = brief(cells[i])
		}
		p.Rows = append(p.Rows, Row{c.ref, cells})
	}
	if !slices.ContainsFunc(p.Rows, func(r Row) bool { return r.Cells[0] != "" }) {
		p.Head = p.Head[1:]
		for i := range p.Rows {
			p.Rows[i].Cells = p.Rows[i].Cells[1:]
		}
	}
	return p, nil
}

// filtered are those of all that have every word of filter.
func filtered(all []candidate, filter string) []candidate {
	words := strings.Fields(strings.ToLower(filter))
	if len(words) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(c candidate) bool {
		text := strings.ToLower(strings.Join(append(c.words, c.ref.ID, c.scope), "\n"))
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	})
}

func (r *Reader) lessonRows(ctx context.Context) ([]candidate, error) {
	ls, err := r.store.Lessons(ctx, memory.LessonFilter{Scope: r.scope})
	var out []candidate
	for _, l := range slices.Backward(ls) {
		text := memory.RenderLesson(l)
		cells := []string{
			string(l.State), About(l), strconv.FormatFloat(l.Confidence, 'f', 2, 64), share(l.For, l.Against), text,
		}
		out = append(out, candidate{Ref{Class: Lessons, ID: l.ID}, l.Scope, append(cells, l.Suite, l.Kind), func(context.Context) ([]string, error) { return cells, nil }})
	}
	return out, err
}

// share is how many speak for and against.
func share(pro, con []string) string { return fmt.Sprintf("%d/%d", len(pro), len(con)) }

func (r *Reader) demonstrationRows(ctx context.Context) ([]candidate, error) {
	heads, err := r.store.DemonstrationHeads(ctx, memory.DemonstrationFilter{Scope: r.scope})
	out := make([]candidate, 0, len(heads))
	for _, h := range slices.Backward(heads) {
		out = append(out, candidate{Ref{Class: Demonstrations, ID: h.ID}, h.Scope, []string{h.Suite, h.Kind, h.Task}, func(ctx context.Context) ([]string, error) {
			e, err := r.store.Episode(ctx, h.ID)
			goal, err := readable(e.Task.Goal, err)
			return []string{h.Kind, h.Task, strconv.Itoa(h.Steps), strconv.Itoa(h.Seen), goal}, err
		}})
	}
	return out, err
}

func (r *Reader) episodeRows(ctx context.Context) ([]candidate, error) {
	heads, err := r.store.EpisodeHeads(ctx, memory.EpisodeFilter{Scope: r.scope})
	out := make([]candidate, 0, len(heads))
	for _, h := range slices.Backward(heads) {
		outcome := "failure"
		if h.Success {
			outcome = "success"
		}
		out = append(out, candidate{Ref{Class: Episodes, ID: h.ID}, h.Scope, []string{h.Suite, h.Kind, h.Task, outcome}, func(ctx context.Context) ([]string, error) {
			e, err := r.store.Episode(ctx, h.ID)
			if err == nil {
				outcome = Outcome(e.Outcome)
			}
			goal, err := readable(e.Task.Goal, err)
			return []string{Time(e.Started), outcome, h.Kind, h.Task, strconv.Itoa(e.Trial), strconv.Itoa(len(e.Steps)), goal}, err
		}})
	}
	return out, err
}

// readable is text, or what is wrong with the one record that it is of: that is
// no reason not to show the others.
func readable(text string, err error) (string, error) {
	if errors.Is(err, memory.ErrCorrupt) || errors.Is(err, memory.ErrNotFound) {
		return "cannot be read: " + err.Error(), nil
	}
	return text, err
}

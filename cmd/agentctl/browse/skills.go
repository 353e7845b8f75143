package browse

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/skills"
)

// What the package knows of skills is in this file.

// experience is a scope of a memory as a source of skills.
type experience struct {
	store *memory.Store
	scope string
}

func (e experience) Demonstrations(ctx context.Context) ([]agent.Demonstration, error) {
	return e.store.Demonstrations(ctx, memory.DemonstrationFilter{Scope: &e.scope})
}

func (e experience) Lessons(ctx context.Context) ([]agent.Lesson, error) {
	return e.store.Lessons(ctx, memory.LessonFilter{Scope: &e.scope})
}

// patience is how much longer than it takes to distil skills they are kept while
// the memory goes on: 6,666 demonstrations take 2 seconds, and an agent may
// record all the time.
const patience = 10

// library is the skills of a scope. They are those of now, or, if distilling
// takes long, of a short while ago.
func (r *Reader) library(ctx context.Context, scope string) (*skills.Library, error) {
	generation, err := r.Generation(ctx)
	if err != nil {
		return nil, err
	}
	r.mu.Lock() // also while distilling: who asks in the meantime wants the same
	defer r.mu.Unlock()
	start := r.clock()
	if s := r.libraries[scope]; s.library != nil && (s.generation == generation || start.Sub(s.made) < patience*s.took) {
		return s.library, nil
	}
	found, err := skills.Distil(ctx, experience{r.store, scope}, skills.Options{})
	if err != nil {
		return nil, err
	}
	l, end := skills.NewLibrary(found), r.clock()
	r.libraries[scope] = shelf{generation, l, end, end.Sub(start)}
	return l, nil
}

// scopes are those that skills can be of, in their order.
func (r *Reader) scopes(ctx context.Context) ([]string, error) {
	if r.scope != nil {
		return []string{*r.scope}, nil
	}
	ds, err := r.store.DemonstrationHeads(ctx, memory.DemonstrationFilter{})
	if err != nil {
		return nil, err
	}
	ls, err := r.store.Lessons(ctx, memory.LessonFilter{})
	var out []string
	for _, d := range ds {
		out = append(out, d.Scope)
	}
	for _, l := range ls {
		out = append(out, l.Scope)
	}
	slices.Sort(out)
	return slices.Compact(out), err
}

func (r *Reader) skillRows(ctx context.Context) ([]candidate, error) {
	scopes, err := r.scopes(ctx)
	if err != nil {
		return nil, err
	}
	var out []candidate
	for _, scope := range scopes {
		l, err := r.library(ctx, scope)
		if err != nil {
			return nil, err
		}
		for _, s := range l.List(skills.Filter{}) {
			cells := []string{string(s.Category), s.Kind, share(s.For, s.Against), s.Text()}
			out = append(out, candidate{skillRef(s, scope), scope, append(cells, s.Suite, s.Title), func(context.Context) ([]string, error) { return cells, nil }})
		}
	}
	return out, nil
}

func skillRef(s agent.Skill, scope string) Ref { return Ref{Skills, s.ID, scope} }

// findSkill returns the skill with exactly this ID, or memory.ErrNotFound.
func (r *Reader) findSkill(ctx context.Context, ref Ref) (agent.Skill, error) {
	l, err := r.library(ctx, ref.Scope)
	if err != nil {
		return agent.Skill{}, err
	}
	s, err := l.Show(ref.ID)
	if errors.Is(err, skills.ErrNotFound) || errors.Is(err, skills.ErrAmbiguous) || err == nil && s.ID != ref.ID {
		return agent.Skill{}, missing(ref)
	}
	return s, err
}

func (r *Reader) skillDetail(ctx context.Context, ref Ref) (Detail, error) {
	s, err := r.findSkill(ctx, ref)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Ref: ref, Title: s.Text()}
	d.fields("id", s.ID, "scope", ref.Scope, "category", string(s.Category), "suite", s.Suite, "kind", s.Kind, "title", s.Title,
		"when", s.When, "mistake", s.Mistake, "cause", string(s.Cause), "principle", s.Principle)
	if err := r.linkEpisodes(ctx, &d, "Demonstrations and other episodes that support it", s.For); err != nil {
		return Detail{}, err
	}
	if err := r.linkEpisodes(ctx, &d, "Episodes that contradict it", s.Against); err != nil {
		return Detail{}, err
	}
	if err := r.linkItems(ctx, &d, place{"Lessons it was made of", ref.Scope}, s.Lessons); err != nil {
		return Detail{}, err
	}
	steps := Section{Title: "Steps"}
	for _, step := range s.Steps {
		steps.Passages = append(steps.Passages, Passage{Action, passage(step)})
	}
	d.add(steps)
	return d, nil
}

// linkSkills links the skills of a scope that rest on an episode or a lesson.
func (r *Reader) linkSkills(ctx context.Context, d *Detail, id, scope string) error {
	l, err := r.library(ctx, scope)
	if err != nil {
		return err
	}
	sec := Section{Title: "Skills that rest on it"}
	for _, s := range l.List(skills.Filter{}) {
		if slices.Contains(s.For, id) || slices.Contains(s.Lessons, id) {
			sec.Links = append(sec.Links, Link{skillRef(s, scope), brief(strings.TrimSpace(string(s.Category) + ": " + s.Text()))})
		} else if slices.Contains(s.Against, id) {
			sec.Links = append(sec.Links, Link{skillRef(s, scope), brief("against " + string(s.Category) + ": " + s.Text())})
		}
	}
	d.add(sec)
	return nil
}

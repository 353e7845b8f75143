package browse

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/skills"
)

// What the package knows of skills is in this file.

// Experience is a memory as one scope sees it: a source and a store of skills.
type Experience struct {
	*memory.Store
	Scope string
}

// Demonstrations implements skills.Source.
func (e Experience) Demonstrations(ctx context.Context) ([]agent.Demonstration, error) {
	return e.Store.Demonstrations(ctx, memory.DemonstrationFilter{Scope: &e.Scope})
}

// Lessons implements skills.Source.
func (e Experience) Lessons(ctx context.Context) ([]agent.Lesson, error) {
	return e.Store.Lessons(ctx, memory.LessonFilter{Scope: &e.Scope})
}

// Attempts implements skills.Source. The goal is read of tasks only that state no
// kind: it says their category.
func (e Experience) Attempts(ctx context.Context) ([]skills.Attempt, error) {
	heads, err := e.EpisodeHeads(ctx, memory.EpisodeFilter{Scope: &e.Scope})
	if err != nil {
		return nil, err
	}
	type key struct{ suite, task string }
	goals := map[key]string{}
	out := make([]skills.Attempt, len(heads))
	for i, h := range heads {
		t := agent.Task{Scope: h.Scope, ID: h.Task, Suite: h.Suite, Kind: h.Kind}
		if t.Kind == "" {
			k := key{t.Suite, t.ID}
			goal, known := goals[k]
			if !known {
				episode, err := e.Episode(ctx, h.ID)
				if err != nil {
					return nil, err
				}
				goal, goals[k] = episode.Task.Goal, episode.Task.Goal
			}
			t.Goal = goal
		}
		out[i] = skills.Attempt{Episode: h.ID, Task: t, Success: h.Success}
	}
	return out, nil
}

// Skills implements skills.Store.
func (e Experience) Skills(ctx context.Context) ([]agent.Skill, error) {
	return e.Store.Skills(ctx, memory.SkillFilter{Scope: &e.Scope})
}

// Candidates are the skills that are distilled from it as it is now.
func (e Experience) Candidates(ctx context.Context) ([]agent.Skill, error) {
	return skills.Distil(ctx, e, skills.Options{Scope: e.Scope})
}

// patience is how much longer than it takes to distil candidates they are held
// while the memory goes on: 6,666 demonstrations take 2 seconds, and an agent may
// record all the time.
const patience = 10

// skills are those of a scope: the ones that are kept, and the candidates that
// are not. The candidates are those of now, or, if distilling takes long, of a
// short while ago.
func (r *Reader) skills(ctx context.Context, scope string) ([]agent.Skill, error) {
	kept, err := Experience{r.store, scope}.Skills(ctx)
	if err != nil {
		return nil, err
	}
	candidates, err := r.distilled(ctx, scope)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, s := range kept {
		seen[s.ID] = true
	}
	for _, s := range candidates {
		if !seen[s.ID] {
			kept = append(kept, s)
		}
	}
	return kept, nil
}

func (r *Reader) distilled(ctx context.Context, scope string) ([]agent.Skill, error) {
	_, generation, err := r.store.History(ctx)
	if err != nil {
		return nil, err
	}
	r.mu.Lock() // also while distilling: who asks in the meantime wants the same
	defer r.mu.Unlock()
	start := r.clock()
	if s, ok := r.shelves[scope]; ok && (s.generation == generation || s.held(start)) {
		return s.candidates, nil
	}
	found, err := Experience{r.store, scope}.Candidates(ctx)
	if err != nil {
		return nil, err
	}
	end := r.clock()
	r.shelves[scope] = shelf{generation, found, end, end.Sub(start)}
	return found, nil
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
	if err != nil {
		return nil, err
	}
	kept, err := r.store.Skills(ctx, memory.SkillFilter{})
	var out []string
	for _, d := range ds {
		out = append(out, d.Scope)
	}
	for _, l := range ls {
		out = append(out, l.Scope)
	}
	for _, s := range kept {
		out = append(out, s.Scope)
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
		all, err := r.skills(ctx, scope)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			cells := []string{string(s.State), string(s.Category), s.Kind, share(s.For, s.Against), s.Text()}
			out = append(out, candidate{skillRef(s, scope), scope, append(cells, s.Suite, s.Title), func(context.Context) ([]string, error) { return cells, nil }})
		}
	}
	return out, nil
}

func skillRef(s agent.Skill, scope string) Ref { return Ref{Skills, s.ID, scope} }

// findSkill returns the skill with this ID, or memory.ErrNotFound.
func (r *Reader) findSkill(ctx context.Context, ref Ref) (agent.Skill, error) {
	all, err := r.skills(ctx, ref.Scope)
	if err != nil {
		return agent.Skill{}, err
	}
	i := slices.IndexFunc(all, func(s agent.Skill) bool { return s.ID == ref.ID })
	if i < 0 {
		return agent.Skill{}, missing(ref)
	}
	return all[i], nil
}

func (r *Reader) skillDetail(ctx context.Context, ref Ref) (Detail, error) {
	s, err := r.findSkill(ctx, ref)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Ref: ref, Title: s.Text()}
	d.fields("id", s.ID, "scope", ref.Scope, "state", string(s.State), "why", s.Reason, "by hand of", s.Pinned, "version", number(s.Version),
		"category", string(s.Category), "suite", s.Suite, "kind", s.Kind, "title", s.Title,
		"when", s.When, "mistake", s.Mistake, "cause", string(s.Cause), "principle", s.Principle,
		"exam", exam(s.Admitted), "shown", arm(s.Effect.Shown), "withheld", arm(s.Effect.Withheld), "from", s.Origin, "created", Time(s.Created))
	if err := r.linkItems(ctx, &d, place{"Merged or split from", ref.Scope}, s.Parents); err != nil {
		return Detail{}, err
	}
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

// number is n, or nothing of none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// exam is by how much a skill helped, or nothing of none.
func exam(x agent.SkillExam) string {
	if x.N == 0 {
		return ""
	}
	return fmt.Sprintf("of %d held-out tasks %d solved without it and %d with it", x.N, x.Without, x.With)
}

// linkSkills links the skills of a scope that rest on an episode or a lesson.
func (r *Reader) linkSkills(ctx context.Context, d *Detail, id, scope string) error {
	all, err := r.skills(ctx, scope)
	if err != nil {
		return err
	}
	sec := Section{Title: "Skills that rest on it"}
	for _, s := range all {
		text := string(s.State) + ", " + string(s.Category) + ": " + s.Text()
		if slices.Contains(s.For, id) || slices.Contains(s.Lessons, id) {
			sec.Links = append(sec.Links, Link{skillRef(s, scope), brief(text)})
		} else if slices.Contains(s.Against, id) {
			sec.Links = append(sec.Links, Link{skillRef(s, scope), brief("against " + text)})
		}
	}
	d.add(sec)
	return nil
}

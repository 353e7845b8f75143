package browse

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

func (r *Reader) episodeDetail(ctx context.Context, ref Ref) (Detail, error) {
	e, err := r.store.Episode(ctx, ref.ID)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Ref: ref, Title: e.Task.Goal}
	d.fields("id", e.ID, "scope", e.Task.Scope, "suite", e.Task.Suite, "kind", e.Task.Kind, "task", e.Task.ID,
		"trial", strconv.Itoa(e.Trial), "seed", strconv.FormatUint(e.Seed, 10), "policy", e.Policy, "started", Time(e.Started),
		"outcome", Outcome(e.Outcome), "feedback", e.Outcome.Feedback, "steps", strconv.Itoa(len(e.Steps)), "tokens", strconv.Itoa(e.Tokens))
	if r.isDemonstration(ctx, e.ID) {
		d.add(Section{Title: "Kept as", Links: []Link{{Ref{Class: Demonstrations, ID: e.ID}, brief("demonstration: " + e.Task.Goal)}}})
	}
	if err := r.linkLessons(ctx, &d, e); err != nil {
		return Detail{}, err
	}
	if err := r.linkSkills(ctx, &d, e.ID, e.Task.Scope); err != nil {
		return Detail{}, err
	}
	if err := r.linkRecalled(ctx, &d, e); err != nil {
		return Detail{}, err
	}
	if e.Context.AllWithheld {
		d.fields("memory", "withheld by chance, all of it")
	} else if err := r.linkItems(ctx, &d, place{"Withheld by chance", e.Task.Scope}, e.Context.Withheld); err != nil {
		return Detail{}, err
	}
	d.add(steps(e))
	return d, nil
}

// linkLessons links the lessons of e's scope that rest on it.
func (r *Reader) linkLessons(ctx context.Context, d *Detail, e agent.Episode) error {
	ls, err := r.store.Lessons(ctx, memory.LessonFilter{Scope: &e.Task.Scope})
	sec := Section{Title: "Lessons that rest on it"}
	for _, l := range ls {
		how := ""
		switch {
		case slices.Contains(l.For, e.ID):
			how = "supports"
		case slices.Contains(l.Against, e.ID):
			how = "contradicts"
		case e.ID == l.Contrast.Success || e.ID == l.Contrast.Failure:
			how = "did otherwise"
		default:
			continue
		}
		sec.Links = append(sec.Links, Link{Ref{Class: Lessons, ID: l.ID}, brief(how + ": " + memory.RenderLesson(l))})
	}
	d.add(sec)
	return err
}

// linkRecalled links what was recalled for e, with what it said then.
func (r *Reader) linkRecalled(ctx context.Context, d *Detail, e agent.Episode) error {
	sec := Section{Title: "Recalled for it"}
	for _, it := range e.Context.Items {
		link, err := r.item(ctx, it.ID, e.Task.Scope)
		if err != nil {
			return err
		}
		link.Text = brief(string(it.Kind) + ": " + it.Text)
		sec.Links = append(sec.Links, link)
	}
	d.add(sec)
	return nil
}

// maxSteps is how many steps of an episode are shown.
const maxSteps = 1000

// steps is what happened in e, word for word.
func steps(e agent.Episode) Section {
	sec := Section{Title: "What happened"}
	for i, s := range e.Steps {
		if i == maxSteps {
			sec.Passages = append(sec.Passages, Passage{Store, fmt.Sprintf("… %d more steps", len(e.Steps)-maxSteps)})
			break
		}
		action := string(s.Action)
		if s.Invalid {
			action += "   (not admissible)"
		}
		sec.Passages = append(sec.Passages, Passage{World, passage(s.Observation.Text)}, Passage{Action, passage(action)})
	}
	if e.Final.Text != "" {
		sec.Passages = append(sec.Passages, Passage{World, passage(e.Final.Text)})
	}
	return sec
}

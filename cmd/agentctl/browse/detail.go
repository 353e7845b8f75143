package browse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

// Detail is one thing of a memory with all there is to say of it.
type Detail struct {
	Ref      Ref
	Title    string
	Fields   []Field
	Sections []Section // those with links come first
}

// Field is a value by its name. Neither is empty.
type Field struct{ Name, Value string }

// Section is links or passages.
type Section struct {
	Title    string
	Links    []Link
	Passages []Passage
}

// Link leads to another thing.
type Link struct {
	Ref  Ref // zero: it is not in the memory
	Text string
}

// Speaker is whose words a passage is.
type Speaker string

// The speakers.
const (
	World  Speaker = "world"  // what the agent saw
	Action Speaker = "action" // what it did
	Store  Speaker = "store"  // what memory says
)

// Passage is a recorded text, of one or more lines.
type Passage struct {
	Speaker Speaker
	Text    string
}

// fields adds those of the pairs of name and value whose value is not empty.
func (d *Detail) fields(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := brief(pairs[i+1]); v != "" {
			d.Fields = append(d.Fields, Field{pairs[i], v})
		}
	}
}

// add adds s unless it is empty.
func (d *Detail) add(s Section) {
	if len(s.Links)+len(s.Passages) > 0 {
		d.Sections = append(d.Sections, s)
	}
}

// Detail returns what ref names, or memory.ErrNotFound, wrapped.
func (r *Reader) Detail(ctx context.Context, ref Ref) (Detail, error) {
	var d Detail
	var err error
	switch ref.Class {
	case Skills:
		d, err = r.skillDetail(ctx, ref)
	case Lessons:
		d, err = r.lessonDetail(ctx, ref)
	case Demonstrations:
		d, err = r.demonstrationDetail(ctx, ref)
	case Episodes:
		d, err = r.episodeDetail(ctx, ref)
	default:
		return Detail{}, missing(ref)
	}
	d.Title = brief(d.Title)
	return d, err
}

func missing(ref Ref) error { return fmt.Errorf("%s: %q: %w", ref.Class, ref.ID, memory.ErrNotFound) }

func (r *Reader) lessonDetail(ctx context.Context, ref Ref) (Detail, error) {
	l, err := r.store.Lesson(ctx, ref.ID)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Ref: ref, Title: memory.RenderLesson(l)}
	d.fields("id", l.ID, "state", string(l.State), "why", l.Reason, "scope", l.Scope, "suite", l.Suite, "kind", l.Kind, "task", l.Task,
		"when", l.Trigger, "mistake", l.Mistake, "instead", l.Remedy, "cause", string(l.Cause),
		"confidence", strconv.FormatFloat(l.Confidence, 'f', 2, 64),
		"shown", arm(l.Effect.Shown), "withheld", arm(l.Effect.Withheld),
		"created", Time(l.Created), "expires", Time(l.Expires), "tested again", Time(l.Retest))
	if err := r.linkEpisodes(ctx, &d, "Episodes that support it", l.For); err != nil {
		return Detail{}, err
	}
	if err := r.linkEpisodes(ctx, &d, "Episodes that contradict it", l.Against); err != nil {
		return Detail{}, err
	}
	if l.Contrast != (agent.Contrast{}) {
		title := fmt.Sprintf("A success, and the failure that did otherwise at step %d", l.Contrast.Step+1)
		if err := r.linkEpisodes(ctx, &d, title, []string{l.Contrast.Failure, l.Contrast.Success}); err != nil {
			return Detail{}, err
		}
	}
	return d, r.linkSkills(ctx, &d, l.ID, l.Scope)
}

// arm is how many episodes succeeded, or nothing of none.
func arm(a agent.Arm) string {
	if a.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d episodes succeeded", a.Successes, a.N)
}

func (r *Reader) demonstrationDetail(ctx context.Context, ref Ref) (Detail, error) {
	demo, err := r.store.Demonstration(ctx, ref.ID)
	if err != nil {
		return Detail{}, err
	}
	t := demo.Episode.Task
	d := Detail{Ref: ref, Title: t.Goal}
	d.fields("id", demo.Episode.ID, "scope", t.Scope, "suite", t.Suite, "kind", t.Kind, "task", t.ID,
		"seen", strconv.Itoa(demo.Seen), "steps", strconv.Itoa(len(demo.Episode.Steps)))
	if err := r.linkEpisodes(ctx, &d, "The episode", []string{demo.Episode.ID}); err != nil {
		return Detail{}, err
	}
	d.Sections[0].Links[0].Ref.Class = Episodes // not the demonstration itself
	if err := r.linkSkills(ctx, &d, demo.Episode.ID, t.Scope); err != nil {
		return Detail{}, err
	}
	d.add(Section{Title: "As a policy reads it", Passages: []Passage{{Store, passage(memory.RenderDemonstration(demo.Episode))}}})
	return d, nil
}

// maxLinks is how many links one section has at most.
const maxLinks = 100

// linkEpisodes links episodes, which for a success that is a demonstration is
// that. The latest come first.
func (r *Reader) linkEpisodes(ctx context.Context, d *Detail, title string, ids []string) error {
	sec := Section{Title: title}
	if len(ids) > maxLinks {
		sec.Title += fmt.Sprintf(", the last %d of %d", maxLinks, len(ids))
		ids = ids[len(ids)-maxLinks:]
	}
	for _, id := range slices.Backward(ids) {
		e, err := r.store.Episode(ctx, id)
		text, err := readable(Outcome(e.Outcome)+": "+e.Task.Goal, err)
		if err != nil {
			return err
		}
		link := Link{Ref{Class: Episodes, ID: id}, brief(text)}
		if e.ID == "" {
			link.Ref = Ref{}
		} else if r.isDemonstration(ctx, id) {
			link.Ref.Class = Demonstrations
		}
		sec.Links = append(sec.Links, link)
	}
	d.add(sec)
	return nil
}

// isDemonstration reports whether an episode is one.
func (r *Reader) isDemonstration(ctx context.Context, id string) bool {
	_, err := r.store.Demonstration(ctx, id)
	return err == nil
}

// place is a section's title, and the scope that its skills are of.
type place struct{ title, scope string }

// linkItems links lessons, demonstrations and skills by their IDs.
func (r *Reader) linkItems(ctx context.Context, d *Detail, at place, ids []string) error {
	sec := Section{Title: at.title}
	for _, id := range ids[:min(len(ids), maxLinks)] {
		link, err := r.item(ctx, id, at.scope)
		if err != nil {
			return err
		}
		sec.Links = append(sec.Links, link)
	}
	d.add(sec)
	return nil
}

// item links a lesson, a demonstration or a skill of a scope, whichever has the
// ID. Where none has, the link leads nowhere.
func (r *Reader) item(ctx context.Context, id, scope string) (Link, error) {
	l, err := r.store.Lesson(ctx, id)
	if err == nil {
		return Link{Ref{Class: Lessons, ID: id}, brief("lesson: " + memory.RenderLesson(l))}, nil
	}
	if !errors.Is(err, memory.ErrNotFound) {
		return Link{}, err
	}
	demo, err := r.store.Demonstration(ctx, id)
	if err == nil {
		return Link{Ref{Class: Demonstrations, ID: id}, brief("demonstration: " + demo.Episode.Task.Goal)}, nil
	}
	if !errors.Is(err, memory.ErrNotFound) && !errors.Is(err, memory.ErrCorrupt) {
		return Link{}, err
	}
	s, err := r.findSkill(ctx, Ref{Skills, id, scope})
	if err == nil {
		return Link{skillRef(s, scope), brief("skill: " + s.Text())}, nil
	}
	if !errors.Is(err, memory.ErrNotFound) {
		return Link{}, err
	}
	return Link{Text: brief(id)}, nil
}

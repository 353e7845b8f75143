package memory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
	"github.com/surefoot-ai/surefoot/memory/lesson"
)

// nearDuplicate is the share of words (Jaccard, of mistake and remedy) from
// which two lessons of the same kind and cause are one. Those with the same
// mistake are one in any case.
const nearDuplicate = 0.8

// draft is the lessons that one episode changes.
type draft struct {
	*overlay
	episode agent.Episode
	lessons map[string]*agent.Lesson // by ID
	order   []string                 // of change
}

// edit returns the lesson to change: a copy of what is stored, the same one
// each time.
func (d *draft) edit(id string) *agent.Lesson {
	l := d.lessons[id]
	if l == nil {
		c := cloneLesson(*d.lesson(id))
		l = &c
		d.lessons[id] = l
		d.order = append(d.order, id)
	}
	return l
}

// related are the IDs of the lessons about the task or about its kind.
func (d *draft) related(task string) []string {
	if task == "" {
		return d.kindLessons(place{d.episode.Task.Scope, d.episode.Task.Suite, d.episode.Task.Kind})
	}
	return d.taskLessons(place{d.episode.Task.Scope, d.episode.Task.Suite, task})
}

// contradict counts the success against the lessons that it belies.
func (d *draft) contradict() {
	ids := d.related("")
	if d.episode.Task.ID != "" {
		ids = append(ids, d.related(d.episode.Task.ID)...)
	}
	contradicts := lesson.Contradicting(d.episode)
	for _, id := range ids {
		if old := d.lesson(id); old.Mistake == "" || !contradicts(*old) {
			continue
		}
		l := d.edit(id)
		d.store.change(l, func(bool) bool {
			l.Against = append(l.Against, d.episode.ID)
			n := float64(len(l.For) + len(l.Against))
			l.Confidence *= n / (n + 1)
			return true
		})
	}
}

// merge takes in the episode's own lessons.
func (d *draft) merge(lessons []agent.Lesson) error {
	taken := map[string]bool{} // task lessons that this episode has replaced
	for _, l := range lessons {
		id := d.same(l, taken)
		if id == "" {
			if id = d.store.o.NewID(); d.known(id) || d.lessons[id] != nil || id == d.episode.ID {
				return fmt.Errorf("lesson ID %q is in use: %w", id, ErrConflict)
			}
			l.ID, l.Created, l.For, l.Against = id, d.store.o.Clock(), []string{d.episode.ID}, nil
			l.Tags = withTags(nil, d.episode.Task.Tags)
			d.store.change(&l, func(bool) bool { return false })
			d.lessons[id] = &l
			d.order = append(d.order, id)
		} else {
			d.support(d.edit(id), l)
		}
		if l.Task != "" {
			taken[id] = true
		}
	}
	return nil
}

// support merges l, which says the same, into old.
func (d *draft) support(old *agent.Lesson, l agent.Lesson) {
	d.store.change(old, func(bool) bool {
		if old.Trigger = lesson.Generalize(old.Trigger, l.Trigger); l.Task != "" {
			old.Trigger = l.Trigger
		}
		old.Mistake, old.Remedy, old.Cause = l.Mistake, l.Remedy, l.Cause // the latest has seen the most
		old.Expires = l.Expires
		old.Tags = withTags(old.Tags, d.episode.Task.Tags)
		if old.Contrast.Success == "" {
			old.Contrast = l.Contrast
		}
		if !slices.Contains(old.For, d.episode.ID) {
			n := float64(len(old.For) + len(old.Against))
			old.For = append(old.For, d.episode.ID)
			old.Confidence += (1 - old.Confidence) / (n + 2)
		}
		return false
	})
}

// same is the ID of the lesson with which l is to be merged, or "".
func (d *draft) same(l agent.Lesson, taken map[string]bool) string {
	ids := d.related(l.Task)
	for _, id := range d.order {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	best, share := "", nearDuplicate
	var words wordSet
	for _, id := range ids {
		old := d.lessons[id]
		if old == nil {
			old = d.lesson(id)
		}
		if old.Task != l.Task || old.Expires.IsZero() != l.Expires.IsZero() || (old.Mistake == "") != (l.Mistake == "") ||
			(old.Doubt == "") != (l.Doubt == "") {
			continue
		}
		if l.Task != "" && len(taken) == 0 {
			return id // the latest word on the task
		}
		if old.Cause != l.Cause || l.Cause == agent.CauseTool && old.Trigger != l.Trigger {
			continue // what is true of one tool need not be of another
		}
		if l.Mistake == "" { // a plan, which fits no other goal
			if old.Trigger == l.Trigger && old.Remedy == l.Remedy {
				return id
			}
			continue
		}
		if old.Mistake == l.Mistake {
			return id
		}
		if words == nil {
			words = wordsOf(l)
		}
		if s := words.share(old); s > share || (s == share && best == "") {
			best, share = id, s
		}
	}
	return best
}

// wordSet is the words of a lesson that is compared with many.
type wordSet map[string]bool

func wordsOf(l agent.Lesson) wordSet {
	w := wordSet{}
	for word := range strings.FieldsSeq(l.Mistake + " " + l.Remedy) {
		w[word] = true
	}
	return w
}

// share is the Jaccard index of w and the words of l, in [0,1], or 0 if it is
// less than nearDuplicate: most comparisons end after a few words.
func (w wordSet) share(l *agent.Lesson) float64 {
	both, more := make([]string, 0, 32), make([]string, 0, 32) // words of l, each once
	most := int(float64(len(w)) * (1/nearDuplicate - 1))       // more words that w has not than this are too many
	for _, text := range [...]string{l.Mistake, l.Remedy} {
		for word := range strings.FieldsSeq(text) {
			in := &more
			if w[word] {
				in = &both
			}
			if !slices.Contains(*in, word) {
				*in = append(*in, word)
			}
			if len(more) > most {
				return 0
			}
		}
	}
	if len(w)+len(more) == 0 {
		return 1
	}
	if s := float64(len(both)) / float64(len(w)+len(more)); s >= nearDuplicate {
		return s
	}
	return 0
}

func lessonItem(l agent.Lesson) (archive.Item, error) {
	body, err := json.Marshal(l)
	if err != nil {
		return archive.Item{}, err
	}
	return archive.Item{
		ID: l.ID, Class: agent.KindLesson, Scope: l.Scope, Suite: l.Suite, Kind: l.Kind, Task: l.Task,
		Text: strings.TrimSpace(l.Trigger + " " + l.Mistake + " " + l.Remedy), Doc: RenderLesson(l), Body: body,
	}, nil
}

package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// Repaired is what Repair did.
type Repaired struct {
	Damage         string   `json:"damage"` // "": there was none, and nothing was done
	Kept           string   `json:"kept"`   // the damaged file
	Episodes       int      `json:"episodes"`
	Demonstrations int      `json:"demonstrations"`
	Lessons        int      `json:"lessons"`
	Skills         int      `json:"skills"`
	Lost           []string `json:"lost"`    // by name, with why
	Changed        []string `json:"changed"` // lessons that lost a part of their evidence
}

// Repair replaces a damaged memory by a new one that holds what verifies, and
// guesses nothing: the episodes whose hash is right, the demonstrations made
// anew out of them, the skills whose hash is right, and the lessons whose hash is
// right, with that of their evidence that is there; one with none for it is lost. The vectors are made
// anew, and the history begins anew. The damaged file is kept. Nobody may have the memory
// open; a memory without damage is left as it is.
func Repair(ctx context.Context, dir string, o Options) (Repaired, error) {
	path := filepath.Join(dir, fileName)
	r := Repaired{Lost: []string{}, Changed: []string{}}
	if _, err := os.Stat(path); err != nil {
		return r, err
	}
	err := Verify(ctx, dir)
	if err == nil || !errors.Is(err, ErrCorrupt) {
		return r, err
	}
	r.Damage = err.Error()
	temp, err := os.MkdirTemp(dir, ".repair-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(temp)
	damaged := filepath.Join(temp, "damaged.db")
	if err := archive.CopyFiles(damaged, path); err != nil {
		return r, err
	}
	if err := rebuild(ctx, temp, damaged, o, &r); err != nil {
		return r, err
	}
	if err := Verify(ctx, temp); err != nil {
		return r, fmt.Errorf("memory: internal error: the repaired memory: %w", err)
	}
	r.Kept, err = install(ctx, path, filepath.Join(temp, fileName), "damaged")
	return r, err
}

// repairGroup is how many episodes are written at a time.
const repairGroup = 256

// rebuild makes a memory in dir out of what can be read of damaged.
func rebuild(ctx context.Context, dir, damaged string, o Options, r *Repaired) error {
	claims, err := archive.Peek(ctx, damaged)
	if err != nil {
		return err
	}
	if o.Form = Form(claims.Form); !o.Form.known() {
		o.Form = Asymmetric
		r.Lost = append(r.Lost, fmt.Sprintf("the form (it reads %q): it is %s now", claims.Form, o.Form))
	}
	s, err := Open(dir, o)
	if err != nil {
		return err
	}
	b := rebuilder{Store: s, out: r, claimed: claims.Episodes, there: map[string]bool{}}
	return errors.Join(b.run(ctx, damaged), s.Close())
}

// rebuilder fills a new store.
type rebuilder struct {
	*Store
	out     *Repaired
	claimed int64           // episodes
	there   map[string]bool // IDs of episodes
	waiting []*recording
	lessons []agent.Lesson
	skills  []archive.Item
}

func (b *rebuilder) run(ctx context.Context, damaged string) error {
	left, err := archive.Salvage(ctx, damaged, archive.Found{
		Episode: func(e agent.Episode, body []byte) error {
			b.waiting = append(b.waiting, &recording{ctx: ctx, episode: e, learned: b.unrecalled(e), body: body, done: make(chan struct{})})
			if len(b.waiting) < repairGroup {
				return nil
			}
			return b.flush()
		},
		Item: b.item,
	})
	if err := errors.Join(err, b.flush()); err != nil {
		return err
	}
	if err := b.keepLessons(ctx); err != nil {
		return err
	}
	for _, l := range left.Episodes {
		b.lose("episode", l)
	}
	for _, l := range left.Items {
		if !b.there[l.ID] { // the items of episodes were made anew
			b.lose("lesson, skill or demonstration", l)
		}
	}
	if missing := b.claimed - int64(len(b.there)+len(left.Episodes)); missing > 0 {
		b.out.Lost = append(b.out.Lost, fmt.Sprintf("%d %s of which nothing is left but that they were counted", missing, plural(int(missing), "episode")))
	}
	for _, e := range b.items {
		switch e.Class {
		case agent.KindLesson:
			b.out.Lessons++
		case agent.KindDemonstration:
			b.out.Demonstrations++
		case agent.KindSkill:
			b.out.Skills++
		}
	}
	b.out.Episodes = len(b.there)
	return nil
}

func (b *rebuilder) lose(what string, l archive.Lost) {
	name := l.ID
	if name == "" {
		name = fmt.Sprint("number ", l.Seq, ", whose ID cannot be read")
	}
	name = what + " " + name + ": "
	b.out.Lost = append(b.out.Lost, name+strings.TrimPrefix(l.Reason, name))
}

// flush writes the episodes that wait.
func (b *rebuilder) flush() error {
	group := b.waiting
	b.waiting = nil
	b.commitGroup(slices.Clone(group))
	for _, w := range group {
		<-w.done
		if errors.Is(w.err, ErrConflict) {
			b.out.Lost = append(b.out.Lost, w.err.Error())
			continue
		}
		if w.err != nil {
			return w.err
		}
		b.there[w.episode.ID] = true
	}
	return nil
}

// item keeps a lesson or a skill for later; the other items come from episodes.
func (b *rebuilder) item(it archive.Item) error {
	if it.Class == agent.KindSkill {
		if _, err := newEntry(it); err != nil {
			b.out.Lost = append(b.out.Lost, fmt.Sprintf("skill %s: cannot be read", it.ID))
			return nil
		}
		b.skills = append(b.skills, it)
	}
	if it.Class != agent.KindLesson {
		return nil
	}
	var l agent.Lesson
	if err := json.Unmarshal(it.Body, &l); err != nil || l.ID != it.ID {
		b.out.Lost = append(b.out.Lost, fmt.Sprintf("lesson %s: cannot be read", it.ID))
		return nil
	}
	b.lessons = append(b.lessons, l)
	return nil
}

// keepLessons writes the skills, and the lessons for which there is evidence.
func (b *rebuilder) keepLessons(ctx context.Context) error {
	items := b.skills
	for _, l := range b.lessons {
		before := len(l.For) + len(l.Against)
		gone := func(id string) bool { return !b.there[id] }
		l.For, l.Against = slices.DeleteFunc(l.For, gone), slices.DeleteFunc(l.Against, gone)
		if len(l.For) == 0 {
			b.out.Lost = append(b.out.Lost, fmt.Sprintf("lesson %s: no episode that it rests on is left", l.ID))
			continue
		}
		if gone(l.Contrast.Success) || gone(l.Contrast.Failure) {
			l.Contrast = agent.Contrast{}
		}
		b.settle(&l)
		if lost := before - len(l.For) - len(l.Against); lost > 0 {
			b.out.Changed = append(b.out.Changed, fmt.Sprintf("lesson %s: rests on %d %s less", l.ID, lost, plural(lost, "episode")))
		}
		it, err := lessonItem(l)
		if err != nil {
			return err
		}
		items = append(items, it)
	}
	if len(items) == 0 {
		return nil
	}
	if err := b.vectorize(ctx, items); err != nil {
		return err
	}
	err := b.archive.Write(ctx, func(tx *archive.Tx) error {
		tx.Describe(b.o.Clock(), note{Done: "repair"}.text())
		return b.putItems(ctx, tx, items)
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refresh(ctx)
}

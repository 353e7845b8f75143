package memory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
	"github.com/surefoot-ai/surefoot/memory/lesson"
	"github.com/surefoot-ai/surefoot/memory/redact"
)

// errStale asks for a new plan.
var errStale = errors.New("what memory knows has changed in between")

// Record keeps e and learns from it; it returns nil only once both are on the
// disk. A success is kept as a demonstration; the same actions in the same task
// again only count. Of a failure the lessons are kept, merged with those that
// say the same; and a success that got through by what a lesson warns of counts
// against that lesson. What e.Context holds was recalled, not experienced, and
// nothing is learned from it, nor from what e repeats of it or of other lessons
// word for word. Secrets, as Options.Redact finds them, are neither
// kept nor learned from.
//
// The same episode again is no change. Another episode under the same ID is
// ErrConflict.
//
// An Abstracter that fails is replaced by lesson.Default for this episode; an
// Embedder that fails leaves the item to BM25 until the next Open. Neither
// loses an episode. If ctx ends first, nothing is recorded.
//
// Episodes of concurrent recorders are committed together, with one sync of the
// disk: each is planned on what memory knows with those before it, and one that
// fails does not fail the others.
func (s *Store) Record(ctx context.Context, e agent.Episode) error {
	if e.ID == "" {
		return ErrNoID
	}
	if err := checkScope(e.Task); err != nil {
		return fmt.Errorf("episode %s: %w", e.ID, err)
	}
	if s.o.ReadOnly {
		return fmt.Errorf("episode %s: %s: opened to be read only: %w", e.ID, s.dir, ErrReadOnly)
	}
	e = redact.Episode(s.o.Redact, e)
	body, err := archive.EncodeEpisode(e)
	if err != nil {
		return fmt.Errorf("episode %s: %w", e.ID, err)
	}
	if err := s.current(ctx); err != nil {
		return err
	}
	s.mu.RUnlock()
	if known, err := s.archive.HasEpisode(ctx, e.ID, body); known || err != nil {
		return err
	}
	learned := s.unrecalled(e)
	lessons, err := s.learn(ctx, learned)
	if err != nil {
		return fmt.Errorf("episode %s: %w", e.ID, err)
	}
	contrasts, err := s.contrasts(ctx, learned)
	if err != nil {
		return fmt.Errorf("episode %s: %w", e.ID, err)
	}
	return s.commit(&recording{ctx: ctx, episode: e, learned: learned, body: body, lessons: lessons, contrasts: contrasts, done: make(chan struct{})})
}

// vectorize gives each item its vector, where the embedder has one.
func (s *Store) vectorize(ctx context.Context, items []archive.Item) error {
	texts := make([]string, len(items))
	for i, it := range items {
		texts[i] = it.Text
	}
	vectors, err := s.embed(ctx, texts)
	if err != nil {
		return ctx.Err() // an embedder's own failure costs the vector, not the episode
	}
	for i, v := range vectors {
		if s.fits(v) {
			items[i].Vector = v
		}
	}
	return nil
}

func checkScope(t agent.Task) error {
	if !utf8.ValidString(t.Scope) {
		return fmt.Errorf("%w: %q", ErrScope, t.Scope)
	}
	return nil
}

// learn makes the lessons of e, not yet merged with those of before.
func (s *Store) learn(ctx context.Context, e agent.Episode) ([]agent.Lesson, error) {
	if e.Outcome.Success {
		if s.o.Form == UniformAbstract {
			l := lesson.Success(e)
			l.Scope = e.Task.Scope
			return []agent.Lesson{l}, nil
		}
		return nil, nil
	}
	if s.o.Form == UniformVerbatim {
		return nil, nil
	}
	successes, err := s.nearestSuccesses(ctx, e.Task)
	if err != nil {
		return nil, err
	}
	lessons, err := s.o.Abstracter.Abstract(ctx, e, successes)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if lessons, err = (lesson.Default{}).Abstract(ctx, e, successes); err != nil {
			return nil, err
		}
	}
	if lesson.Transient(e) {
		for i := range lessons {
			if lessons[i].Expires.IsZero() {
				lessons[i].Expires = s.o.Clock().Add(TransientLife)
			}
		}
	} else if lessons, err = s.acrossTrials(ctx, e, successes, lessons); err != nil {
		return nil, err
	}
	for i := range lessons {
		l := &lessons[i]
		l.Scope, l.Suite, l.Kind = e.Task.Scope, e.Task.Suite, e.Task.Kind
		l.Confidence = max(0, min(1, l.Confidence))
		l.Doubt = ""
		if lesson.Quotes(*l, e) {
			l.Doubt = "it quotes the failed episode " + e.ID
		}
		l.Contrast = contrastOf(*l, e, successes)
	}
	return lessons, nil
}

// acrossTrials replaces the lesson about the task by one made of all failures
// at it, if there are others and the abstracter can.
func (s *Store) acrossTrials(ctx context.Context, e agent.Episode, successes []agent.Episode, lessons []agent.Lesson) ([]agent.Lesson, error) {
	t, ok := s.o.Abstracter.(TaskAbstracter)
	if !ok || e.Task.ID == "" {
		return lessons, nil
	}
	failures, err := s.archive.Episodes(ctx, archive.EpisodeQuery{
		Scope: &e.Task.Scope, Suite: e.Task.Suite, Task: e.Task.ID, Outcome: archive.Failures, MaxEpisodes: MaxTrials - 1})
	if err != nil || len(failures) == 0 {
		return lessons, err
	}
	for i := range failures {
		failures[i] = s.unrecalled(failures[i])
	}
	l, err := t.AbstractTask(ctx, append(failures, e), successes)
	if err != nil {
		return lessons, ctx.Err() // the lesson of this trial alone is there
	}
	l.Task = e.Task.ID
	for i := range lessons {
		if lessons[i].Task != "" {
			lessons[i] = l
			return lessons, nil
		}
	}
	return append([]agent.Lesson{l}, lessons...), nil
}

// WrongSteps returns the indices of the steps at which a failure went wrong, as
// lesson.WrongSteps tells from it and the nearest successes of its kind.
func (s *Store) WrongSteps(ctx context.Context, failure agent.Episode) ([]int, error) {
	successes, err := s.nearestSuccesses(ctx, failure.Task)
	if err != nil {
		return nil, fmt.Errorf("episode %s: %w", failure.ID, err)
	}
	return lesson.WrongSteps(failure, successes), nil
}

// Lost returns the step at which a failure was lost, as lesson.Lost tells from it
// and the nearest successes of its kind; ok is false if it tells none.
func (s *Store) Lost(ctx context.Context, failure agent.Episode) (step int, ok bool, err error) {
	successes, err := s.nearestSuccesses(ctx, failure.Task)
	if err != nil {
		return 0, false, fmt.Errorf("episode %s: %w", failure.ID, err)
	}
	step, ok = lesson.Lost(failure, successes)
	return step, ok, nil
}

// nearestSuccesses are successes of the task's kind, nearest goal first.
func (s *Store) nearestSuccesses(ctx context.Context, task agent.Task) ([]agent.Episode, error) {
	q := s.newQuery(ctx, Query{Task: task})
	if err := s.current(ctx); err != nil {
		return nil, err
	}
	found, err := q.find(ctx, agent.KindDemonstration)
	found = slices.DeleteFunc(found, func(c Candidate) bool { return s.items[c.ID].Kind != task.Kind })
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	var out []agent.Episode
	for _, c := range found[:min(MaxSuccesses, len(found))] {
		e, err := s.Episode(ctx, c.ID)
		if err != nil {
			return nil, expected(err)
		}
		out = append(out, s.unrecalled(e))
	}
	return out, nil
}

// verbatimItem is e as an item shown word for word.
func verbatimItem(e agent.Episode, class agent.ItemKind) (archive.Item, error) {
	v := newVerbatim(e)
	body, err := json.Marshal(v)
	if err != nil {
		return archive.Item{}, err
	}
	return archive.Item{
		ID: e.ID, Class: class, Scope: e.Task.Scope, Suite: e.Task.Suite, Kind: e.Task.Kind, Task: e.Task.ID,
		Key: actionsKey(e, class), Text: queryText(e.Task), Body: body,
	}, nil
}

// actionsKey is equal for episodes of one class that did the same in the same
// task and scope: the SHA-256 of its parts, each with its length before it.
func actionsKey(e agent.Episode, class agent.ItemKind) string {
	h := sha256.New()
	part := func(s string) { fmt.Fprintf(h, "%d:%s", len(s), s) }
	if e.Task.Scope != "" {
		h.Write([]byte("scope ")) // which begins no part
		part(e.Task.Scope)
	}
	part(string(class))
	part(e.Task.Suite)
	part(e.Task.ID)
	for _, s := range e.Steps {
		part(string(s.Action))
	}
	return hex.EncodeToString(h.Sum(nil))
}

package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
	"github.com/surefoot-ai/surefoot/memory/effect"
	"github.com/surefoot-ai/surefoot/memory/index"
)

// Store is an open memory. It is safe for concurrent use, and several
// processes may have the same folder open: writers wait for each other, and a
// reader sees what the others have written.
type Store struct {
	o       Options
	dir     string
	archive *archive.Archive

	queue queue // of Record; its lead is taken before mu

	mu     sync.RWMutex // guards all below; never held over a call of the Embedder or the Abstracter
	index  index.Index
	words  *index.Words
	gen    int64               // generation of the archive that is below
	items  map[string]*entry   // by ID
	byTask map[place][]string  // tasks -> IDs in order of recording
	byKind map[place][]string  // kinds -> IDs of lessons without a task, in order of recording
	byKey  map[string]string   // key of a demonstration -> its ID
	kinds  map[place][]string  // classes -> kinds, in order of recording
	skills map[string][]string // scopes -> IDs of skills, in order of recording
	orders int                 // the last Effect.Order
	closed bool

	overall agent.Effect // of memory as a whole
}

// place is a name, that of a task say, in a suite as one scope sees it.
type place struct{ scope, suite, name string }

// entry is an item in memory.
type entry struct {
	archive.Item              // without Vector, Doc and Body
	lesson       agent.Lesson // if Class is KindLesson
	skill        agent.Skill  // if Class is KindSkill
	seen, steps  int          // otherwise
	tags         []string
	learned      time.Time // see Query.Since; zero: not known
	effect       agent.Effect
	verdict      effect.Verdict
	indexed      bool // its vector is in the index
}

// fileName is the archive's name inside the folder.
const fileName = "memory.db"

// Open opens the memory in dir, creating dir if it is not there. The vector
// index is rebuilt, and items for which the Embedder has no vector yet are
// embedded. It returns ErrNewerSchema, ErrCorrupt, ErrBusy, ErrFull, ErrReadOnly
// or ErrForm where they fit.
func Open(dir string, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	open := archive.OpenReadOnly
	if !o.ReadOnly {
		open = archive.Open
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	a, err := open(ctx, filepath.Join(dir, fileName))
	if err != nil {
		return nil, err
	}
	s := emptyStore(o, dir, a)
	if err := s.load(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), a.Close())
	}
	return s, nil
}

// emptyStore is a store that has taken in nothing yet.
func emptyStore(o Options, dir string, a *archive.Archive) *Store {
	return &Store{
		o: o, dir: dir, archive: a, queue: newQueue(), index: index.NewBySize(), words: index.NewWords(),
		items: map[string]*entry{}, byTask: map[place][]string{}, byKind: map[place][]string{}, byKey: map[string]string{}, kinds: map[place][]string{}, skills: map[string][]string{},
	}
}

func (s *Store) load(ctx context.Context) error {
	form, err := s.form(ctx)
	if err != nil {
		return err
	}
	if !Form(form).known() {
		return fmt.Errorf("form %q: %w", form, ErrCorrupt)
	}
	if form != string(s.o.Form) {
		return fmt.Errorf("form %q, asked for %q: %w", form, s.o.Form, ErrForm)
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	return s.embedMissing(ctx)
}

// form is the form of the folder, which is that of the options if it has none.
func (s *Store) form(ctx context.Context) (string, error) {
	if !s.o.ReadOnly {
		return s.archive.Setting(ctx, "form", string(s.o.Form))
	}
	form, err := s.archive.Lookup(ctx, "form")
	if errors.Is(err, ErrNotFound) {
		return string(s.o.Form), nil
	}
	return form, err
}

// Close closes the store. Whatever is called after it returns ErrClosed; a
// second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.archive.Close()
}

// current brings what is in memory up to the archive, which another process
// may have written to, and returns with the read lock held unless it returns
// an error.
func (s *Store) current(ctx context.Context) error {
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return ErrClosed
	}
	gen, err := s.archive.Generation(ctx)
	if err != nil {
		s.mu.RUnlock()
		return err
	}
	if gen == s.gen {
		return nil
	}
	s.mu.RUnlock()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	err = s.refresh(ctx)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	s.mu.RLock() // what others write from here on, the next call sees
	if s.closed {
		s.mu.RUnlock()
		return ErrClosed
	}
	return nil
}

// refresh loads what changed in the archive. The caller holds the lock.
func (s *Store) refresh(ctx context.Context) error {
	gen, err := s.archive.Generation(ctx)
	if err != nil || gen == s.gen {
		return err
	}
	reverted, err := s.archive.Reverted(ctx)
	if err != nil {
		return err
	}
	if s.gen > 0 && reverted > s.gen {
		return s.reload(ctx)
	}
	overall, err := s.loadOverall(ctx)
	if err != nil {
		return err
	}
	err = archive.Items(ctx, s.archive, s.gen, s.o.Embedder.ID(), s.loadable, func(some []loaded) error { return s.take(ctx, some) })
	if err != nil {
		return err
	}
	s.gen, s.overall = gen, overall
	return nil
}

// apply takes items, as they are in the archive, into memory. The caller holds
// the lock.
func (s *Store) apply(ctx context.Context, changed []archive.Item) error {
	some := make([]loaded, len(changed))
	for i, it := range changed {
		var err error
		if some[i], err = s.loadable(it); err != nil {
			return err
		}
	}
	return s.take(ctx, some)
}

// loaded is an entry on its way into memory.
type loaded struct {
	*entry
	vector     []float32 // that belongs into the index if the entry is indexed
	collection string
}

// take takes entries into memory, in place of those of the same IDs. The caller
// holds the lock.
func (s *Store) take(ctx context.Context, some []loaded) error {
	docs := map[string][]index.Document{}      // by collection
	metadata := map[string]map[string]string{} // by collection
	for _, e := range some {
		c := e.collection
		if old := s.items[e.ID]; old == nil {
			s.link(e.entry)
		} else {
			before := s.collection(old.Item)
			if old.indexed {
				if err := s.index.Delete(ctx, before, e.ID); err != nil {
					return err
				}
			}
			if before != c {
				s.words.Delete(before, e.ID)
			}
		}
		s.items[e.ID] = e.entry
		s.orders = max(s.orders, e.effect.Order)
		if metadata[c] == nil {
			metadata[c] = map[string]string{"class": string(e.Class), "suite": e.Suite, "kind": e.Kind}
		}
		doc := index.Document{ID: e.ID, Text: e.Text, Vector: e.vector, Metadata: metadata[c]}
		s.words.Put(c, doc)
		if e.indexed {
			docs[c] = append(docs[c], doc)
		}
	}
	for c, d := range docs {
		if err := s.index.Put(ctx, c, d...); err != nil {
			return err
		}
	}
	return nil
}

// loadable is an item as memory takes it in. It is called concurrently.
func (s *Store) loadable(it archive.Item) (loaded, error) {
	e, err := newEntry(it)
	if err != nil {
		return loaded{}, err
	}
	if e.Class == agent.KindLesson {
		if e.lesson.State == agent.LessonQuarantined && e.lesson.Doubt == "" && e.lesson.Override.State == "" {
			e.lesson.Doubt = "of unknown origin or doubtful" // of before there was a reason
		}
		s.settle(&e.lesson)
	}
	e.indexed = s.fits(it.Vector)
	return loaded{e, it.Vector, s.collection(it)}, nil
}

// newEntry reads what memory has to know of an item.
func newEntry(it archive.Item) (*entry, error) {
	e := &entry{Item: it}
	e.Vector, e.Doc, e.Body = nil, "", nil // the index and the archive have them
	if it.Class == agent.KindLesson {
		if err := json.Unmarshal(it.Body, &e.lesson); err != nil {
			return nil, fmt.Errorf("lesson %s: %w: %w", it.ID, ErrCorrupt, err)
		}
		e.tags, e.learned = e.lesson.Tags, e.lesson.Created
		e.measure(e.lesson.Effect)
		return e, nil
	}
	if it.Class == agent.KindSkill {
		if err := json.Unmarshal(it.Body, &e.skill); err != nil {
			return nil, fmt.Errorf("skill %s: %w: %w", it.ID, ErrCorrupt, err)
		}
		e.learned = e.skill.Created
		e.measure(e.skill.Effect)
		return e, nil
	}
	b, err := decodeBrief(it.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", it.Class, it.ID, err)
	}
	e.seen, e.steps = b.seen, b.steps
	e.tags, e.learned = b.tags, b.started
	e.measure(b.effect)
	return e, nil
}

// link makes a new entry findable by task, kind or key.
func (s *Store) link(e *entry) {
	if e.Task != "" {
		k := place{e.Scope, e.Suite, e.Task}
		s.byTask[k] = append(s.byTask[k], e.ID)
	}
	if e.Class == agent.KindLesson && e.Task == "" {
		k := place{e.Scope, e.Suite, e.Kind}
		s.byKind[k] = append(s.byKind[k], e.ID)
	}
	if e.Class == agent.KindSkill {
		s.skills[e.Scope] = append(s.skills[e.Scope], e.ID)
	}
	if e.Class != agent.KindLesson {
		s.byKey[e.Key] = e.ID
	}
	if k := (place{e.Scope, e.Suite, string(e.Class)}); !slices.Contains(s.kinds[k], e.Kind) {
		s.kinds[k] = append(s.kinds[k], e.Kind)
	}
}

// collection is the index's collection for an item: one for each scope, suite, kind,
// class and embedder, so that no filter is needed. Lessons about single tasks
// have their own, or they would crowd out the few that are about the kind.
func (s *Store) collection(it archive.Item) string {
	class := string(it.Class)
	if it.Class == agent.KindLesson && it.Task != "" {
		class += " of task"
	}
	return s.collectionOf(class, place{it.Scope, it.Suite, it.Kind})
}

func (s *Store) collectionOf(class string, kind place) string {
	return fmt.Sprintf("%q %q %q %q %q", kind.scope, kind.suite, kind.name, class, s.o.Embedder.ID())
}

// fits reports whether v is a vector that can be compared with the others.
func (s *Store) fits(v []float32) bool {
	return len(v) == s.o.Embedder.Dim() && slices.ContainsFunc(v, func(x float32) bool { return x != 0 })
}

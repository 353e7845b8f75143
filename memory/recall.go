package memory

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/effect"
)

// Recall returns what memory knows for task in at most maxTokens tokens, each
// item counted by Options.CountTokens, the separators not: first lessons, those
// about the task before those about its kind, then demonstrations of the kind,
// cut to fit at the bounds of steps. Items of other kinds of the suite stand in
// only where the kind has none of their class. All are of the scope of task: none
// of another is ever considered, nor does it weigh on what is. The same store and
// task give the same context; equals are in the order of their IDs. See
// [Store.Explain] for the reasons.
//
// So that it can be measured whether an item helps, one that would be recalled is
// now and then withheld by chance: by that of Options.HoldOut, and the more often
// the likelier it is that it harms. Context.Withheld names it, and Record counts
// the outcome. An item whose measured effect is harm is not recalled any more; one
// that helps comes before its like. A lesson that evidence retired, or that has
// expired, is tested again after RetestAfter: it is recalled again, half of the
// time, until it is known to help, or a contradiction or its effect retires it.
// And now and then, by that of Options.HoldOutAll, all of the context is withheld,
// so that it can be measured whether memory helps: Context.AllWithheld says so, see
// [Store.Overall].
func (s *Store) Recall(ctx context.Context, task agent.Task, maxTokens int) (agent.Context, error) {
	c, _, err := s.recall(ctx, task, maxTokens)
	return c, err
}

// Explain does what Recall does and returns the reasons instead.
func (s *Store) Explain(ctx context.Context, task agent.Task, maxTokens int) (Explanation, error) {
	_, x, err := s.recall(ctx, task, maxTokens)
	return x, err
}

// Explanation is every item that was considered for a context, and why it is
// in it or not.
type Explanation struct {
	Task       agent.Task
	MaxTokens  int
	Tokens     int         // of what was packed
	Candidates []Candidate // lessons, then demonstrations and raw failures; each in order of preference
	Warnings   []error     // what made the recall worse than it could be: an embedder that failed
}

// Tier is how near an item is to a task. A nearer tier always comes first.
type Tier string

const (
	TierTask  Tier = "task"  // about the same task
	TierKind  Tier = "kind"  // about the same kind of task
	TierSuite Tier = "suite" // about another kind in the same suite
)

// Candidate is an item considered for a context, with every part of its score.
type Candidate struct {
	ID   string
	Kind agent.ItemKind
	Tier Tier

	Similarity     float64 // cosine with the task, in [-1,1]; 0 if VectorRank is 0
	SimilarityRank int     // from 1 among the items of its class and tier; 0: not among the nearest
	BM25           float64 // 0 if BM25Rank is 0
	BM25Rank       int     // from 1; 0: no word in common, or not among the best
	Fused          float64 // reciprocal rank fusion of the two
	Prior          float64 // in [0.5,1]: (1 + confidence) / 2 of a lesson, (1 + 10/(10+steps)) / 2 of a demonstration: the shorter way is the better one to show; 1 of what is measured to help
	Score          float64 // Fused × Prior; orders the items of a tier

	Packed bool
	Tokens int    // if packed
	Cut    int    // steps left out to make it fit
	Reason string // why it was packed or not
}

// fusionConstant is k of reciprocal rank fusion, Σ 1/(k + rank), as in Cormack
// et al. 2009 (SIGIR, "Reciprocal rank fusion outperforms Condorcet").
const fusionConstant = 60

// shortSteps is the length of a demonstration that is worth half of one without
// any steps.
const shortSteps = 10

func (s *Store) recall(ctx context.Context, task agent.Task, maxTokens int) (agent.Context, Explanation, error) {
	for {
		c, x, err := s.recallOnce(ctx, task, maxTokens)
		if !errors.Is(err, errStale) {
			return c, x, err
		}
	}
}

func (s *Store) recallOnce(ctx context.Context, task agent.Task, maxTokens int) (agent.Context, Explanation, error) {
	x := Explanation{Task: task, MaxTokens: maxTokens}
	if err := checkScope(task); err != nil {
		return agent.Context{}, x, err
	}
	q := s.newQuery(ctx, task)
	if err := ctx.Err(); err != nil {
		return agent.Context{}, x, err
	}
	if err := s.current(ctx); err != nil {
		return agent.Context{}, x, err
	}
	defer s.mu.RUnlock()
	if q.warning != nil {
		x.Warnings = append(x.Warnings, q.warning)
	}
	p := packer{store: s, left: max(0, maxTokens), holdOut: func(e *entry) bool { return s.withholds(e, task) }}
	p.context.HoldOut, p.context.HoldOutAll = max(s.o.HoldOut, 0), max(s.o.HoldOutAll, 0)
	for _, classes := range s.packed() {
		var found []Candidate
		for _, class := range classes {
			f, err := q.find(ctx, class)
			if err != nil {
				return agent.Context{}, x, err
			}
			found = append(found, f...)
		}
		slices.SortStableFunc(found, byPreference)
		if err := p.pack(ctx, found); err != nil {
			return agent.Context{}, x, err
		}
		x.Candidates = append(x.Candidates, found...)
	}
	if len(p.context.Items)+len(p.context.Withheld) == 0 {
		p.context.HoldOut, p.context.HoldOutAll = 0, 0
	} else if s.withholdsAll(task) {
		p.withholdAll(x.Candidates)
	}
	x.Tokens = p.context.Tokens()
	return p.context, x, nil
}

// packed are the classes of items that the form shows, in the order in which
// they are packed.
func (s *Store) packed() [][]agent.ItemKind {
	switch s.o.Form {
	case UniformVerbatim:
		return [][]agent.ItemKind{{agent.KindDemonstration, agent.KindRawFailure}}
	case UniformAbstract:
		return [][]agent.ItemKind{{agent.KindLesson}}
	}
	return [][]agent.ItemKind{{agent.KindLesson}, {agent.KindDemonstration}}
}

// byPreference orders by tier, score and ID.
func byPreference(a, b Candidate) int {
	return cmp.Or(
		cmp.Compare(tierOrder(a.Tier), tierOrder(b.Tier)),
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(a.ID, b.ID))
}

func tierOrder(t Tier) int { return slices.Index([]Tier{TierTask, TierKind, TierSuite}, t) }

// query is one task looked up in a store.
type query struct {
	*Store
	task    agent.Task
	text    string
	vector  []float32 // nil if there is none
	warning error     // why
}

// newQuery embeds the task's goal.
func (s *Store) newQuery(ctx context.Context, task agent.Task) *query {
	q := &query{Store: s, task: task, text: queryText(task)}
	vectors, err := s.embed(ctx, []string{q.text})
	if err != nil {
		q.warning = err
	} else if s.fits(vectors[0]) {
		q.vector = vectors[0]
	}
	return q
}

// queryText is what is searched of a task, and what a demonstration of it is
// found by.
func queryText(t agent.Task) string {
	return strings.TrimSpace(t.Goal + " " + strings.ReplaceAll(t.Kind, "_", " "))
}

// find returns the candidates of a class in order of preference. The caller
// holds the read lock.
func (q *query) find(ctx context.Context, class agent.ItemKind) ([]Candidate, error) {
	var out []Candidate
	if q.task.ID != "" {
		for _, id := range q.byTask[place{q.task.Scope, q.task.Suite, q.task.ID}] {
			if q.items[id].Class == class {
				out = append(out, q.candidate(id, TierTask))
			}
		}
	}
	kind, err := q.ofKinds(ctx, class, []string{q.task.Kind}, TierKind)
	if err != nil {
		return nil, err
	}
	if len(kind) == 0 {
		var others []string
		for _, k := range q.kinds[place{q.task.Scope, q.task.Suite, string(class)}] {
			if k != q.task.Kind {
				others = append(others, k)
			}
		}
		if kind, err = q.ofKinds(ctx, class, others, TierSuite); err != nil {
			return nil, err
		}
	}
	for _, c := range kind {
		i := slices.IndexFunc(out, func(o Candidate) bool { return o.ID == c.ID })
		if i < 0 {
			out = append(out, c)
		} else {
			c.Tier = TierTask
			out[i] = c
		}
	}
	slices.SortFunc(out, byPreference)
	return out, nil
}

// ofKinds fuses the nearest vectors and the best matches of BM25 among the
// items of some kinds.
func (q *query) ofKinds(ctx context.Context, class agent.ItemKind, kinds []string, tier Tier) ([]Candidate, error) {
	found := map[string]*Candidate{}
	var order []string
	get := func(id string) *Candidate {
		if found[id] == nil {
			c := q.candidate(id, tier)
			found[id] = &c
			order = append(order, id)
		}
		return found[id]
	}
	for _, kind := range kinds {
		collection := q.collectionOf(string(class), place{q.task.Scope, q.task.Suite, kind})
		if q.vector != nil {
			hits, err := q.index.Query(ctx, collection, q.vector, MaxCandidates)
			if err != nil {
				return nil, err
			}
			for i, h := range hits {
				c := get(h.ID)
				c.Similarity, c.SimilarityRank = h.Similarity, i+1
			}
		}
		for i, m := range q.words.Search(collection, q.text, MaxCandidates) {
			c := get(m.ID)
			c.BM25, c.BM25Rank = m.BM25, i+1
		}
	}
	out := make([]Candidate, len(order))
	for i, id := range order {
		c := found[id]
		for _, rank := range []int{c.SimilarityRank, c.BM25Rank} {
			if rank > 0 {
				c.Fused += 1 / float64(fusionConstant+rank)
			}
		}
		c.Score = c.Fused * c.Prior
		out[i] = *c
	}
	return out, nil
}

func (q *query) candidate(id string, tier Tier) Candidate {
	e := q.items[id]
	worth := shortSteps / float64(shortSteps+e.steps)
	if e.Class == agent.KindLesson {
		worth = e.lesson.Confidence
	}
	if e.verdict == effect.Helps {
		worth = 1
	}
	return Candidate{ID: id, Kind: e.Class, Tier: tier, Prior: (1 + worth) / 2}
}

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

// Explanation is every item that was considered for a context, and why it is
// in it or not.
type Explanation struct {
	Task       agent.Task
	MaxTokens  int
	Tokens     int         // of what was packed
	Candidates []Candidate // skills, lessons, then demonstrations and raw failures; each in order of preference
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

func (s *Store) recall(ctx context.Context, asked Query) (agent.Context, Explanation, error) {
	for {
		c, x, err := s.recallOnce(ctx, asked)
		if !errors.Is(err, errStale) {
			return c, x, err
		}
	}
}

func (s *Store) recallOnce(ctx context.Context, asked Query) (agent.Context, Explanation, error) {
	x := Explanation{Task: asked.Task, MaxTokens: asked.MaxTokens}
	if err := asked.validate(); err != nil {
		return agent.Context{}, x, err
	}
	q := s.newQuery(ctx, asked)
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
	p := packer{store: s, left: max(0, asked.MaxTokens), holdOut: func(e *entry) (float64, bool) { return s.withholds(e, asked.Task) }}
	p.context.HoldOut, p.context.HoldOutAll = max(s.o.HoldOut, 0), max(s.o.HoldOutAll, 0)
	skills, err := q.findSkills(ctx)
	if err != nil {
		return agent.Context{}, x, err
	}
	p.packSkills(skills)
	x.Candidates = append(x.Candidates, skills...)
	for _, classes := range s.packed() {
		var found []Candidate
		for _, class := range classes {
			if !q.letsKind(class) {
				continue
			}
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
	} else if s.withholdsAll(asked.Task) {
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

// query is a Query looked up in a store.
type query struct {
	*Store
	Query
	text    string
	vector  []float32 // nil if there is none
	warning error     // why
}

// newQuery embeds the task's goal.
func (s *Store) newQuery(ctx context.Context, asked Query) *query {
	q := &query{Store: s, Query: asked, text: queryText(asked.Task)}
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
	if q.Task.ID != "" && q.letsTier(TierTask) {
		for _, id := range q.byTask[place{q.Task.Scope, q.Task.Suite, q.Task.ID}] {
			if q.items[id].Class == class && q.lets(q.items[id]) {
				out = append(out, q.candidate(id, TierTask))
			}
		}
	}
	kind, err := q.ofKinds(ctx, class, []string{q.Task.Kind}, TierKind)
	if err != nil {
		return nil, err
	}
	if len(kind) == 0 && q.letsTier(TierSuite) && !q.knowsKind() {
		var others []string
		for _, k := range q.kinds[place{q.Task.Scope, q.Task.Suite, string(class)}] {
			if k != q.Task.Kind {
				others = append(others, k)
			}
		}
		if kind, err = q.ofKinds(ctx, class, others, TierSuite); err != nil {
			return nil, err
		}
	}
	for _, c := range kind {
		i := slices.IndexFunc(out, func(o Candidate) bool { return o.ID == c.ID })
		if i < 0 && q.letsTier(c.Tier) {
			out = append(out, c)
		} else if i >= 0 {
			c.Tier = TierTask
			out[i] = c
		}
	}
	slices.SortFunc(out, byPreference)
	return out, nil
}

// knowsKind reports whether memory has items of the task's kind, of any class that
// is asked for but skills.
func (q *query) knowsKind() bool {
	for _, class := range []agent.ItemKind{agent.KindLesson, agent.KindDemonstration, agent.KindRawFailure} {
		if q.letsKind(class) && slices.Contains(q.kinds[place{q.Task.Scope, q.Task.Suite, string(class)}], q.Task.Kind) {
			return true
		}
	}
	return false
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
		collection := q.collectionOf(string(class), place{q.Task.Scope, q.Task.Suite, kind})
		near, err := q.best(func(n int) ([]scored, error) { return q.nearest(ctx, collection, n) })
		if err != nil {
			return nil, err
		}
		for i, h := range near {
			c := get(h.id)
			c.Similarity, c.SimilarityRank = h.score, i+1
		}
		matches, err := q.best(func(n int) ([]scored, error) { return q.matches(collection, n), nil })
		if err != nil {
			return nil, err
		}
		for i, h := range matches {
			c := get(h.id)
			c.BM25, c.BM25Rank = h.score, i+1
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
	switch e.Class {
	case agent.KindLesson:
		worth = e.lesson.Confidence
	case agent.KindSkill:
		worth = 0
	}
	if e.verdict == effect.Helps {
		worth = 1
	}
	return Candidate{ID: id, Kind: e.Class, Tier: tier, Prior: (1 + worth) / 2}
}

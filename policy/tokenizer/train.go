package tokenizer

import (
	"cmp"
	"container/heap"
	"fmt"
	"maps"
	"slices"
)

// Train learns a vocabulary of vocab tokens from texts: again and again the
// pair of tokens that stands side by side most often within pieces becomes a
// token; of equally frequent pairs, the one whose bytes come first, then the
// one whose left part does. The same texts in any order give the same
// tokenizer. Training ends early, with fewer tokens, when no pair occurs twice.
//
// It returns an error wrapping ErrInvalid if vocab is less than
// 256 + len(special) or more than MaxVocab, or if special holds an empty, long
// or repeated name.
func Train(texts []string, vocab int, special []string) (*Tokenizer, error) {
	t, err := newTokenizer(special)
	if err != nil {
		return nil, err
	}
	if vocab < t.Vocab() || vocab > MaxVocab {
		return nil, fmt.Errorf("%w: vocabulary of %d tokens, must be in [%d,%d]", ErrInvalid, vocab, t.Vocab(), MaxVocab)
	}
	l := newLearner(t, texts)
	for t.Vocab() < vocab {
		p, ok := l.next()
		if !ok {
			break
		}
		if err := t.merge(p); err != nil {
			return nil, err
		}
		l.apply(p, int32(t.Vocab()-1))
	}
	t.index()
	return t, nil
}

// learner holds the pieces of the texts in the tokens learned so far.
type learner struct {
	t      *Tokenizer
	pieces []counted
	count  map[pair]int      // how often a pair stands side by side
	where  map[pair][]int    // pieces that have, or had, the pair; some twice
	queue  queue             // pairs to merge; stale where the count differs
	dirty  map[pair]struct{} // pairs whose count has changed
}

// counted is a piece and how often it occurs.
type counted struct {
	tokens []int32
	times  int
}

func newLearner(t *Tokenizer, texts []string) *learner {
	times := map[string]int{}
	for _, s := range texts {
		for len(s) > 0 {
			n := piece(s)
			times[s[:n]]++
			s = s[n:]
		}
	}
	l := &learner{t: t, count: map[pair]int{}, where: map[pair][]int{}, dirty: map[pair]struct{}{}}
	l.queue.t = t
	for _, s := range slices.Sorted(maps.Keys(times)) {
		c := counted{make([]int32, len(s)), times[s]}
		for i := range len(s) {
			c.tokens[i] = int32(len(t.special)) + int32(s[i])
		}
		l.pieces = append(l.pieces, c)
		l.add(len(l.pieces)-1, +1)
	}
	l.requeue()
	return l
}

// add counts the pairs of piece i, sign times.
func (l *learner) add(i, sign int) {
	c := l.pieces[i]
	for j := range len(c.tokens) - 1 {
		p := pair{c.tokens[j], c.tokens[j+1]}
		l.count[p] += sign * c.times
		l.dirty[p] = struct{}{}
		if sign > 0 {
			l.where[p] = append(l.where[p], i)
		}
	}
}

func (l *learner) requeue() {
	for p := range l.dirty { // in any order: the queue's is total
		if n := l.count[p]; n >= 2 {
			heap.Push(&l.queue, candidate{p, n})
		} else if n == 0 {
			delete(l.count, p)
			delete(l.where, p)
		}
	}
	clear(l.dirty)
}

func (l *learner) next() (pair, bool) {
	for l.queue.Len() > 0 {
		c := heap.Pop(&l.queue).(candidate)
		if l.count[c.pair] == c.times {
			return c.pair, true
		}
	}
	return pair{}, false
}

// apply replaces p by the token id in all pieces.
func (l *learner) apply(p pair, id int32) {
	where := l.where[p]
	slices.Sort(where)
	for _, i := range slices.Compact(where) {
		c := &l.pieces[i]
		l.add(i, -1)
		kept := c.tokens[:0]
		for j := 0; j < len(c.tokens); j++ {
			if j+1 < len(c.tokens) && c.tokens[j] == p.left && c.tokens[j+1] == p.right {
				kept = append(kept, id)
				j++
			} else {
				kept = append(kept, c.tokens[j])
			}
		}
		c.tokens = kept
		l.add(i, +1)
	}
	l.requeue()
}

// candidate is a pair and how often it occurred when it was queued.
type candidate struct {
	pair
	times int
}

// queue is a heap, the best pair on top.
type queue struct {
	t    *Tokenizer
	list []candidate
}

func (q *queue) Len() int      { return len(q.list) }
func (q *queue) Swap(i, j int) { q.list[i], q.list[j] = q.list[j], q.list[i] }
func (q *queue) Push(x any)    { q.list = append(q.list, x.(candidate)) }

func (q *queue) Pop() any {
	c := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return c
}

func (q *queue) Less(i, j int) bool {
	a, b := q.list[i], q.list[j]
	if a.times != b.times {
		return a.times > b.times
	}
	al, ar, bl, br := q.t.token[a.left], q.t.token[a.right], q.t.token[b.left], q.t.token[b.right]
	return cmp.Or(cmp.Compare(al+ar, bl+br), cmp.Compare(al, bl), cmp.Compare(a.left, b.left), cmp.Compare(a.right, b.right)) < 0
}

package skills

import (
	"math"
	"slices"
	"strings"
)

// slot stands in a template for what differs from goal to goal.
const slot = "_"

// template is a goal in lower case with a slot for each number, each identifier
// and each thing of these sorts, in one word or two: "put a clean _ in _".
func template(goal string, sorts map[string]bool) string {
	named := things(goal)
	ts := tokens(goal)
	word := func(i int) string { return strings.ToLower(goal[ts[i].start:ts[i].end]) }
	var out []string
	for i := 0; i < len(ts); i++ {
		at := slices.IndexFunc(named, func(t thing) bool { return t.start == ts[i].start })
		switch {
		case at >= 0:
			for i+1 < len(ts) && ts[i+1].end <= named[at].end {
				i++
			}
		case i+1 < len(ts) && sorts[singular(word(i)+word(i+1))]:
			i++
		case sorts[singular(word(i))] || isNumber(word(i)):
		default:
			out = append(out, word(i))
			continue
		}
		out = append(out, slot)
	}
	return strings.Join(out, " ")
}

// goalWords are the words of a template that say what is to be done, in order.
func goalWords(template string) []string { return words(strings.ReplaceAll(template, slot, " ")) }

// goals finds the goal nearest to another by its words.
type goals struct {
	n      int              // of goals
	having map[string][]int // word -> goals that have it
	square []float64        // sum of squared weights of each goal's words
}

// newGoals takes the words of each goal.
func newGoals(all [][]string) *goals {
	g := &goals{n: len(all), having: map[string][]int{}, square: make([]float64, len(all))}
	for i, ws := range all {
		for _, w := range distinct(ws) {
			g.having[w] = append(g.having[w], i)
		}
	}
	for _, w := range sortedKeys(g.having) { // in order, or the sums differ in their last bits
		for _, i := range g.having[w] {
			g.square[i] += g.weight(w)
		}
	}
	return g
}

// weight is the square of log(1 + N/n) for a word that n of the N goals have. A
// word that none has tells as much as one that half a goal would have.
func (g *goals) weight(word string) float64 {
	x := math.Log(1 + float64(g.n)/max(0.5, float64(len(g.having[word]))))
	return x * x
}

// nearest is the goal whose words have the highest cosine with these, of equals
// the first, and that cosine; -1 if none has any of them.
func (g *goals) nearest(ws []string) (goal int, cosine float64) {
	common := map[int]float64{}
	square := 0.0
	for _, w := range distinct(ws) {
		square += g.weight(w)
		for _, i := range g.having[w] {
			common[i] += g.weight(w)
		}
	}
	goal = -1
	for i, x := range common {
		x /= math.Sqrt(square * g.square[i])
		if goal < 0 || x > cosine || x == cosine && i < goal {
			goal, cosine = i, x
		}
	}
	return goal, cosine
}

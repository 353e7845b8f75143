package policy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Transfer is what training on one task does to another: Transfer[i][j] is the
// change of task i's score, normalised so that the scores of different tasks
// can be added, after training on task j (Omni-Thinker, arXiv:2507.14783). The
// diagonal, a task's gain by its own training, plays no part in an order.
//
// Unlike the paper, of which only the idea is followed here, what training does
// is taken to add up: each later task moves an earlier one's score by its entry,
// whatever came between.
type Transfer [][]float64

// MaxTransferTasks is the most tasks that BestOrder tries all orders of: 40,320.
const MaxTransferTasks = 8

// MeasureTransfer returns the matrix of scores: before[i] is task i's before
// training, after[j][i] that after training on task j alone. It returns an error
// if shapes do not agree or a score is not finite.
func MeasureTransfer(before []float64, after [][]float64) (Transfer, error) {
	if len(after) != len(before) {
		return nil, fmt.Errorf("policy: scores after training on %d tasks, want %d", len(after), len(before))
	}
	b := make(Transfer, len(before))
	for i := range b {
		b[i] = make([]float64, len(before))
		for j, scores := range after {
			if len(scores) != len(before) {
				return nil, fmt.Errorf("policy: %d scores after training on task %d, want %d", len(scores), j, len(before))
			}
			b[i][j] = scores[i] - before[i]
		}
	}
	return b, b.Validate()
}

// Validate names the first row that is not as long as there are rows, or the
// first entry that is not finite.
func (b Transfer) Validate() error {
	for i, row := range b {
		if len(row) != len(b) {
			return fmt.Errorf("policy: Transfer: row %d has %d entries, must have %d", i, len(row), len(b))
		}
		for j, v := range row {
			if v-v != 0 {
				return fmt.Errorf("policy: Transfer[%d][%d] is %v, must be finite", i, j, v)
			}
		}
	}
	return nil
}

// Forgettability returns of each task how much of its score the training on
// another one costs on average: -mean over j ≠ i of Transfer[i][j].
func (b Transfer) Forgettability() []float64 {
	out := make([]float64, len(b))
	for i, row := range b {
		for j, v := range row {
			if j != i {
				out[i] -= v / float64(len(b)-1)
			}
		}
	}
	return out
}

// ByForgettability returns the tasks from the least to the most forgettable;
// equal ones in their own order.
func (b Transfer) ByForgettability() []int {
	f := b.Forgettability()
	order := make([]int, len(b))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(f[i], f[j]) })
	return order
}

// Predict returns the score each task is predicted to end with when the tasks,
// each exactly once, are trained on in an order: the one after its own training,
// saturated[i], and what each task after it does to it.
func (b Transfer) Predict(saturated []float64, order []int) []float64 {
	out := slices.Clone(saturated)
	for at, i := range order {
		for _, j := range order[at+1:] {
			out[i] += b[i][j]
		}
	}
	return out
}

// BestOrder returns the order of all tasks with the highest predicted mean, by
// trying each; of those within 1e-12 of one another the lexicographically
// first. The mean does not depend on where tasks saturate. The reverse of a
// best order is a worst one: a pair of tasks counts one way or the other. It
// returns an error of Validate, or one if there are more than MaxTransferTasks.
func (b Transfer) BestOrder() ([]int, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	if len(b) > MaxTransferTasks {
		return nil, fmt.Errorf("policy: order of %d tasks, at most %d", len(b), MaxTransferTasks)
	}
	s := orderSearch{transfer: b, highest: math.Inf(-1), placed: make([]bool, len(b))}
	s.extend(0)
	return s.best, nil
}

// orderSearch tries orders in lexicographical order.
type orderSearch struct {
	transfer Transfer
	order    []int
	placed   []bool
	best     []int
	highest  float64
}

// extend tries all ways to go on with s.order, whose pairs add up to sum.
func (s *orderSearch) extend(sum float64) {
	if len(s.order) == len(s.transfer) {
		if sum > s.highest+1e-12 {
			s.highest, s.best = sum, slices.Clone(s.order)
		}
		return
	}
	for j := range s.transfer {
		if s.placed[j] {
			continue
		}
		with := sum
		for _, i := range s.order {
			with += s.transfer[i][j]
		}
		s.placed[j], s.order = true, append(s.order, j)
		s.extend(with)
		s.placed[j], s.order = false, s.order[:len(s.order)-1]
	}
}

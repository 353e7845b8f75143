package policy

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

func TestAverage(t *testing.T) {
	group := func(targets ...int) []Trajectory {
		var g []Trajectory
		for _, n := range targets {
			g = append(g, Trajectory{Targets: make([]Target, n)})
		}
		return g
	}
	groups := [][]Trajectory{group(1, 2), group(3), group(4, 0)}
	for a, want := range map[Average]int{PerToken: 10, PerTrajectory: 5, PerGroup: 3} {
		if got := a.of(groups); got != want {
			t.Errorf("average %d of %d, want %d", a, got, want)
		}
	}
	// The length of an answer is divided by within GRPO, their number without.
	if got := DefaultGRPO().Spec().Average; got != PerTrajectory {
		t.Errorf("GRPO's average is %d", got)
	}
}

// What a policy scores of groups does not depend on how many fit in a batch.
func TestScoreInBatches(t *testing.T) {
	l := toyLM(t, 2)
	groups := groupsOf(toyTrajectories(t, l, toyPlay(t, l, toyTasks(0, 6), 3, 3)))
	for _, most := range []int{1, 1 << 20} {
		own := cloneTargets(groups)
		err := score(transformer.NewPass(l.model, 1), own, most, func(g *Target, logProb float64) { g.Reference = logProb })
		if err != nil {
			t.Fatal(err)
		}
		for g, group := range own {
			for _, target := range group[0].Targets {
				if !(math.Abs(target.Reference-target.OldLogProb) <= 1e-4) {
					t.Fatalf("batches of %d: group %d: scored %v, acted with %v", most, g, target.Reference, target.OldLogProb)
				}
			}
		}
	}
}

// Groups are shuffled with what belongs to them.
func TestShuffle(t *testing.T) {
	p := prepared{}
	for i := range 20 {
		tokens := []int32{int32(i)}
		p.groups = append(p.groups, []Trajectory{{Tokens: tokens}})
		p.advantages = append(p.advantages, [][]float64{{float64(i)}})
		p.returns = append(p.returns, [][]float64{{float64(i)}})
	}
	p.shuffle(rand.New(rand.NewPCG(1, 1)))
	moved := false
	for i := range p.groups {
		n := p.groups[i][0].Tokens[0]
		moved = moved || int(n) != i
		if p.advantages[i][0][0] != float64(n) || p.returns[i][0][0] != float64(n) {
			t.Errorf("group %d has the advantage %v and the return %v of others", n, p.advantages[i][0][0], p.returns[i][0][0])
		}
	}
	if !moved {
		t.Error("nothing moved")
	}
}

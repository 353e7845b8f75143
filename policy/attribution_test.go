package policy

import "testing"

func TestAttributed(t *testing.T) {
	tr := Trajectory{Reward: -1, Targets: []Target{{Step: 0}, {Step: 1}, {Step: 2}, {Step: -1}}}
	right := Trajectory{Reward: 1, Targets: tr.Targets}
	for _, tt := range []struct {
		blame Blame
		want  []float64
	}{
		{nil, []float64{-1, -1, -1, -1}},
		{Blame{0, 0.5}, []float64{Out(), -0.5, Out(), Out()}},
	} {
		tr.Blame, right.Blame = tt.blame, tt.blame
		a := Attributed{REINFORCE()}.Advantages([][]Trajectory{{tr, right}})[0]
		for j, want := range tt.want {
			if !same(a[0][j], want) || a[1][j] != 1 {
				t.Errorf("blame %v: advantages %v, want %v and 1", tt.blame, a, tt.want)
			}
		}
	}
}

package stat_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/stat"
)

type election struct {
	name string
	f    func([]stat.Vote) (string, error)
}

var elections = []election{{"majority", stat.MajorityVote}, {"weighted", stat.WeightedVote}, {"max-confidence", stat.MaxConfidenceVote}}

func TestVotes(t *testing.T) {
	for _, tc := range []struct {
		name  string
		votes []stat.Vote
		want  [3]string // majority, weighted, max-confidence
	}{
		{"one", []stat.Vote{{"a", 0}}, [3]string{"a", "a", "a"}},
		{"each its own", []stat.Vote{{"a", 0.1}, {"a", 0.1}, {"a", 0.1}, {"b", 0.5}, {"b", 0.5}, {"c", 0.9}}, [3]string{"a", "b", "c"}},
		{"of two minds", []stat.Vote{{"a", 0.1}, {"b", 0.5}, {"a", 0.9}, {"b", 0.6}}, [3]string{"a", "b", "a"}},
		{"tie of votes", []stat.Vote{{"b", 0.6}, {"a", 0.5}}, [3]string{"a", "b", "b"}},
		{"all tie", []stat.Vote{{"b", 0.5}, {"a", 0.5}}, [3]string{"a", "a", "a"}},
		{"nobody is sure", []stat.Vote{{"b", 0}, {"c", 0}, {"b", 0}, {"a", 0}}, [3]string{"b", "a", "a"}},
		{"the empty answer counts", []stat.Vote{{"", 1}, {"", 1}, {"a", 1}}, [3]string{"", "", ""}},
	} {
		for i, e := range elections {
			if got, err := e.f(tc.votes); err != nil || got != tc.want[i] {
				t.Errorf("%s: %s elects %q, %v; want %q", tc.name, e.name, got, err, tc.want[i])
			}
		}
	}
}

// The order of the votes decides nothing, not even by rounding.
func TestVotesAreInvariant(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 8))
	for range 300 {
		votes := make([]stat.Vote, 1+r.IntN(30))
		for i := range votes {
			votes[i] = stat.Vote{Answer: string(rune('a' + r.IntN(4))), Confidence: float64(r.IntN(11)) / 10}
		}
		for _, e := range elections {
			want, err := e.f(votes)
			if err != nil {
				t.Fatal(err)
			}
			for range 5 {
				r.Shuffle(len(votes), func(i, j int) { votes[i], votes[j] = votes[j], votes[i] })
				if got, err := e.f(votes); err != nil || got != want {
					t.Fatalf("%s: %q, shuffled %q, %v: %v", e.name, want, got, err, votes)
				}
			}
		}
	}
}

// Who is equally sure of all elects by majority with weights as well.
func TestEqualWeightsAreAMajority(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 200 {
		votes := make([]stat.Vote, 1+r.IntN(20))
		for i := range votes {
			votes[i] = stat.Vote{Answer: string(rune('a' + r.IntN(5))), Confidence: 0.25}
		}
		a, errA := stat.MajorityVote(votes)
		b, errB := stat.WeightedVote(votes)
		if errA != nil || errB != nil || a != b {
			t.Fatalf("majority %q, %v; weighted %q, %v: %v", a, errA, b, errB, votes)
		}
	}
}

func TestVoteErrors(t *testing.T) {
	for _, e := range elections {
		for _, tc := range []struct {
			votes []stat.Vote
			want  error
		}{
			{nil, stat.ErrNoValues},
			{[]stat.Vote{{"a", math.NaN()}}, stat.ErrNotFinite},
			{[]stat.Vote{{"a", 0.5}, {"b", 1.5}}, stat.ErrRange},
		} {
			if _, err := e.f(tc.votes); !errors.Is(err, tc.want) {
				t.Errorf("%s of %v: error is %v, want %v", e.name, tc.votes, err, tc.want)
			}
		}
	}
}

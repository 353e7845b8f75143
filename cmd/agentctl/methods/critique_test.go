package methods

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/policy"
)

// The experiment of critiques, at the smallest scale, and again from its files.
func TestCritiqueExperiment(t *testing.T) {
	l := quickLab(t.TempDir())
	s, err := l.Critique(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(s.Tables) != 4 || len(s.Summary) != 5 || len(s.Figures) != 1 {
		t.Errorf("%d tables, %d sentences, %d figures", len(s.Tables), len(s.Summary), len(s.Figures))
	}
	var did []string
	l.Progress = func(what string) { did = append(did, what) }
	if _, err := l.Critique(t.Context()); err != nil || len(did) != 0 {
		t.Errorf("did again %v: %v", did, err)
	}
}

// Each kind says what it is to say, in one line that the model has room for.
func TestCritics(t *testing.T) {
	d := puzzle.Countdown4()
	p := puzzle.Problem{Prompt: "1 2 3 20>82:", Numbers: []int{1, 2, 3, 20}, Target: 82, Level: 4} // 20*(3+1)+2 and others
	for _, tt := range []struct{ kind, answer, want string }{
		{verdict, "3+2=5", "1 2 3 20>82:3+2=5 wrong:"},
		{answered, "3+2=5", "1 2 3 20>82:3+2=5 wrong: 82:"},
		{stepWise, "3+1=4,4*2=8", "1 2 3 20>82:3+1=4,4*2=8 3+1=4,20*4=80:"},
		{stepWise, "3+1=4,20*4=80,80*2=82", "1 2 3 20>82:3+1=4,20*4=80,80*2=82 3+1=4,20*4=80:"},
		{verdict, strings.Repeat("x", 99), "1 2 3 20>82:" + strings.Repeat("x", readable-len("1 2 3 20>82: wrong:")) + " wrong:"},
	} {
		says, err := critic(tt.kind, d, []puzzle.Problem{p}).Critique(t.Context(), p.Prompt, tt.answer)
		if got := refining(policy.Wrong{Question: p.Prompt, Answer: tt.answer, Critique: says}); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.kind, got, err, tt.want)
		}
	}
	if n := readable + maxAnswer; n > Full().Model.MaxTokens {
		t.Errorf("a refinement may have %d tokens", n)
	}
}

// A diagnosis begins a right answer, keeps the steps that lead on, and never has
// the last one.
func TestDiagnosis(t *testing.T) {
	d, rng := puzzle.Countdown4(), rand.New(rand.NewPCG(1, 1))
	for _, p := range d.Draw(puzzle.Train, 200, rng) {
		solution := d.Demonstrate(p, rng)
		steps := strings.Split(solution, ",")
		good := strings.Join(steps[:rng.IntN(len(steps))], ",")
		says, right := diagnosis(p, strings.TrimPrefix(good+",1+1=9", ","))
		if !d.Check(p, right).Correct || !strings.HasPrefix(right, says+",") || !strings.HasPrefix(says, good) {
			t.Errorf("%s%s, then 1+1=9: %q of %q", p.Prompt, good, says, right)
		}
		if says == good && strings.Count(says, ",") < p.Level-3 {
			t.Errorf("%s%s: no step that should have come next", p.Prompt, good)
		}
	}
}

// Only groups without a right answer are refined, by one answer more than the
// sampled, which is one less than others sample.
func TestCriticisedGroups(t *testing.T) {
	l := quickLab(t.TempDir())
	d := puzzle.Countdown4()
	lm, err := l.untrained(rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, hit := range []bool{false, true} {
		var m Mended
		r := train{domain: d, seed: 1, reward: func(puzzle.Problem, string) float64 {
			if hit {
				return 1
			}
			return -1
		}}
		groups, err := l.criticised(stepWise, &m)(t.Context(), lm, r, 3)
		if err != nil {
			t.Fatal(err)
		}
		want := Mended{Groups: l.Scale.Prompts, Failed: l.Scale.Prompts}
		if hit {
			want.Failed = 0
		}
		if m != want {
			t.Errorf("hit %v: counted %+v, want %+v", hit, m, want)
		}
		for _, g := range groups {
			last := g[len(g)-1]
			if hit && (len(g) != l.Scale.Samples-1 || last.Part != policy.Sampled) || !hit && (len(g) != l.Scale.Samples || last.Part != policy.Refined) {
				t.Fatalf("hit %v: a group of %d ends in part %d", hit, len(g), last.Part)
			}
			// The bare question is all that a refinement is scored under.
			if text := lm.Text(last); !hit && (strings.Count(text, "!") > 0 && !strings.Contains(text, ":") || !strings.HasPrefix(text, lm.Text(g[0])[:strings.IndexByte(lm.Text(g[0]), ':')+1])) {
				t.Errorf("refinement %q", text)
			}
		}
	}
}

// A refinement that is right counts as such, one that is not does not.
func TestMended(t *testing.T) {
	var m Mended
	sampled := policy.Trajectory{Reward: -1}
	m.add([]policy.Trajectory{sampled, {Reward: 1}})
	m.add([]policy.Trajectory{sampled, {Reward: -1, Part: policy.Refined}})
	m.add([]policy.Trajectory{sampled, {Reward: 1, Part: policy.Refined}})
	if want := (Mended{Groups: 3, Failed: 2, Right: 1}); m != want {
		t.Errorf("%+v, want %+v", m, want)
	}
}

// What is imitated after a critique are the wrong answers, each with all kinds
// and the same right answer.
func TestExercises(t *testing.T) {
	l := quickLab(t.TempDir())
	d := puzzle.Countdown4()
	rng := rand.New(rand.NewPCG(1, 1))
	lm, err := l.untrained(rng)
	if err != nil {
		t.Fatal(err)
	}
	problems := d.Draw(puzzle.Train, 5, rng)
	got, err := exercises(t.Context(), lm, d, problems)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3*len(problems) {
		t.Fatalf("%d exercises of %d wrong answers", len(got), len(problems))
	}
	for i, q := range got {
		p := problems[i/3]
		if !strings.HasPrefix(q.Prompt, p.Prompt) || q.Prompt == p.Prompt || q.Answer != got[i-i%3].Answer || !d.Check(p, q.Answer).Correct {
			t.Errorf("%q of %q", q.Prompt, p.Prompt)
		}
	}
	if !strings.HasSuffix(got[0].Prompt, " wrong:") || !strings.Contains(got[1].Prompt, " wrong: ") || !strings.HasSuffix(strings.TrimSuffix(got[2].Prompt, ":"), firstSteps(got[2].Answer, 1)) {
		t.Errorf("critiques %q", []string{got[0].Prompt, got[1].Prompt, got[2].Prompt})
	}
}

// A trained-to-order answer: what is refined is what no answer got right, with
// all kinds on the same problems.
func TestRefinements(t *testing.T) {
	l := quickLab(t.TempDir())
	d := puzzle.Countdown4()
	lm, err := l.untrained(rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.refinements(t.Context(), lm, d)
	if err != nil {
		t.Fatal(err)
	}
	if r.Problems != 4*l.Scale.Problems || r.Failed != r.Problems || len(r.Solved) != 4 || len(r.Right) != 4 {
		t.Errorf("%+v", r)
	}
	for kind, v := range r.Solved {
		if v != 0 {
			t.Errorf("an untrained model solves %v after %s", v, kind)
		}
	}
}

package skills

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// known is a skill that four episodes support.
func known(id, text string) agent.Skill {
	return agent.Skill{
		ID: id, Suite: "house", Category: agent.SkillTask, Kind: "clean", When: "clean a A", Principle: text, Steps: []string{text},
		For: []string{"e1", "e2", "e3", "e4"}, State: agent.SkillCandidate,
	}
}

func newTestGate(x Examiner, active ...agent.Skill) *gate {
	for i := range active {
		active[i].State = agent.SkillActive
	}
	return &gate{draft: newDraft(DefaultRules(), active), examiner: x, solved: map[play]bool{}}
}

func admit(t testing.TB, g *gate, s agent.Skill) (examined bool, state agent.SkillState) {
	t.Helper()
	examined, err := g.admit(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return examined, g.skills[s.ID].State
}

// planted is a world in which one skill helps, or harms, in a share of the tasks
// for which it is recalled, and what is read may change how a task goes by
// chance.
type planted struct {
	seed   uint64
	tasks  int
	effect float64 // of the skill, on the probability of success
	noise  float64 // share of tasks that go another way whenever something else is read
	exam
}

func (p *planted) Contexts(ctx context.Context, skills []agent.Skill) ([]agent.Context, error) {
	all, err := p.exam.Contexts(ctx, skills)
	return all[:p.tasks], err
}

func (p *planted) Play(_ context.Context, task int, c agent.Context) (bool, error) {
	chance := rand.New(rand.NewPCG(p.seed, uint64(task))) // the same with and without
	solved, swayed, luck := chance.Float64() < 0.5, chance.Float64(), chance.Float64()
	if len(c.Items) > 0 && swayed < max(p.effect, -p.effect) {
		solved = p.effect > 0
	}
	if luck < p.noise {
		h := fnv.New64a()
		h.Write([]byte(c.Text()))
		solved = rand.New(rand.NewPCG(h.Sum64()+p.seed, uint64(task))).IntN(2) == 0
	}
	p.played = append(p.played, task)
	return solved, nil
}

// TestGateOnPlantedSkills counts, in 400 worlds with 50 held-out tasks each, how
// often the gate admits a skill of known effect, and how many plays it takes.
func TestGateOnPlantedSkills(t *testing.T) {
	for _, tt := range []struct {
		name          string
		effect, noise float64
		least, most   float64 // share of the worlds in which it is admitted
		plays         float64 // mean, at most
	}{
		{"harmful", -0.5, 0, 0, 0, 50},
		{"harmful, with noise", -0.5, 0.1, 0, 0.04, 55},
		{"somewhat harmful", -0.2, 0, 0, 0.02, 100},
		{"useless", 0, 0, 1, 1, 100},
		{"useless, with noise", 0, 0.1, 0.5, 0.8, 100},
		{"somewhat helpful", 0.2, 0, 1, 1, 100},
		{"helpful, with noise", 0.5, 0.1, 0.97, 1, 55},
	} {
		admitted, plays := 0, 0
		const worlds = 400
		for seed := range uint64(worlds) {
			p := &planted{seed: seed, tasks: 50, effect: tt.effect, noise: tt.noise}
			examined, state := admit(t, newTestGate(p), known("sk-a", "do it"))
			if !examined {
				t.Fatal("it was not examined")
			}
			if plays += len(p.played); state == agent.SkillActive {
				admitted++
			}
		}
		share, mean := float64(admitted)/worlds, float64(plays)/worlds
		t.Logf("%s: admitted in %.3f of the worlds after %.1f plays", tt.name, share, mean)
		if !(share >= tt.least && share <= tt.most && mean <= tt.plays) {
			t.Errorf("%s: admitted in %.3f of the worlds after %.1f plays, want %v to %v after at most %v", tt.name, share, mean, tt.least, tt.most, tt.plays)
		}
	}
}

// hopeless solves nothing, whatever it reads.
type hopeless struct{ planted }

func (*hopeless) Play(context.Context, int, agent.Context) (bool, error) { return false, nil }

func TestGateWhereNothingIsSolved(t *testing.T) {
	g := newTestGate(&hopeless{planted{tasks: 20}})
	if examined, state := admit(t, g, known("sk-a", "do it")); !examined || state == agent.SkillActive {
		t.Errorf("examined %v, state %q, want it refused", examined, state)
	}
}

// TestGatePlaysOnlyWhatChanges holds that an exam takes two plays of each task for
// which the skill is recalled and none of another, and that no play is done twice.
func TestGatePlaysOnlyWhatChanges(t *testing.T) {
	x := &exam{worth: nothing, recalled: func(s agent.Skill, task int) bool {
		return s.ID == "sk-all" || s.ID == "sk-some" && task%10 == 3
	}}
	g := newTestGate(x, known("sk-all", "known"))
	if examined, state := admit(t, g, known("sk-never", "never read")); examined || state != "" || len(x.played) != 0 || g.unread != 1 {
		t.Errorf("what is never recalled: examined %v, state %q, after %d plays, %d unread", examined, state, len(x.played), g.unread)
	}
	if examined, state := admit(t, g, known("sk-some", "read now and then")); !examined || state != agent.SkillActive {
		t.Errorf("examined %v, state %q", examined, state)
	}
	var want []int
	for i := 3; i < examTasks; i += 10 {
		want = append(want, i, i)
	}
	if !slices.Equal(x.played, want) {
		t.Errorf("played %v, want %v", x.played, want)
	}
	if got := g.skills["sk-some"]; got.Admitted != (agent.SkillExam{N: 10, Without: 5, With: 5}) ||
		got.Reason != "of 10 held-out tasks that it could change 5 are solved with it, 5 without" {
		t.Errorf("%+v", got)
	}
	x.recalled = nil
	if _, state := admit(t, g, known("sk-other", "read always")); state != agent.SkillActive || len(x.played) != len(want)+2*examTasks-10 {
		t.Errorf("state %q after %d plays", state, len(x.played))
	}
}

// TestGateEndsEarly holds at which lead an exam ends, and what decides where none
// is reached.
func TestGateEndsEarly(t *testing.T) {
	for _, tt := range []struct {
		worth, n, without, with int
	}{
		{-10, 7, 5, 0}, {10, 12, 7, 12}, {-1, 88, 46, 41}, {1, 91, 47, 52}, {0, 100, 50, 50},
	} {
		g := newTestGate(&exam{worth: func(string) int { return tt.worth }})
		_, state := admit(t, g, known("sk-a", "do it"))
		want := agent.SkillActive
		if tt.with < tt.without {
			want = agent.SkillRetired
		}
		if x := g.skills["sk-a"].Admitted; x != (agent.SkillExam{N: tt.n, Without: tt.without, With: tt.with}) || state != want {
			t.Errorf("worth %d: %+v, %s, want %+v", tt.worth, x, state, tt)
		}
	}
	g := newTestGate(&exam{worth: func(string) int { return -1 }})
	g.rules.Lead = 50
	if _, state := admit(t, g, known("sk-a", "do it")); state != agent.SkillRetired || g.skills["sk-a"].Admitted.N != examTasks {
		t.Errorf("a lower score without a decisive lead: %s", state)
	}
}

// TestGateExaminesOnce holds that a skill which is both a part of another and a
// candidate of its own is decided once.
func TestGateExaminesOnce(t *testing.T) {
	for _, worth := range []int{0, -1} {
		g := newTestGate(&exam{worth: func(string) int { return worth }})
		s := known("sk-a", "do it")
		if err := g.admitAll(t.Context(), []agent.Skill{s}, []agent.Skill{s, known("sk-b", "do that")}); err != nil {
			t.Fatal(err)
		}
		if len(g.changes) != 2 || g.changes[0].Skill.ID != "sk-a" || g.changes[1].Skill.ID != "sk-b" {
			t.Errorf("worth %d: %+v", worth, g.changes)
		}
	}
}

// failing is an exam that fails at some point.
type failing struct {
	exam
	at string
}

func (f *failing) Contexts(ctx context.Context, skills []agent.Skill) ([]agent.Context, error) {
	all, err := f.exam.Contexts(ctx, skills)
	switch {
	case f.at == "contexts":
		return nil, errors.New("contexts")
	case f.at == "none":
		return nil, nil
	case f.at == "fewer" && f.asked > 1:
		return all[1:], err
	}
	return all, err
}

func (f *failing) Play(ctx context.Context, task int, c agent.Context) (bool, error) {
	if f.at == fmt.Sprint("play ", len(c.Items)) {
		return false, errors.New(f.at)
	}
	return f.exam.Play(ctx, task, c)
}

func TestGateErrors(t *testing.T) {
	for at, want := range map[string]string{
		"contexts": "contexts", "none": ErrNoTasks.Error(), "fewer": "skills: 99 held-out tasks, and 100 before",
		"play 0": "skill sk-a: play 0", "play 1": "skill sk-a: play 1",
	} {
		g := newTestGate(&failing{exam: exam{worth: nothing}, at: at})
		if _, err := g.admit(t.Context(), known("sk-a", "do it")); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", at, err, want)
		}
		if len(g.skills) != 0 {
			t.Errorf("%s: admitted", at)
		}
	}
}

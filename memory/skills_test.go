package memory

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/effect"
)

func newSkill(id string, category agent.SkillCategory, kind, when string) agent.Skill {
	return agent.Skill{
		ID: id, Suite: "house", Category: category, Kind: kind, Title: "Some good title", When: when,
		Principle: "go to X -> take A from X", For: []string{"e1"}, State: agent.SkillActive,
	}
}

func keep(t testing.TB, s *Store, changed ...agent.Skill) {
	t.Helper()
	if err := s.KeepSkills(t.Context(), changed, "test"); err != nil {
		t.Fatal(err)
	}
}

func skillsOf(t testing.TB, s *Store, f SkillFilter) []agent.Skill {
	t.Helper()
	ks, err := s.Skills(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

// TestSkillsAgainstModel keeps random skills, rolls back at random, and holds
// three stores against a map: the one that writes, one beside it, and a new one.
func TestSkillsAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	open := func() *Store { return openStore(t, dir, Options{}) }
	s, other := open(), open()
	now := map[string]agent.Skill{}
	past := map[int64][]agent.Skill{0: nil}
	gen := func() int64 {
		_, last, err := s.History(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return last
	}
	for i := range 80 {
		switch r.IntN(6) {
		case 0:
			to := r.Int64N(gen() + 1)
			want := past[to]
			if _, err := s.Rollback(t.Context(), to); err != nil {
				t.Fatal(err)
			}
			now = map[string]agent.Skill{}
			for _, k := range want {
				now[k.ID] = k
			}
			past[gen()] = want
		case 1: // lessons and demonstrations between the skills
			record(t, s, randomEpisode(r, fmt.Sprint("e", i)))
			past[gen()] = past[gen()-1]
		default:
			var changed []agent.Skill
			for _, n := range r.Perm(8)[:1+r.IntN(3)] {
				k, ok := now[fmt.Sprint("sk-", n)]
				if !ok {
					k = newSkill(fmt.Sprint("sk-", n), agent.SkillTask, "clean", "clean a A")
				}
				k.State = agent.SkillStates()[r.IntN(4)]
				k.When = fmt.Sprint("clean a A with ", r.IntN(5))
				k.For = append(slices.Clone(k.For), fmt.Sprint("e", i))
				changed = append(changed, k)
			}
			writer := []*Store{s, other}[r.IntN(2)]
			keep(t, writer, changed...)
			for _, k := range changed {
				k.Version++
				k.Created = s.o.Clock()
				now[k.ID] = k
			}
			var all []agent.Skill
			for _, k := range now {
				all = append(all, k)
			}
			slices.SortFunc(all, func(a, b agent.Skill) int { return strings.Compare(a.ID, b.ID) })
			past[gen()] = all
		}
		fresh := open()
		for name, store := range map[string]*Store{"the writer": s, "another": other, "a new": fresh} {
			if have := skillsOf(t, store, SkillFilter{}); !reflect.DeepEqual(have, past[gen()]) {
				t.Fatalf("step %d, %s store:\n%+v\nwant\n%+v", i, name, have, past[gen()])
			}
		}
		if err := fresh.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKeepSkillsRefuses(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	record(t, s, ladleWon("won"))
	a, b := newSkill("sk-a", agent.SkillGeneral, "", "look"), newSkill("sk-b", agent.SkillGeneral, "", "look")
	keep(t, s, a)
	stale := a
	for name, tt := range map[string]struct {
		changed []agent.Skill
		want    error
	}{
		"of the version before":   {[]agent.Skill{b, stale}, ErrConflict},
		"of a version to come":    {[]agent.Skill{func() agent.Skill { k := b; k.Version = 4; return k }()}, ErrConflict},
		"an episode's ID":         {[]agent.Skill{func() agent.Skill { k := b; k.ID = "won"; return k }()}, ErrConflict},
		"of another scope":        {[]agent.Skill{func() agent.Skill { k := a; k.Version, k.Scope = 1, "x"; return k }()}, ErrConflict},
		"the same twice":          {[]agent.Skill{b, b}, ErrConflict},
		"without a state":         {[]agent.Skill{func() agent.Skill { k := b; k.State = ""; return k }()}, nil},
		"without an ID":           {[]agent.Skill{func() agent.Skill { k := b; k.ID = ""; return k }()}, nil},
		"with a scope of no text": {[]agent.Skill{func() agent.Skill { k := b; k.Scope = "\xff"; return k }()}, nil},
	} {
		err := s.KeepSkills(t.Context(), tt.changed, name)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if n := len(skillsOf(t, s, SkillFilter{})); n != 1 {
			t.Fatalf("%s: %d skills are kept", name, n)
		}
	}
}

// TestRecallSkills holds what may be in a context, and in how many tokens.
func TestRecallSkills(t *testing.T) {
	task := agent.Task{Suite: "house", Kind: "clean", Goal: "put a clean mug in fridge"}
	all := []agent.Skill{
		newSkill("sk-g1", agent.SkillGeneral, "", "take a Y from X"),
		newSkill("sk-g2", agent.SkillGeneral, "", "open a X"),
		newSkill("sk-far", agent.SkillTask, "clean", "zzz"),
		newSkill("sk-heat", agent.SkillTask, "heat", "put a hot mug in fridge"),
		newSkill("sk-any", agent.SkillMistake, "", "put a clean A"),
	}
	for i := range 7 {
		all = append(all, newSkill(fmt.Sprint("sk-c", i), agent.SkillTask, "clean", "put a clean A in B"))
	}
	all[0].For = []string{"e1", "e2"}
	for _, state := range []agent.SkillState{agent.SkillCandidate, agent.SkillRetired, agent.SkillQuarantined} {
		k := newSkill("sk-"+string(state), agent.SkillTask, "clean", "put a clean mug in fridge")
		k.State = state
		all = append(all, k)
	}
	elsewhere := newSkill("sk-scope", agent.SkillGeneral, "", "put a clean mug in fridge")
	elsewhere.Scope = "another"
	all = append(all, elsewhere)
	all[2].Kind = "clean"
	for _, tt := range []struct {
		name   string
		tokens int
		form   Form
		task   agent.Task
		want   string
	}{
		{"none unless asked for", 0, Asymmetric, task, ""},
		{"general ones, and six of the kind", 1000, Asymmetric, task, "sk-g1 sk-g2 sk-any sk-c0 sk-c1 sk-c2 sk-c3 sk-c4"},
		{"each sort has its own tokens", 19, Asymmetric, task, "sk-g1 sk-any"},
		{"not in a control condition", 1000, UniformAbstract, task, ""},
		{"another suite", 1000, Asymmetric, agent.Task{Suite: "shop", Kind: "clean", Goal: task.Goal}, ""},
		{"another scope", 1000, Asymmetric, agent.Task{Scope: "another", Suite: "house", Kind: "clean", Goal: task.Goal}, "sk-scope"},
		{"a task without a kind", 1000, Asymmetric, agent.Task{Suite: "house", Goal: "put a hot mug in fridge"}, "sk-g1 sk-g2 sk-any sk-heat sk-c0 sk-c1 sk-c2 sk-c3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := openStore(t, t.TempDir(), Options{SkillTokens: tt.tokens, Form: tt.form})
			keep(t, s, all...)
			var got []string
			for _, it := range recall(t, s, tt.task, 1000).Items {
				if it.Kind != agent.KindSkill || it.Tokens != CountWords(it.Text) {
					t.Errorf("item %+v", it)
				}
				got = append(got, it.ID)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("recalled %v, want %s", got, tt.want)
			}
		})
	}
}

// TestSkillIsMeasured holds that the effect of a skill is counted, outlives a
// change of it, and keeps one that harms out of contexts.
func TestSkillIsMeasured(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{SkillTokens: 100, HoldOut: 0.5, HoldOutAll: -1})
	keep(t, s, newSkill("sk-a", agent.SkillGeneral, "", "look"))
	task := mug()
	task.Suite = "house"
	withheld := 0
	for i := range 120 {
		c := recall(t, s, task, 100)
		shown := slices.ContainsFunc(c.Items, func(it agent.Item) bool { return it.ID == "sk-a" })
		if slices.Contains(c.Withheld, "sk-a") {
			withheld++
		}
		e := play(fmt.Sprint("e", i), task, !shown, "go to cabinet 1", "open cabinet 1")
		e.Context = c
		record(t, s, e)
	}
	if withheld == 0 {
		t.Fatal("it was never withheld")
	}
	k := skillsOf(t, s, SkillFilter{})[0]
	if k.Effect.Shown.Successes != 0 || k.Effect.Shown.N == 0 || k.Effect.Withheld.N == 0 || k.Effect.Withheld.Successes != k.Effect.Withheld.N || k.Version != 1 {
		t.Errorf("%+v", k)
	}
	if v := verdictOf(k.Effect); v != effect.Harms {
		t.Errorf("verdict %q of %+v", v, k.Effect)
	}
	if len(k.Effect.Coins) == 0 {
		t.Fatal("no coin was counted")
	}
	k.Effect.Coins[0] = agent.Coin{}
	if got := skillsOf(t, s, SkillFilter{})[0]; reflect.DeepEqual(got.Effect.Coins[0], agent.Coin{}) {
		t.Error("who reads a skill can change what is kept of it")
	}
	k.Effect = agent.Effect{}
	keep(t, s, k)
	if got := skillsOf(t, s, SkillFilter{})[0]; got.Effect.Shown.N == 0 {
		t.Error("the effect is lost with a change")
	}
	x, err := s.Explain(t.Context(), task, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range x.Candidates {
		if c.ID == "sk-a" && (c.Packed || c.Reason != "its measured effect is harm") {
			t.Errorf("%+v", c)
		}
	}
}

// TestSkillIsNoExperience holds that what repeats a skill teaches nothing.
func TestSkillIsNoExperience(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	k := newSkill("sk-a", agent.SkillGeneral, "", "clean any A that is dirty")
	task := mug()
	k.Suite = task.Suite
	keep(t, s, k)
	e := play("e1", task, true, "go to cabinet 1", "open cabinet 1")
	e.Final.Text += " " + k.Text()
	if got := s.unrecalled(e).Final.Text; strings.Contains(got, "that is dirty") {
		t.Errorf("learned from %q", got)
	}
}

// TestSkillsFollowARollback holds that skills are recalled as they are kept, in
// the store that rolls back, in one beside it, and where another item is learned
// later.
func TestSkillsFollowARollback(t *testing.T) {
	dir := t.TempDir()
	s, other := openStore(t, dir, Options{SkillTokens: 100}), openStore(t, dir, Options{SkillTokens: 100})
	task := agent.Task{Suite: "house", Kind: "clean", Goal: "put a clean mug in fridge"}
	a, b := newSkill("sk-a", agent.SkillGeneral, "", "open a X"), newSkill("sk-b", agent.SkillGeneral, "", "take a Y from X")
	expect := func(when, want string) {
		t.Helper()
		for name, store := range map[string]*Store{"the store": s, "another": other} {
			var got []string
			for _, it := range recall(t, store, task, 100).Items {
				if it.Kind == agent.KindSkill {
					got = append(got, it.ID)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s, %s recalls %v, want %s", when, name, got, want)
			}
		}
	}
	rollback := func(to int64) {
		t.Helper()
		if _, err := s.Rollback(t.Context(), to); err != nil {
			t.Fatal(err)
		}
	}
	expect("at first", "")
	keep(t, s, a)
	expect("after one", "sk-a")
	keep(t, other, b)
	expect("after two", "sk-a sk-b")
	rollback(1)
	expect("after a rollback", "sk-a")
	record(t, s, ladleWon("won"))
	keep(t, s, b)
	expect("when it is kept again", "sk-a sk-b")
	rollback(0)
	expect("after a rollback of all", "")
	a.Suite = "shop"
	keep(t, s, a)
	expect("in another suite", "")
	a.Suite, a.Version = "house", 1
	keep(t, s, a)
	expect("moved here", "sk-a")
}

package skills

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

func skill(id string, c agent.SkillCategory, kind, when, principle string, evidence int) agent.Skill {
	s := agent.Skill{ID: id, Suite: "house", Category: c, Kind: kind, Title: "Some good title", When: when, Principle: principle}
	if c == agent.SkillMistake {
		s.Mistake = "guessing"
	}
	for i := range evidence {
		s.For = append(s.For, string(rune('a'+i)))
	}
	return s
}

func some() []agent.Skill {
	return []agent.Skill{
		skill("sk-g1", agent.SkillGeneral, "", "take Y from X", "go to X -> take Y from X", 9),
		skill("sk-g2", agent.SkillGeneral, "", "open X", "go to X -> open X", 5),
		skill("sk-c1", agent.SkillTask, "clean", "put a clean A in B", "take A from X -> clean A with sinkbasin -> put A in/on B", 4),
		skill("sk-c2", agent.SkillTask, "clean", "wash a A", "take A from X -> clean A with sinkbasin", 2),
		skill("sk-h1", agent.SkillTask, "heat", "put a hot A in B", "heat A with microwave -> put A in/on B", 3),
		skill("sk-m1", agent.SkillMistake, "clean", "the sinkbasin is far", "keep the A", 1),
		skill("sk-m2", agent.SkillMistake, "", "nothing happens", "do something else", 8),
		{ID: "sk-other", Suite: "shop", Category: agent.SkillGeneral, When: "buy", Principle: "click[buy]"},
	}
}

func TestList(t *testing.T) {
	l := NewLibrary(append(some(), some()[0]))
	for _, tt := range []struct {
		f    Filter
		want []string
	}{
		{Filter{}, []string{"sk-g1", "sk-g2", "sk-c1", "sk-c2", "sk-h1", "sk-m1", "sk-m2", "sk-other"}},
		{Filter{Suite: "shop"}, []string{"sk-other"}},
		{Filter{Category: agent.SkillMistake}, []string{"sk-m1", "sk-m2"}},
		{Filter{Kind: "clean"}, []string{"sk-c1", "sk-c2", "sk-m1"}},
		{Filter{Suite: "house", Category: agent.SkillTask, Kind: "heat"}, []string{"sk-h1"}},
		{Filter{Kind: "none"}, nil},
	} {
		if got := idsOf(l.List(tt.f)); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.f, got, tt.want)
		}
	}
	l.List(Filter{})[0].For[0] = "changed"
	if s, err := l.Show("sk-g1"); err != nil || s.For[0] != "a" {
		t.Errorf("a caller changed the library: %v, %v", s.For, err)
	}
}

func TestShow(t *testing.T) {
	l := NewLibrary(append(some(), agent.Skill{ID: "sk-c"}))
	for _, tt := range []struct {
		id, want string
		err      error
	}{
		{"sk-g1", "sk-g1", nil}, {"sk-o", "sk-other", nil}, {"sk-c", "sk-c", nil},
		{"sk-m", "", ErrAmbiguous}, {"sk-x", "", ErrNotFound}, {"", "", ErrNotFound},
	} {
		s, err := l.Show(tt.id)
		if s.ID != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q: %s, %v; want %s, %v", tt.id, s.ID, err, tt.want, tt.err)
		}
	}
}

func TestSearch(t *testing.T) {
	l := NewLibrary(some())
	for _, tt := range []struct {
		query string
		most  int
		want  []string
	}{
		{"cleaning with a sinkbasin", 0, []string{"sk-m1", "sk-c2", "sk-c1"}},
		{"Sinkbasins!", 2, []string{"sk-m1", "sk-c2"}},
		{"hot", 0, []string{"sk-h1"}},
		{"heat", 0, []string{"sk-h1"}},
		{"guessing", 0, []string{"sk-m1", "sk-m2"}},
		{"sinkbasin microwave", 1, []string{"sk-h1"}}, // the rarer word counts more
		{"the of", 0, nil},
		{"", 0, nil},
	} {
		var got []string
		last := 1e9
		for _, h := range l.Search(tt.query, tt.most) {
			got = append(got, h.Skill.ID)
			if !(h.Similarity > 0 && h.Similarity <= last) {
				t.Errorf("%q: similarity %v after %v", tt.query, h.Similarity, last)
			}
			last = h.Similarity
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.query, got, tt.want)
		}
	}
	if got := NewLibrary(nil).Search("x", 0); got != nil {
		t.Errorf("hits in an empty library: %v", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	l := NewLibrary(some())
	want := l.Search("clean", 3)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := l.Search("clean", 3); !reflect.DeepEqual(got, want) {
				t.Errorf("%v", got)
			}
		})
	}
	wg.Wait()
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		s    agent.Skill
		want string
	}{
		{agent.Skill{Category: agent.SkillTask, When: "put a A in B", Principle: "take A -> put A in B"}, "To put a A in B: take A -> put A in B"},
		{agent.Skill{Category: agent.SkillMistake, When: "x", Mistake: "y", Principle: "z"}, "When x: avoid y; instead z."},
		{agent.Skill{Category: agent.SkillMistake, When: "x", Mistake: "y"}, "When x: avoid y."},
	} {
		if got := tt.s.Text(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// TestLibraryCopies holds that neither who made a library nor who reads it can change
// what is in it.
func TestLibraryCopies(t *testing.T) {
	given := func() agent.Skill {
		one := []string{"a"}
		return agent.Skill{
			ID: "sk-a", Steps: slices.Clone(one), For: slices.Clone(one), Against: slices.Clone(one), Lessons: slices.Clone(one), Parents: slices.Clone(one),
			Files: map[string][]byte{"SKILL.md": nil}, Effect: agent.Effect{Coins: []agent.Coin{{HoldOut: 0.5}}},
		}
	}
	spoil := func(s agent.Skill) {
		s.Steps[0], s.For[0], s.Against[0], s.Lessons[0], s.Parents[0] = "b", "b", "b", "b", "b"
		s.Effect.Coins[0].HoldOut = 0.1
		s.Files["more"] = nil
	}
	mine := given()
	l := NewLibrary([]agent.Skill{mine})
	spoil(mine)
	for range 2 {
		s, err := l.Show("sk-a")
		if err != nil || !reflect.DeepEqual(s, given()) {
			t.Fatalf("%+v, %v", s, err)
		}
		spoil(s)
	}
}

package skills

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
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

func idsOf(skills []agent.Skill) []string {
	var out []string
	for _, s := range skills {
		out = append(out, s.ID)
	}
	return out
}

func TestList(t *testing.T) {
	l := NewLibrary(append(some(), some()[0]), nil)
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
	l := NewLibrary(append(some(), agent.Skill{ID: "sk-c"}), nil)
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
	l := NewLibrary(some(), nil)
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
	if got := NewLibrary(nil, nil).Search("x", 0); got != nil {
		t.Errorf("hits in an empty library: %v", got)
	}
}

func TestRecall(t *testing.T) {
	many := some()
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		many = append(many, skill("sk-n"+id, agent.SkillTask, "clean", "put a A in B", "do "+id, 3))
	}
	clean := agent.Task{Suite: "house", Kind: "clean", Goal: "put a clean mug in fridge"}
	for _, tt := range []struct {
		name   string
		skills []agent.Skill
		task   agent.Task
		max    int
		want   []string
	}{
		{"all", some(), clean, 1000, []string{"sk-g1", "sk-g2", "sk-c1", "sk-c2", "sk-m1", "sk-m2"}},
		{"another kind", some(), agent.Task{Suite: "house", Kind: "cool"}, 1000, []string{"sk-g1", "sk-g2", "sk-m2"}},
		{"another suite", some(), agent.Task{Suite: "shop", Kind: "clean"}, 1000, []string{"sk-other"}},
		{"six of the kind", many, clean, 1000, []string{"sk-g1", "sk-g2", "sk-c1", "sk-n1", "sk-n2", "sk-n3", "sk-n4", "sk-n5"}},
		{"the kind's first", some(), clean, 22, []string{"sk-c1"}},
		{"what still fits", some(), clean, 18, []string{"sk-c2"}},
		{"no room", some(), clean, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := NewLibrary(tt.skills, nil).Recall(t.Context(), tt.task, tt.max)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, it := range c.Items {
				got = append(got, it.ID)
				if it.Kind != agent.KindSkill || it.Tokens != len(strings.Fields(it.Text)) || it.Text == "" {
					t.Errorf("item %+v", it)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("recalled %v, want %v", got, tt.want)
			}
			if c.Tokens() > tt.max {
				t.Errorf("%d tokens, at most %d", c.Tokens(), tt.max)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewLibrary(nil, nil).Recall(ctx, clean, 9); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestRecallCountsByTheCallersTokens(t *testing.T) {
	l := NewLibrary(some(), func(s string) int { return len(s) })
	c, err := l.Recall(t.Context(), agent.Task{Suite: "house", Kind: "heat"}, 120)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Items); n == 0 || c.Tokens() > 120 {
		t.Errorf("%d items of %d bytes", n, c.Tokens())
	}
	for _, it := range c.Items {
		if it.Tokens != len(it.Text) {
			t.Errorf("%q is %d tokens", it.Text, it.Tokens)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	l := NewLibrary(some(), nil)
	want, err := l.Recall(t.Context(), agent.Task{Suite: "house", Kind: "clean"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			l.Search("clean", 3)
			got, err := l.Recall(t.Context(), agent.Task{Suite: "house", Kind: "clean"}, 100)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v, %v", got, err)
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

package memory

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/embed"
)

func TestForms(t *testing.T) {
	lost := play("lost", ladle(), false, "go to cabinet 2", "open cabinet 2")
	const (
		lesson   = "When put a clean ladle in countertop: avoid cabinet 2 (no ladle); instead try cabinet 1, countertop 1, diningtable 1, drawer 1, sinkbasin 1."
		rule     = "When put a clean A in B: avoid ending the search before A is seen; instead look once at each place, open what is closed, begin with cabinet."
		demo     = "Task: put a clean mug in countertop\n" + start + "\nYour task is to: put a clean mug in countertop.\n> go to cabinet 1\nYou arrive at cabinet 1. The cabinet 1 is closed.\n> open cabinet 1\n"
		failed   = "Task (failed): put a clean ladle in countertop\n" + start + "\nYour task is to: put a clean ladle in countertop.\n> go to cabinet 2\nYou arrive at cabinet 2. The cabinet 2 is closed.\n> open cabinet 2\nYou open the cabinet 2. The cabinet 2 is open. In it, you see nothing.\nFailed: budget: step budget of 2 used up"
		abstract = "When put a clean mug in countertop: do go to cabinet > open cabinet > take mug from cabinet > go to sinkbasin > clean mug with sinkbasin > go to countertop > move mug to countertop."
	)
	for _, tt := range []struct {
		form  Form
		kinds string
		texts []string // beginnings
	}{
		{"", "lesson lesson demonstration", []string{lesson, rule, demo}},
		{Asymmetric, "lesson lesson demonstration", []string{lesson, rule, demo}},
		{UniformVerbatim, "raw-failure demonstration", []string{failed, demo}},
		{UniformAbstract, "lesson lesson lesson", []string{lesson, abstract, rule}},
	} {
		t.Run(string(tt.form), func(t *testing.T) {
			s := openStore(t, t.TempDir(), Options{Form: tt.form})
			record(t, s, mugWon("won"), lost)
			c := recall(t, s, ladle(), 1000)
			var kinds []string
			for i, it := range c.Items {
				kinds = append(kinds, string(it.Kind))
				if i < len(tt.texts) && !strings.HasPrefix(it.Text, tt.texts[i]) {
					t.Errorf("item %d:\n%s\nwant\n%s", i, it.Text, tt.texts[i])
				}
			}
			if got := strings.Join(kinds, " "); got != tt.kinds {
				t.Errorf("kinds %s, want %s\n%s", got, tt.kinds, c.Text())
			}
			if d, err := s.Demonstration(t.Context(), "won"); err != nil || !reflect.DeepEqual(d.Episode, mugWon("won")) {
				t.Errorf("demonstration %+v, %v", d, err)
			}
		})
	}
}

func TestBudget(t *testing.T) {
	for _, form := range []Form{Asymmetric, UniformVerbatim, UniformAbstract} {
		for _, tt := range []struct {
			name  string
			count func(string) int
		}{
			{"words", CountWords},
			{"bytes", func(s string) int { return len(s) }},
			{"lines", func(s string) int { return strings.Count(s, "\n") + 1 }},
			{"not monotone", func(s string) int { return len(s) % 97 }},
		} {
			t.Run(string(form)+" "+tt.name, func(t *testing.T) {
				s := openStore(t, t.TempDir(), Options{Form: form, CountTokens: tt.count})
				record(t, s, mugWon("won"), ladleWon("won-2"), play("lost", ladle(), false, "go to cabinet 1", "go to cabinet 2", "go to cabinet 1", "go to cabinet 2"))
				full := recall(t, s, ladle(), 1<<20)
				for budget := 0; budget < full.Tokens()+3; budget += 1 + full.Tokens()/40 {
					c := recall(t, s, ladle(), budget)
					for _, it := range c.Items {
						if it.Tokens != tt.count(it.Text) {
							t.Fatalf("budget %d: item %s has %d tokens, says %d", budget, it.ID, tt.count(it.Text), it.Tokens)
						}
					}
				}
				if c := recall(t, s, ladle(), full.Tokens()); !reflect.DeepEqual(c, full) {
					t.Errorf("the exact budget gives\n%s\nnot\n%s", c.Text(), full.Text())
				}
				if c, err := s.Recall(t.Context(), ladle(), -1); err != nil || len(c.Items) > 0 && tt.name != "not monotone" {
					t.Errorf("negative budget: %+v, %v", c, err)
				}
			})
		}
	}
}

func TestShortenedDemonstration(t *testing.T) {
	v := newVerbatim(ladleWon("won"))
	for _, tt := range []struct {
		keep int
		want []string
	}{
		{6, []string{"> go to diningtable 1", "> take ladle 1", "> go to sinkbasin 1", "> clean", "> go to countertop 1", "> move"}},
		{5, []string{"> go to diningtable 1", "> take ladle 1", "[… 1 step …]", "> clean", "> go to countertop 1", "> move"}},
		{3, []string{"> go to diningtable 1", "[… 3 steps …]", "> go to countertop 1", "> move"}},
		{2, []string{"> go to diningtable 1", "[… 4 steps …]", "> move"}},
		{0, []string{"[… 6 steps …]"}},
	} {
		text := v.text(tt.keep)
		at := 0
		for _, w := range tt.want {
			i := strings.Index(text[at:], w)
			if i < 0 {
				t.Errorf("%d steps: no %q in\n%s", tt.keep, w, text)
				break
			}
			at += i
		}
		if n := strings.Count(text, "> "); n != tt.keep {
			t.Errorf("%d steps: %d actions in\n%s", tt.keep, n, text)
		}
	}
	if got, want := RenderDemonstration(ladleWon("won")), v.text(6); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRecallOrder(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	for i := range 12 {
		e := mugWon(fmt.Sprintf("mug-%02d", i))
		e.Task.ID = e.ID
		record(t, s, e)
	}
	pen := agent.Task{ID: "pen", Suite: "household", Kind: "look_at", Goal: "look at pen under the desklamp"}
	record(t, s, ladleWon("ladle"), play("look", pen, true, "go to drawer 1", "use desklamp 1"))
	elsewhere := ladleWon("elsewhere")
	elsewhere.Task.Suite = "office"
	record(t, s, elsewhere)

	x, err := s.Explain(t.Context(), ladle(), 10000)
	if err != nil {
		t.Fatal(err)
	}
	c := recall(t, s, ladle(), 10000)
	var packed []string
	for i, cand := range x.Candidates {
		if cand.Reason == "" || cand.Packed != (cand.Tokens > 0) {
			t.Errorf("candidate %+v", cand)
		}
		if cand.Packed {
			packed = append(packed, cand.ID)
		}
		if want := cand.Fused * cand.Prior; cand.Score != want {
			t.Errorf("%s: score %v, want %v", cand.ID, cand.Score, want)
		}
		if i > 0 && byPreference(x.Candidates[i-1], cand) >= 0 {
			t.Errorf("%s comes before %s", x.Candidates[i-1].ID, cand.ID)
		}
		if cand.ID == "elsewhere" || cand.ID == "look" {
			t.Errorf("%s is a candidate", cand.ID)
		}
	}
	if got := strings.Join(packed, " "); got != "ladle mug-00 mug-01" || x.Tokens != c.Tokens() || len(c.Items) != 3 {
		t.Errorf("packed %s, %d tokens, recalled %+v", got, x.Tokens, c)
	}
	if first := x.Candidates[0]; first.Tier != TierTask || first.SimilarityRank != 1 || first.BM25Rank != 1 {
		t.Errorf("first candidate %+v", first)
	}
	other := agent.Task{ID: "new", Suite: "household", Kind: "unheard of", Goal: "look at the pen"}
	if c := recall(t, s, other, 10000); len(c.Items) != MaxDemonstrations || c.Items[0].ID != "look" {
		t.Errorf("of a new kind: %+v", c)
	}
	if c := recall(t, s, agent.Task{ID: "ladle-1", Suite: "nowhere", Goal: "put a clean ladle"}, 10000); len(c.Items) != 0 {
		t.Errorf("of a new suite: %+v", c)
	}
}

func TestRecallIsDeterministic(t *testing.T) {
	var first string
	for i := range 3 {
		dir := t.TempDir()
		s := openStore(t, dir, Options{})
		for j := range 30 {
			task := ladle()
			task.ID, task.Goal = fmt.Sprint("t", j%7), fmt.Sprintf("put a clean thing%d in countertop", j%5)
			record(t, s, play(fmt.Sprintf("e%02d", j), task, j%3 == 0, "go to cabinet 1", fmt.Sprintf("go to drawer %d", 1+j%4), "go to countertop 1"))
		}
		c := recall(t, s, ladle(), 700)
		if i == 2 { // from the disk as well
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openStore(t, dir, Options{})
			c = recall(t, s, ladle(), 700)
		}
		if got := fmt.Sprintf("%+v", c); first == "" {
			first = got
		} else if got != first {
			t.Errorf("store %d:\n%s\nthe first:\n%s", i, got, first)
		}
	}
}

// model is an embedder that can be down.
type model struct {
	embed.Hashed
	id   string
	down *bool
}

func (m model) ID() string { return m.id + m.Hashed.ID() }

func (m model) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if *m.down {
		return nil, errors.New("model is down")
	}
	return m.Hashed.Embed(ctx, texts)
}

func TestEmbedders(t *testing.T) {
	dir := t.TempDir()
	down := true
	a := model{embed.Hashed{Width: 32}, "a", &down}
	s := openStore(t, dir, Options{Embedder: a})
	record(t, s, mugWon("won"), play("lost", ladle(), false, "go to cabinet 1"))
	x, err := s.Explain(t.Context(), ladle(), 1000)
	if err != nil || len(x.Warnings) != 1 || !strings.Contains(fmt.Sprint(x.Warnings), "model is down") {
		t.Errorf("warnings %v, %v", x.Warnings, err)
	}
	for _, c := range x.Candidates {
		if c.SimilarityRank != 0 || !c.Packed {
			t.Errorf("without vectors: %+v", c)
		}
	}
	down = false
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, m := range []Embedder{a, model{embed.Hashed{Width: 64}, "b", &down}, nil, a} {
		s := openStore(t, dir, Options{Embedder: m})
		x, err := s.Explain(t.Context(), ladle(), 1000)
		if err != nil || len(x.Warnings) != 0 || len(x.Candidates) != 3 {
			t.Fatalf("%v: %d candidates, warnings %v, %v", m, len(x.Candidates), x.Warnings, err)
		}
		for _, c := range x.Candidates[1:] {
			if c.SimilarityRank == 0 {
				t.Errorf("%v: no vector: %+v", m, c)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	down = true
	if _, err := Open(dir, Options{Embedder: model{embed.Hashed{}, "c", &down}}); err == nil {
		t.Error("opened with an embedder that is down and has no vectors")
	}
}

// panicking is an embedder with a defect.
type panicking struct{ embed.Hashed }

func (panicking) Embed(context.Context, []string) ([][]float32, error) { panic("defect") }

// An embedder that panics costs the vectors, as one that fails does, and neither
// an episode nor those who wait for the same commit.
func TestEmbedderPanics(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Embedder: panicking{}})
	var g sync.WaitGroup
	for i := range 8 {
		g.Go(func() {
			if err := s.Record(t.Context(), play(fmt.Sprint("e", i), ladle(), i%2 == 0, fmt.Sprint("look ", i))); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	x, err := s.Explain(t.Context(), ladle(), 1000)
	if err != nil || !strings.Contains(fmt.Sprint(x.Warnings), "defect") || len(x.Candidates) == 0 {
		t.Errorf("warnings %v, %d candidates, %v", x.Warnings, len(x.Candidates), err)
	}
}

func TestCountWords(t *testing.T) {
	for _, tt := range []struct {
		s    string
		want int
	}{
		{"", 0}, {"  \n", 0}, {"one", 1}, {"put a clean ladle.", 5}, {"E1234: src/main.go", 7}, {"[… 12 steps …]", 6}, {"été 日本", 2},
	} {
		if got := CountWords(tt.s); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.s, got, tt.want)
		}
	}
}

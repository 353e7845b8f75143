package memory

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// episodeIDs are n IDs.
func episodeIDs(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint("e", i)
	}
	return out
}

func TestStanding(t *testing.T) {
	harm := measured(agent.Arm{N: 200, Successes: 20}, agent.Arm{N: 100, Successes: 60})
	help := measured(agent.Arm{N: 200, Successes: 180}, agent.Arm{N: 100, Successes: 40})
	none := measured(agent.Arm{N: 20, Successes: 2}, agent.Arm{N: 10, Successes: 2})
	later := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name          string
		lesson        agent.Lesson
		support       int
		against       int
		state, reason string
	}{
		{"first", agent.Lesson{Mistake: "m"}, 1, 0, "candidate", "1 failure supports it, 2 are needed"},
		{"second", agent.Lesson{Mistake: "m"}, 2, 0, "active", "2 failures support it"},
		{"of successes", agent.Lesson{}, 2, 0, "active", "2 successes support it"},
		{"contradicted", agent.Lesson{Mistake: "m"}, 2, 1, "active", "2 failures support it, 1 episode is against it"},
		{"even", agent.Lesson{Mistake: "m"}, 2, 2, "active", "2 failures support it, 2 episodes are against it"},
		{"contrasted", agent.Lesson{Mistake: "m", Contrast: agent.Contrast{Success: "won", Failure: "e0", Step: 2}}, 1, 0, "active", "1 failure supports it, and episode won did otherwise at its step 3 and succeeded"},
		{"contrasted, contradicted", agent.Lesson{Mistake: "m", Contrast: agent.Contrast{Success: "won", Failure: "e0", Step: 2}}, 1, 1, "candidate", "1 failure supports it, 1 episode is against it, 2 are needed"},
		{"outweighed", agent.Lesson{Mistake: "m"}, 2, 3, "retired", "3 episodes against it, 2 for it"},
		{"task", agent.Lesson{Mistake: "m", Task: "t"}, 1, 0, "active", "1 failure supports it"},
		{"task, even", agent.Lesson{Mistake: "m", Task: "t"}, 1, 1, "retired", "1 episode against it, 1 for it"},
		{"outage", agent.Lesson{Mistake: "m", Expires: later}, 9, 0, "candidate", "it expires: what comes from outside is no rule"},
		{"outage of a task that helps", agent.Lesson{Mistake: "m", Task: "t", Expires: later, Effect: help}, 9, 0, "candidate", "it expires: what comes from outside is no rule"},
		{"outage, outweighed", agent.Lesson{Mistake: "m", Expires: later, Effect: help}, 1, 2, "retired", "2 episodes against it, 1 for it"},
		{"harmed before chances were kept", agent.Lesson{Mistake: "m", Harm: agent.Effect{Shown: agent.Arm{N: 200, Successes: 20}, Withheld: agent.Arm{N: 100, Successes: 60}, Order: 1}}, 9, 0, "retired", "measured to harm: 20 of 200 shown, 60 of 100 withheld"},
		{"counted before chances were kept", agent.Lesson{Mistake: "m", Effect: agent.Effect{Shown: agent.Arm{N: 200, Successes: 20}, Withheld: agent.Arm{N: 100, Successes: 60}, Order: 1}}, 9, 0, "active", "9 failures support it"},
		{"harms", agent.Lesson{Mistake: "m", Effect: harm}, 9, 0, "retired", "measured to harm: -0.50 [-0.68, -0.30]"},
		{"helps", agent.Lesson{Mistake: "m", Effect: help}, 1, 0, "active", "measured to help: +0.50 [+0.30, +0.68]"},
		{"helps, outweighed", agent.Lesson{Mistake: "m", Effect: help}, 1, 4, "active", "measured to help: +0.50 [+0.30, +0.68]"},
		{"not known", agent.Lesson{Mistake: "m", Effect: none}, 1, 0, "candidate", "1 failure supports it, 2 are needed"},
		{"doubtful", agent.Lesson{Mistake: "m", Doubt: "it quotes the failed episode e0", Effect: help}, 9, 0, "quarantined", "it quotes the failed episode e0"},
	} {
		tt.lesson.For, tt.lesson.Against = episodeIDs(tt.support), episodeIDs(tt.against)
		if state, reason := standing(tt.lesson, 2); string(state) != tt.state || reason != tt.reason {
			t.Errorf("%s: %s (%s), want %s (%s)", tt.name, state, reason, tt.state, tt.reason)
		}
	}
}

// A lesson is in the state that its evidence gives it, whatever happened in which
// order; nothing from outside becomes a rule; what a lesson says of itself
// survives JSON and a reopening of the store.
func TestStatesFollowEvidence(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	newID := ids("lesson")
	s := openStore(t, dir, Options{NewID: newID})
	transient := map[string]bool{}
	before := map[string]agent.Lesson{}
	for i := range 300 {
		e := randomEpisode(r, fmt.Sprint("e", i))
		if e.Outcome.Cause == agent.CauseTool {
			transient[e.ID] = true
			if r.IntN(2) == 0 {
				e.Task.ID = ""
			}
		}
		record(t, s, e)
		ls, err := s.Lessons(t.Context(), LessonFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range ls {
			again := l
			again.State, again.Reason = "", ""
			if s.settle(&again); again.State != l.State || again.Reason != l.Reason || l.Reason == "" {
				t.Fatalf("%s is %s (%s), by its evidence %s (%s)", l.ID, l.State, l.Reason, again.State, again.Reason)
			}
			old, known := before[l.ID]
			if known && len(l.Against) > len(old.Against) && len(l.For) == len(old.For) && !(l.Confidence < old.Confidence) {
				t.Fatalf("a contradiction raised %+v to %+v", old, l)
			}
			for _, id := range l.For {
				if transient[id] && l.State == agent.LessonActive {
					t.Fatalf("a failure from outside made a rule: %+v", l)
				}
			}
			before[l.ID] = l
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, Options{NewID: newID})
	for id, want := range before {
		got, err := s.Lesson(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Errorf("reopened:\n%s\nwas\n%s", a, b)
		}
	}
}

// Failures and a success make the same states in whatever order they come, as
// far as they make the same lessons; a contrast makes a lesson active at once; and
// Support failures do without.
func TestContrastInAnyOrder(t *testing.T) {
	loop := func(id, task string) agent.Episode {
		k := ladle()
		k.ID = task
		return play(id, k, false, "go to cabinet 1", "go to countertop 1", "go to cabinet 1", "go to countertop 1")
	}
	won := play("won", mug(), true, "go to cabinet 1", "go to countertop 1", "open cabinet 1", "take mug 1 from cabinet 1", "move mug 1 to countertop 1")
	none := mugWon("none") // which opens the cabinet at once
	for _, tt := range []struct {
		name     string
		support  int
		episodes []agent.Episode
		want     string
	}{
		{"one failure", 0, []agent.Episode{loop("a", "1")}, "candidate"},
		{"two failures", 0, []agent.Episode{loop("a", "1"), loop("b", "2")}, "active"},
		{"two of three", 3, []agent.Episode{loop("a", "1"), loop("b", "2")}, "candidate"},
		{"one is enough", 1, []agent.Episode{loop("a", "1")}, "active"},
		{"a contrast", 3, []agent.Episode{loop("a", "1"), won}, "active"},
		{"a contrast of two", 5, []agent.Episode{loop("a", "1"), loop("b", "2"), won}, "active"},
		{"none", 3, []agent.Episode{loop("a", "1"), none}, "candidate"},
	} {
		for turn := range tt.episodes {
			s := openStore(t, t.TempDir(), Options{Support: tt.support})
			record(t, s, tt.episodes[turn:]...)
			record(t, s, tt.episodes[:turn]...)
			ls, err := s.Lessons(t.Context(), LessonFilter{})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, l := range ls {
				if strings.HasPrefix(l.Mistake, "repeating ") && l.Task == "" {
					if n++; string(l.State) != tt.want {
						t.Errorf("%s, from %d on: %s (%s)", tt.name, turn, l.State, l.Reason)
					}
				}
			}
			if n != 1 {
				t.Errorf("%s: %d lessons about the loop among %+v", tt.name, n, ls)
			}
		}
	}
	if _, err := Open(t.TempDir(), Options{Support: -1}); err == nil {
		t.Error("opened with a support of -1")
	}
}

// What was decided by hand outlives evidence, restarts and lessons that say the
// same, until it is undone, and then the evidence of meanwhile counts.
func TestDecide(t *testing.T) {
	dir, newID := t.TempDir(), ids("lesson")
	s := openStore(t, dir, Options{NewID: newID})
	lost := func(id string) agent.Episode {
		k := ladle()
		k.ID = id
		return play(id, k, false, "go to cabinet 2", "open cabinet 2")
	}
	record(t, s, lost("a"))
	rule := func() agent.Lesson {
		t.Helper()
		ls, err := s.Lessons(t.Context(), LessonFilter{})
		ls = slices.DeleteFunc(ls, func(l agent.Lesson) bool { return l.Task != "" })
		if err != nil || len(ls) != 1 {
			t.Fatalf("%+v, %v", ls, err)
		}
		return ls[0]
	}
	id := rule().ID
	for i, tt := range []struct {
		state, want agent.LessonState
		reason      string
	}{
		{"", agent.LessonActive, "2 failures support it"},
		{agent.LessonRetired, agent.LessonRetired, "by hand: Jane Doe, 2026-01-02T03:04:05Z"},
		{agent.LessonQuarantined, agent.LessonQuarantined, "by hand: Jane Doe, 2026-01-02T03:04:05Z"},
		{"", agent.LessonActive, "5 failures support it"},
		{agent.LessonActive, agent.LessonActive, "by hand: Jane Doe, 2026-01-02T03:04:05Z"},
	} {
		if l, err := s.Decide(t.Context(), id, tt.state, " Jane\nDoe"); err != nil || i > 0 && l.State != tt.want {
			t.Fatalf("%d: %+v, %v", i, l, err)
		}
		record(t, s, lost(fmt.Sprint("b", i)))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, dir, Options{NewID: newID})
		if l := rule(); l.ID != id || l.State != tt.want || l.Reason != tt.reason || len(l.For) != i+2 {
			t.Errorf("%d: %+v", i, l)
		}
		recalled := slices.ContainsFunc(recall(t, s, ladle(), 1000).Items, func(it agent.Item) bool { return it.ID == id })
		if recalled != (tt.want == agent.LessonActive) {
			t.Errorf("%d: %s and recalled: %v", i, tt.want, recalled)
		}
	}
	for _, tt := range []struct {
		id    string
		state agent.LessonState
		by    string
		want  error
	}{
		{"a", agent.LessonActive, "Jane", ErrNotFound}, {"none", agent.LessonActive, "Jane", ErrNotFound},
		{id, agent.LessonCandidate, "Jane", ErrState}, {id, "old", "Jane", ErrState}, {id, "", " ", ErrNoName},
	} {
		if _, err := s.Decide(t.Context(), tt.id, tt.state, tt.by); !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	x, err := s.Explain(t.Context(), ladle(), 1000)
	if i := slices.IndexFunc(x.Candidates, func(c Candidate) bool { return c.ID == id }); err != nil || i < 0 || x.Candidates[i].SimilarityRank == 0 {
		t.Errorf("a lesson that was decided on is not in the index: %+v, %v", x.Candidates, err)
	}
}

// measured is the effect of the first item that was counted, with one chance.
func measured(shown, withheld agent.Arm) agent.Effect {
	return agent.Effect{Shown: shown, Withheld: withheld, Coins: []agent.Coin{{HoldOut: 1.0 / 3, Shown: shown, Withheld: withheld}}, Order: 1}
}

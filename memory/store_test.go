package memory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
)

// openStore opens a store and checks it when the test ends.
func openStore(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	if o.NewID == nil {
		n := 0
		o.NewID = func() string { n++; return fmt.Sprintf("lesson-%04d", n) }
	}
	if o.Clock == nil {
		o.Clock = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	}
	if o.HoldOut == 0 {
		o.HoldOut = -1 // but in the tests of it
	}
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := s.Check(context.Background())
		if err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("check: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// kitchen is a small household: what is where, and what is closed.
var kitchen = struct {
	places []string
	closed map[string]bool
	in     map[string]string
}{
	places: []string{"cabinet 1", "cabinet 2", "countertop 1", "diningtable 1", "drawer 1", "sinkbasin 1"},
	closed: map[string]bool{"cabinet 1": true, "cabinet 2": true, "drawer 1": true},
	in:     map[string]string{"countertop 1": "a bread 1, and a knife 1", "diningtable 1": "a ladle 1, and a plate 2", "cabinet 1": "a mug 1"},
}

const start = "You are in the middle of a room. Looking quickly around you, you see a cabinet 1, a cabinet 2, a countertop 1, a diningtable 1, a drawer 1, and a sinkbasin 1."

// play acts in the kitchen.
func play(id string, task agent.Task, success bool, actions ...string) agent.Episode {
	e := agent.Episode{ID: id, Task: task, Final: agent.Observation{Text: start + "\nYour task is to: " + task.Goal + "."}}
	open := map[string]bool{}
	for _, a := range actions {
		s := agent.Step{Observation: e.Final, Action: agent.Action(a)}
		for _, p := range kitchen.places {
			s.Observation.Admissible = append(s.Observation.Admissible, agent.Action("go to "+p))
		}
		e.Steps = append(e.Steps, s)
		e.Final = agent.Observation{Text: answer(a, open)}
	}
	e.Outcome = agent.Outcome{Success: success, Terminated: success, Truncated: !success}
	if success {
		e.Outcome.Score = 1
	} else {
		e.Outcome.Cause, e.Outcome.Feedback = agent.CauseBudget, fmt.Sprintf("step budget of %d used up", len(actions))
	}
	return e
}

func answer(action string, open map[string]bool) string {
	verb, place, _ := strings.Cut(action, " ")
	place = strings.TrimPrefix(place, "to ")
	see := func() string {
		if in := kitchen.in[place]; in != "" {
			return "you see " + in + "."
		}
		return "you see nothing."
	}
	switch {
	case verb == "go" && kitchen.closed[place] && !open[place]:
		return "You arrive at " + place + ". The " + place + " is closed."
	case verb == "go":
		return "You arrive at " + place + ". On the " + place + ", " + see()
	case verb == "open":
		open[place] = true
		return "You open the " + place + ". The " + place + " is open. In it, " + see()
	case verb == "take" && !strings.Contains(action, "ladle 1 from diningtable 1") && !strings.Contains(action, "mug 1 from cabinet 1"):
		return "Nothing happens."
	}
	return "You " + action + "."
}

func ladle() agent.Task {
	return agent.Task{ID: "ladle-1", Suite: "household", Kind: "pick_clean_then_place", Goal: "put a clean ladle in countertop"}
}

// mug is another task of the same kind.
func mug() agent.Task {
	return agent.Task{ID: "mug-1", Suite: "household", Kind: "pick_clean_then_place", Goal: "put a clean mug in countertop"}
}

func mugWon(id string) agent.Episode {
	return play(id, mug(), true, "go to cabinet 1", "open cabinet 1", "take mug 1 from cabinet 1", "go to sinkbasin 1",
		"clean mug 1 with sinkbasin 1", "go to countertop 1", "move mug 1 to countertop 1")
}

func ladleWon(id string) agent.Episode {
	return play(id, ladle(), true, "go to diningtable 1", "take ladle 1 from diningtable 1", "go to sinkbasin 1",
		"clean ladle 1 with sinkbasin 1", "go to countertop 1", "move ladle 1 to countertop 1")
}

func record(t testing.TB, s *Store, es ...agent.Episode) {
	t.Helper()
	for _, e := range es {
		if err := s.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func recall(t testing.TB, s *Store, task agent.Task, tokens int) agent.Context {
	t.Helper()
	c, err := s.Recall(t.Context(), task, tokens)
	if err != nil {
		t.Fatal(err)
	}
	if c.Tokens() > tokens {
		t.Errorf("%d tokens, budget %d", c.Tokens(), tokens)
	}
	return c
}

func TestTrialsOfOneTask(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	record(t, s, mugWon("won"), play("try-0", ladle(), false, "go to cabinet 1", "open cabinet 1", "go to cabinet 2", "go to countertop 1", "take ladle 2 from countertop 1"))
	first := recall(t, s, ladle(), 1000)
	want := "When put a clean ladle in countertop: avoid cabinet 1, countertop 1 (no ladle); instead try cabinet 2, diningtable 1, drawer 1, sinkbasin 1."
	if len(first.Items) == 0 || first.Items[0].Text != want {
		t.Fatalf("after trial 0:\n%s\nwant\n%s", first.Text(), want)
	}
	record(t, s, play("try-1", ladle(), false, "go to drawer 1", "open drawer 1", "go to diningtable 1", "go to cabinet 2", "go to diningtable 1", "go to cabinet 2", "go to diningtable 1", "go to cabinet 2"))
	second := recall(t, s, ladle(), 1000)
	want = "When put a clean ladle in countertop: avoid leaving ladle 1 at diningtable 1 (seen, not used), cabinet 1, countertop 1, drawer 1 (no ladle), repeating go to cabinet 2 > go to diningtable 1 (loop); " +
		"instead ladle 1 is at diningtable 1, then clean it with sinkbasin 1, move it to countertop 1."
	if second.Items[0].Text != want {
		t.Errorf("after trial 1:\n%s\nwant\n%s", second.Items[0].Text, want)
	}
	if first.Items[0].ID != second.Items[0].ID {
		t.Errorf("lesson %s became %s", first.Items[0].ID, second.Items[0].ID)
	}
	l, err := s.Lesson(t.Context(), second.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprintf("%v %s", l.For, l.State) != "[try-0 try-1] active" || l.Confidence <= 0.5 {
		t.Errorf("lesson %+v", l)
	}
	if len(second.Items) != 5 { // three different lessons about the kind, and a demonstration
		t.Errorf("%d items:\n%s", len(second.Items), second.Text())
	}
	if n := strings.Count(second.Text(), "When put a clean ladle"); n != 1 {
		t.Errorf("%d lessons about the task:\n%s", n, second.Text())
	}
}

// TestReadOnly reads a memory without writing: what is recorded meanwhile is
// seen, vectors that are missing are made in memory only.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, Options{ReadOnly: true}); err == nil {
		t.Error("opened a memory that is not there")
	}
	s := openStore(t, dir, Options{})
	record(t, s, mugWon("won"))
	if err := s.archive.Write(t.Context(), func(tx *archive.Tx) error {
		return tx.PutItem(t.Context(), &archive.Item{ID: "x", Class: agent.KindDemonstration, Suite: "household", Text: "put a clean mug", Body: []byte("{}")})
	}); err != nil {
		t.Fatal(err)
	}
	gen, err := s.archive.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if c := recall(t, r, mug(), 500); len(c.Items) == 0 {
		t.Error("nothing recalled")
	}
	if !r.items["x"].indexed || s.items["x"] != nil && s.items["x"].indexed {
		t.Error("the missing vector was not made, or not in memory only")
	}
	if err := r.Record(t.Context(), ladleWon("no")); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), dir) {
		t.Errorf("recorded: %v", err)
	}
	if now, err := s.archive.Generation(t.Context()); now != gen || err != nil {
		t.Errorf("%d writes, then %d, %v", gen, now, err)
	}
	record(t, s, ladleWon("later"))
	if _, err := r.Demonstration(t.Context(), "later"); err != nil {
		t.Error(err)
	}
	if err := s.archive.Write(t.Context(), func(tx *archive.Tx) error {
		_, err := tx.PutEpisode(t.Context(), agent.Episode{ID: "x", Outcome: agent.Outcome{Success: true}}, []byte(`{"id":"x","outcome":{"success":true}}`))
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

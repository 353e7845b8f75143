package memory

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

// tested is a store at a time, and how often it recalls a lesson.
type tested struct {
	*testing.T
	*Store
	clock *clock
	n     int
}

func newTested(t *testing.T) *tested {
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	return &tested{T: t, clock: c, Store: openStore(t, t.TempDir(), Options{Clock: c.read, HoldOut: 0.05})}
}

func (s *tested) lesson(id string) agent.Lesson {
	s.Helper()
	l, err := s.Lesson(s.Context(), id)
	if err != nil {
		s.Fatal(err)
	}
	return l
}

// about is the ID of the lesson about a task.
func (s *tested) about(task string) string {
	s.Helper()
	ls, err := s.Lessons(s.Context(), LessonFilter{Task: task})
	if err != nil || len(ls) != 1 {
		s.Fatal(ls, err)
	}
	return ls[0].ID
}

// share is how often, of 40 times, a lesson is shown and withheld for a task,
// with another episode between.
func (s *tested) share(id string, task agent.Task) (shown, withheld int) {
	s.Helper()
	for range 40 {
		c := recall(s.T, s.Store, task, 1000)
		if slices.Contains(c.Withheld, id) {
			withheld++
		} else if slices.ContainsFunc(c.Items, func(it agent.Item) bool { return it.ID == id }) {
			shown++
		}
		s.n++
		record(s.T, s.Store, play(fmt.Sprint("between", s.n), agent.Task{ID: "other", Suite: "other", Goal: "look"}, true, fmt.Sprint("look ", s.n)))
	}
	return shown, withheld
}

// outcomes records n episodes with the lesson shown and n with it withheld.
func (s *tested) outcomes(id string, n int, shownWins bool) {
	s.Helper()
	for i := range 2 * n {
		s.n++
		e := play(fmt.Sprint("outcome", s.n), agent.Task{ID: fmt.Sprint("u", s.n), Suite: "other", Kind: "u", Goal: "look"}, (i%2 == 0) == shownWins, "look")
		e.Context = agent.Context{HoldOut: 0.5, Items: []agent.Item{{ID: id, Kind: agent.KindLesson}}}
		if i%2 == 1 {
			e.Context.Items, e.Context.Withheld = nil, []string{id}
		}
		record(s.T, s.Store, e)
	}
}

func mugMoved(id string) agent.Episode {
	e := play(id, mug(), true, "go to diningtable 1", "take mug 1 from diningtable 1", "go to countertop 1", "move mug 1 to countertop 1")
	e.Steps[1].Observation.Text = "On the diningtable 1, you see a mug 1."
	e.Steps[2].Observation.Text = "You pick up the mug 1 from the diningtable 1."
	return e
}

// A lesson that was contradicted is tested again, and retired for twice as long
// by another contradiction; failures make it active again.
func TestRetestOfContradicted(t *testing.T) {
	s := newTested(t)
	lost := func(id string) agent.Episode {
		return play(id, mug(), false, "go to countertop 1", "go to diningtable 1", "go to drawer 1", "open drawer 1")
	}
	record(t, s.Store, lost("lost"))
	id := s.about(mug().ID)
	if l := s.lesson(id); l.State != agent.LessonActive || !l.Retest.IsZero() {
		t.Fatalf("%+v", l)
	}
	for i := range 9 {
		record(t, s.Store, mugMoved(fmt.Sprint("moved", i)))
		l := s.lesson(id)
		if want := s.clock.now.Add(RetestAfter << min(i, 6)); l.State != agent.LessonRetired || !l.Retest.Equal(want) || l.Failed != i {
			t.Fatalf("contradicted %d times: %+v, want a test at %v", i+1, l, want)
		}
		if shown, withheld := s.share(id, mug()); shown+withheld > 0 {
			t.Fatalf("retired, and shown %d times, withheld %d times", shown, withheld)
		}
		record(t, s.Store, mugMoved(fmt.Sprint("moved again", i))) // while it is not on probation
		if again := s.lesson(id); !again.Retest.Equal(l.Retest) || again.Failed != l.Failed {
			t.Fatalf("moved from %+v to %+v", l, again)
		}
		s.clock.now = l.Retest
		if shown, withheld := s.share(id, mug()); shown < 8 || withheld < 8 || shown+withheld != 40 {
			t.Fatalf("on probation, and shown %d times, withheld %d times", shown, withheld)
		}
	}
	for i := 0; s.lesson(id).State == agent.LessonRetired; i++ {
		if i > 20 {
			t.Fatal("failures do not make it active")
		}
		record(t, s.Store, lost(fmt.Sprint("lost", i)))
	}
	if l := s.lesson(id); l.State != agent.LessonActive || !l.Retest.IsZero() || len(l.For) != len(l.Against)+1 {
		t.Errorf("%+v", l)
	}
}

// A lesson that was measured to harm is measured anew on probation: harm retires
// it for twice as long, help makes it active.
func TestRetestOfHarmful(t *testing.T) {
	s := newTested(t)
	record(t, s.Store, play("lost", mug(), false, "go to countertop 1"))
	id := s.about(mug().ID)
	for i := range 2 {
		s.outcomes(id, 40, false)
		l := s.lesson(id)
		if want := s.clock.now.Add(RetestAfter << i); l.State != agent.LessonRetired || !strings.HasPrefix(l.Reason, "measured to harm: ") || !l.Retest.Equal(want) || l.Failed != i {
			t.Fatalf("%d: %+v, want a test at %v", i, l, want)
		}
		s.clock.now = l.Retest
		if shown, withheld := s.share(id, mug()); shown < 8 || withheld < 8 {
			t.Errorf("on probation, and shown %d times, withheld %d times", shown, withheld)
		}
		s.outcomes(id, 1, true)
		if again := s.lesson(id); again.Effect.Shown.N != 1 || again.Effect.Order <= l.Effect.Order || !reflect.DeepEqual(again.Harm, l.Harm) || again.State != agent.LessonRetired {
			t.Fatalf("after the first outcomes on probation: %+v, before %+v", again, l)
		}
	}
	s.outcomes(id, 40, true)
	if l := s.lesson(id); l.State != agent.LessonActive || l.Harm.Order != 0 || !l.Retest.IsZero() {
		t.Errorf("helps, and is %+v", l)
	}
}

// What an outage taught is tried again after it expired, until an episode was not
// hit by one.
func TestRetestOfOutage(t *testing.T) {
	s := newTested(t)
	down := play("down", mug(), false, "go to countertop 1")
	down.Outcome.Cause, down.Outcome.Feedback = agent.CauseTool, "connection reset"
	record(t, s.Store, down)
	id := s.about(mug().ID)
	for i := range 3 {
		l := s.lesson(id)
		if i == 0 && !l.Retest.Equal(l.Expires.Add(RetestAfter)) {
			t.Fatalf("%+v", l)
		}
		s.clock.now = l.Retest.Add(-time.Second)
		if shown, withheld := s.share(id, mug()); shown+withheld > 0 {
			t.Fatalf("%d: expired, and shown %d times, withheld %d times", i, shown, withheld)
		}
		s.clock.now = l.Retest
		if shown, withheld := s.share(id, mug()); shown < 8 || withheld < 8 {
			t.Fatalf("%d: shown %d times, withheld %d times", i, shown, withheld)
		}
		s.outcomes(id, 1, true)
		if again := s.lesson(id); !again.Retest.Equal(s.clock.now.Add(RetestAfter<<(i+1))) || again.State != agent.LessonCandidate {
			t.Fatalf("%d: %+v", i, again)
		}
	}
	down.ID = "down again"
	record(t, s.Store, down)
	if l := s.lesson(id); !l.Expires.Equal(s.clock.now.Add(TransientLife)) || !l.Retest.After(l.Expires) {
		t.Errorf("%+v", l)
	}
}

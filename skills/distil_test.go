package skills

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// shelf is a Source.
type shelf struct {
	demos    []agent.Demonstration
	lessons  []agent.Lesson
	attempts []Attempt
	err      error
	which    string // of the three that fails
}

func (s shelf) Demonstrations(context.Context) ([]agent.Demonstration, error) {
	return s.demos, s.fails("demonstrations")
}

func (s shelf) Lessons(context.Context) ([]agent.Lesson, error) {
	return s.lessons, s.fails("lessons")
}

func (s shelf) Attempts(context.Context) ([]Attempt, error) { return s.attempts, s.fails("attempts") }

func (s shelf) fails(which string) error {
	if s.which == which {
		return s.err
	}
	return nil
}

// place, clean and heat are successes of three kinds.
func place(id, object, from, to string) agent.Demonstration {
	return demo(id, "place", script("put a "+object+" in "+to, room,
		"go to bed 1", "go to "+from+" 1 | You see a "+object+" 1.", "take "+object+" 1 from "+from+" 1", "go to "+to+" 1", "put "+object+" 1 in/on "+to+" 1"))
}

func clean(id, object, from, to string) agent.Demonstration {
	return demo(id, "clean", script("put a clean "+object+" in "+to, room,
		"go to "+from+" 2 | You see a "+object+" 1.", "take "+object+" 1 from "+from+" 2", "go to sinkbasin 1", "clean "+object+" 1 with sinkbasin 1", "go to "+to+" 1", "put "+object+" 1 in/on "+to+" 1"))
}

func demo(id, kind string, e agent.Episode) agent.Demonstration {
	e.ID, e.Task.ID, e.Task.Kind = id, "t-"+id, kind
	return agent.Demonstration{Episode: e, Seen: 1}
}

func lessonAbout(id, kind, mistake string, change ...func(*agent.Lesson)) agent.Lesson {
	l := agent.Lesson{
		ID: id, Suite: "house", Kind: kind, Trigger: "the A is not in the first place", Mistake: mistake, Remedy: "look into the next place",
		Cause: agent.CausePolicy, For: []string{"f-" + id}, State: agent.LessonActive,
	}
	for _, c := range change {
		c(&l)
	}
	return l
}

func house() shelf {
	return shelf{
		demos: []agent.Demonstration{
			place("p1", "mug", "desk", "fridge"), place("p2", "pen", "shelf", "drawer"), clean("c1", "mug", "desk", "fridge"), clean("c2", "fork", "drawer", "shelf"),
		},
		lessons: []agent.Lesson{
			lessonAbout("l1", "place", "looking twice"),
			lessonAbout("l2", "clean", "looking twice", func(l *agent.Lesson) { l.Against = []string{"x"} }),
			lessonAbout("l3", "clean", "putting it down dirty", func(l *agent.Lesson) { l.State = agent.LessonCandidate }),
		},
	}
}

func distil(t testing.TB, s shelf, o Options) []agent.Skill {
	t.Helper()
	out, err := Distil(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDistil(t *testing.T) {
	want := []agent.Skill{
		{State: agent.SkillCandidate, Suite: "house", Category: agent.SkillGeneral, Title: "Go before take", When: "take Y from X",
			Principle: "go to X -> take Y from X", Steps: []string{"go to X", "take Y from X"}, For: []string{"c1", "c2", "p1", "p2"}},
		{State: agent.SkillCandidate, Suite: "house", Category: agent.SkillGeneral, Title: "Go before put", When: "put Y in/on X",
			Principle: "go to X -> put Y in/on X", Steps: []string{"go to X", "put Y in/on X"}, For: []string{"c1", "c2", "p1", "p2"}},
		{State: agent.SkillCandidate, Suite: "house", Category: agent.SkillTask, Kind: "clean", Title: "Take, clean, then put", When: "put a clean A in B",
			Principle: "go to X -> take A from X -> go to sinkbasin -> clean A with sinkbasin -> go to B -> put A in/on B",
			Steps:     []string{"go to X", "take A from X", "go to sinkbasin", "clean A with sinkbasin", "go to B", "put A in/on B"}, For: []string{"c1", "c2"}},
		{State: agent.SkillCandidate, Suite: "house", Category: agent.SkillTask, Kind: "place", Title: "Take, then put", When: "put a A in B",
			Principle: "go to X -> take A from X -> go to B -> put A in/on B",
			Steps:     []string{"go to X", "take A from X", "go to B", "put A in/on B"}, For: []string{"p1", "p2"}},
		{State: agent.SkillCandidate, Suite: "house", Category: agent.SkillMistake, Title: "Avoid looking twice", When: "the A is not in the first place",
			Principle: "look into the next place", Mistake: "looking twice", Cause: agent.CausePolicy,
			For: []string{"f-l1", "f-l2"}, Against: []string{"x"}, Lessons: []string{"l1", "l2"}},
		{State: agent.SkillCandidate, Suite: "house", Category: agent.SkillMistake, Kind: "clean", Title: "Avoid putting it down dirty", When: "the A is not in the first place",
			Principle: "look into the next place", Mistake: "putting it down dirty", Cause: agent.CausePolicy,
			For: []string{"f-l3"}, Lessons: []string{"l3"}},
	}
	got := distil(t, house(), Options{})
	ids := map[string]bool{}
	for i := range got {
		if id := got[i].ID; len(id) != 15 || !strings.HasPrefix(id, "sk-") || ids[id] {
			t.Errorf("ID %q", id)
		}
		ids[got[i].ID] = true
		if n := len(strings.Fields(got[i].Title)); n < 3 || n > 5 {
			t.Errorf("title of %d words: %s", n, got[i].Title)
		}
		got[i].ID = ""
	}
	key := func(a, b agent.Skill) int { return strings.Compare(a.Principle+a.Mistake, b.Principle+b.Mistake) }
	slices.SortFunc(got, key)
	slices.SortFunc(want, key)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			t.Fatalf("%d skills, want %d:\n%+v", len(got), len(want), got)
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("skill\n%+v, want\n%+v", got[i], want[i])
		}
	}
}

func TestDistilIsDeterministic(t *testing.T) {
	s := house()
	want := distil(t, s, Options{})
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		rng.Shuffle(len(s.demos), func(i, j int) { s.demos[i], s.demos[j] = s.demos[j], s.demos[i] })
		rng.Shuffle(len(s.lessons), func(i, j int) { s.lessons[i], s.lessons[j] = s.lessons[j], s.lessons[i] })
		if got := distil(t, s, Options{}); !reflect.DeepEqual(got, want) {
			t.Fatalf("skills\n%+v, want\n%+v", got, want)
		}
	}
}

// TestIDsStay holds that more evidence for a skill does not rename it.
func TestIDsStay(t *testing.T) {
	s := house()
	before := distil(t, s, Options{})
	s.demos = append(s.demos, place("p3", "cup", "desk", "fridge"))
	s.lessons[0].For = append(s.lessons[0].For, "f-9")
	for _, id := range []string{"c7", "c8", "c9"} { // more often said in other words
		d := clean(id, "cup", "desk", "fridge")
		d.Episode.Task.Goal = "wash a cup and put it in the fridge"
		s.demos = append(s.demos, d)
	}
	after := distil(t, s, Options{})
	for _, b := range before {
		if !slices.ContainsFunc(after, func(a agent.Skill) bool { return a.ID == b.ID && len(a.For) >= len(b.For) }) {
			t.Errorf("skill %+v is gone", b)
		}
	}
}

func TestThingsThatAreAlwaysTheSame(t *testing.T) {
	s := shelf{demos: []agent.Demonstration{clean("c1", "mug", "desk", "fridge"), clean("c2", "fork", "drawer", "sinkbasin")}}
	principle := func() string {
		for _, k := range distil(t, s, Options{MinEvidence: 1}) {
			if k.Category == agent.SkillTask && slices.Contains(k.For, "c1") {
				return k.Principle
			}
		}
		return ""
	}
	const fixed = "go to X -> take A from X -> go to sinkbasin -> clean A with sinkbasin -> go to B -> put A in/on B"
	if got := principle(); got != fixed {
		t.Errorf("with a goal that names the sink: %s, want %s", got, fixed)
	}
	odd := demo("c0", "clean", script("put a clean mug in fridge", room, "put mug 1 in/on fridge 1"))
	for len(s.demos) < 9 {
		s.demos = append(s.demos, clean(fmt.Sprint("d", len(s.demos)), "mug", "desk", "fridge"))
	}
	s.demos = append(s.demos, odd)
	if got := principle(); got != fixed {
		t.Errorf("with nine of ten that need the sink: %s, want %s", got, fixed)
	}
	odd.Episode.ID = "c00"
	s.demos = append(s.demos, odd)
	if got, want := principle(), strings.ReplaceAll(fixed, "sinkbasin", "Y"); got != want {
		t.Errorf("with nine of eleven that need the sink: %s, want %s", got, want)
	}
}

func TestRareRunsAreNotGeneral(t *testing.T) {
	s := house()
	for i := range 40 {
		s.demos = append(s.demos, demo(fmt.Sprint("x", i), "other", script("wave", room, "wave")))
	}
	has := func() bool {
		return slices.ContainsFunc(distil(t, s, Options{}), func(k agent.Skill) bool { return k.Category == agent.SkillGeneral })
	}
	if !has() {
		t.Error("nothing of 4 in 44 successes")
	}
	for i := range 40 {
		s.demos = append(s.demos, demo(fmt.Sprint("y", i), "other", script("wave", room, "wave")))
	}
	if has() {
		t.Error("a rule of 4 in 84 successes")
	}
}

// TestFailuresTeachNoSteps holds that the raw trace of a failure reaches no
// skill, by whatever way it comes.
func TestFailuresTeachNoSteps(t *testing.T) {
	failed := place("bad", "bomb", "desk", "fridge")
	failed.Episode.Outcome = agent.Outcome{Cause: agent.CausePolicy}
	s := shelf{demos: []agent.Demonstration{failed, failed}}
	if got := distil(t, s, Options{}); len(got) != 0 {
		t.Errorf("skills of failures: %+v", got)
	}
}

func TestLessonsThatTeachNothing(t *testing.T) {
	for name, change := range map[string]func(*agent.Lesson){
		"retired":        func(l *agent.Lesson) { l.State = agent.LessonRetired },
		"quarantined":    func(l *agent.Lesson) { l.State = agent.LessonQuarantined },
		"of no state":    func(l *agent.Lesson) { l.State = "" },
		"about one task": func(l *agent.Lesson) { l.Task = "t" },
		"of an outage":   func(l *agent.Lesson) { l.Expires = time.Unix(1, 0) },
		"of a success":   func(l *agent.Lesson) { l.Mistake = " " },
		"without a when": func(l *agent.Lesson) { l.Trigger = "" },
	} {
		if got := distil(t, shelf{lessons: []agent.Lesson{lessonAbout("l", "k", "m", change)}}, Options{}); len(got) != 0 {
			t.Errorf("a lesson %s became %+v", name, got)
		}
	}
}

func TestOptions(t *testing.T) {
	s := house()
	s.demos = append(s.demos, demo("c3", "clean", script("put a clean mug in fridge", room, "take mug 1 from bed 1", "rinse mug 1", "put mug 1 in/on fridge 1")))
	count := func(o Options) string {
		n := map[agent.SkillCategory]int{}
		for _, k := range distil(t, s, o) {
			n[k.Category]++
		}
		return fmt.Sprint(n[agent.SkillGeneral], n[agent.SkillTask], n[agent.SkillMistake])
	}
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{}, "2 3 2"},
		{Options{MinEvidence: 2}, "2 2 2"},
		{Options{MinEvidence: 3}, "2 0 2"},
		{Options{MinKinds: 3}, "0 3 2"},
		{Options{MaxGeneral: 1}, "1 3 2"},
		{Options{MaxTask: 1}, "2 2 2"},
		{Options{MaxSteps: 3}, "0 1 2"},
	} {
		if got := count(tt.o); got != tt.want {
			t.Errorf("%+v: %s general, task, mistakes; want %s", tt.o, got, tt.want)
		}
	}
	s.lessons = append(s.lessons, lessonAbout("l4", "clean", "soaking", func(l *agent.Lesson) { l.For = []string{"a", "b"} }))
	for _, k := range distil(t, s, Options{MaxMistakes: 1}) {
		if k.Kind == "clean" && k.Category == agent.SkillMistake && k.Mistake != "soaking" {
			t.Errorf("kept %q, which has less evidence", k.Mistake)
		}
	}
}

func TestDistilErrors(t *testing.T) {
	broken := errors.New("broken")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx  context.Context
		s    shelf
		o    Options
		want string
	}{
		{t.Context(), shelf{err: broken, which: "demonstrations"}, Options{}, "demonstrations: broken"},
		{t.Context(), shelf{err: broken, which: "lessons"}, Options{}, "lessons: broken"},
		{t.Context(), shelf{err: broken, which: "attempts"}, Options{}, "attempts: broken"},
		{t.Context(), shelf{}, Options{MaxTask: -1}, "skills: Options.MaxTask is -1, must not be negative"},
		{ended, house(), Options{}, "context canceled"},
	} {
		if _, err := Distil(tt.ctx, tt.s, tt.o); err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

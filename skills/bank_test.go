package skills

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// cupboard is a Store in memory.
type cupboard struct {
	skills map[string]agent.Skill
	writes int
}

func (c *cupboard) Skills(context.Context) ([]agent.Skill, error) {
	var out []agent.Skill
	for _, s := range c.skills {
		out = append(out, clone(s))
	}
	return out, nil
}

func (c *cupboard) KeepSkills(_ context.Context, changed []agent.Skill, _ string) error {
	for _, s := range changed {
		if s.Version != c.skills[s.ID].Version {
			return fmt.Errorf("skill %s: version %d over %d", s.ID, s.Version, c.skills[s.ID].Version)
		}
	}
	for _, s := range changed {
		s.Version++
		c.skills[s.ID] = clone(s)
	}
	c.writes++
	return nil
}

// exam is an Examiner with 100 tasks, of which half are solved without skills: one
// skill recalled solves as many more or fewer, of 20, as worth says of its text.
type exam struct {
	worth    func(text string) int
	recalled func(s agent.Skill, task int) bool // nil: always
	held     map[string]bool                    // episodes
	asked    int                                // for contexts
	played   []int                              // tasks
}

const examTasks = 100

func (e *exam) HeldOut(_ context.Context, episode string) (bool, error) { return e.held[episode], nil }

func (e *exam) Contexts(_ context.Context, skills []agent.Skill) ([]agent.Context, error) {
	e.asked++
	out := make([]agent.Context, examTasks)
	for i := range out {
		for _, s := range skills {
			if e.recalled == nil || e.recalled(s, i) {
				out[i].Items = append(out[i].Items, agent.Item{ID: s.ID, Kind: agent.KindSkill, Text: s.Text()})
			}
		}
	}
	return out, nil
}

func (e *exam) Play(_ context.Context, task int, c agent.Context) (bool, error) {
	e.played = append(e.played, task)
	can := 10
	for _, it := range c.Items {
		can += e.worth(it.Text)
	}
	return task*7%20 < can, nil
}

func nothing(string) int { return 0 }

// bySum gives each text a worth from -2 to 2.
func bySum(text string) int {
	h := fnv.New32a()
	h.Write([]byte(text))
	return int(h.Sum32()%5) - 2
}

// experienced is a random source of n successes and lessons, and of an attempt
// for each in which a task of some kind fails.
func experienced(r *rand.Rand, n int) shelf {
	objects, places := []string{"mug", "pen", "fork", "cup"}, []string{"desk", "shelf", "drawer", "bed"}
	var s shelf
	for i := range n {
		id := fmt.Sprint("e", i)
		s.attempts = append(s.attempts, Attempt{id, agent.Task{Suite: "house", Kind: []string{"place", "clean", "heat"}[i%3]}, false})
		o, from, to := objects[r.IntN(4)], places[r.IntN(2)], places[2+r.IntN(2)]
		switch r.IntN(3) {
		case 0:
			s.demos = append(s.demos, place(id, o, from, to))
		case 1:
			s.demos = append(s.demos, clean(id, o, from, to))
		default:
			l := lessonAbout("l"+id, []string{"place", "clean", "heat"}[r.IntN(3)], fmt.Sprint("doing thing ", r.IntN(12)))
			for k := range 1 + r.IntN(4) {
				l.For = append(l.For, fmt.Sprint(id, "-", k))
			}
			if r.IntN(3) == 0 {
				l.Against = []string{id + "-x", id + "-y", id + "-z"}
			}
			s.lessons = append(s.lessons, l)
		}
	}
	return s
}

// tried are n attempts at a task, of which some are solved.
func tried(kind string, solved, n int) []Attempt {
	var out []Attempt
	for i := range n {
		out = append(out, Attempt{fmt.Sprint(kind, i), agent.Task{Suite: "house", Kind: kind}, i < solved})
	}
	return out
}

func newTestBank(t testing.TB, rules Rules) (*Bank, *cupboard) {
	t.Helper()
	c := &cupboard{skills: map[string]agent.Skill{}}
	b, err := NewBank(c, rules)
	if err != nil {
		t.Fatal(err)
	}
	return b, c
}

func evolve(t testing.TB, b *Bank, r Round) Report {
	t.Helper()
	report, err := b.Evolve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestBankHoldsItsRules lets banks live through random experience, with every
// fault that the published system has: what is active stays within its bounds,
// what is pinned stays, nothing rests on a held-out episode or on less than its
// support, nothing that lowers the held-out score gets in, and nothing is lost.
func TestBankHoldsItsRules(t *testing.T) {
	rules := DefaultRules()
	rules.MaxGeneral, rules.MaxTask, rules.MaxMistakes = 1, 1, 2
	seen := map[string]int{}
	for range 25 {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 7))
		b, c := newTestBank(t, rules)
		pinned := agent.Skill{ID: "sk-pinned", Suite: "house", Category: agent.SkillTask, Kind: "place", When: "put a A", Principle: "by hand", State: agent.SkillQuarantined, Origin: "elsewhere"}
		if _, err := b.Decide(t.Context(), pinned, agent.SkillActive, "ann"); err != nil {
			t.Fatal(err)
		}
		x := &exam{worth: bySum, held: map[string]bool{}}
		for i := range 200 {
			x.held[fmt.Sprint("e", i)] = r.IntN(12) == 0
		}
		known := map[string]bool{}
		for round := range 8 {
			var harmful []string
			for _, id := range sortedKeys(c.skills) { // in order, or the seed does not say what happened
				if r.IntN(20) == 0 {
					harmful = append(harmful, id)
				}
			}
			src := experienced(r, 20+20*round)
			if round%2 == 0 { // what rests on held-out episodes is left out, as a caller does
				src.demos = slices.DeleteFunc(src.demos, func(d agent.Demonstration) bool { return x.held[d.Episode.ID] })
			}
			before, _ := c.Skills(t.Context())
			report := evolve(t, b, Round{Source: src, Examiner: x, Harmful: harmful})
			active := map[group]int{}
			for _, s := range c.skills {
				if s.State == agent.SkillActive && s.Pinned == "" {
					active[groupOf(s)]++
				}
			}
			for g, n := range active {
				if n > rules.bound(g) {
					t.Errorf("seed %d round %d: %d active skills of %+v", seed, round, n, g)
				}
			}
			if s := c.skills["sk-pinned"]; s.State != agent.SkillActive || s.Version != 1 {
				t.Errorf("seed %d: what is pinned became %+v", seed, s)
			}
			for id := range known {
				if _, ok := c.skills[id]; !ok {
					t.Errorf("seed %d: skill %s is lost", seed, id)
				}
			}
			for id := range c.skills {
				known[id] = true
			}
			for _, ch := range report.Changes {
				seen[ch.What]++
				if ch.What != Admitted {
					continue
				}
				s := ch.Skill
				if support(s) < rules.Support || s.Admitted.With < s.Admitted.Without || s.Admitted.N == 0 && !inPlace(report.Changes, s) {
					t.Errorf("seed %d: admitted %+v", seed, s)
				}
				for _, id := range s.For {
					if x.held[id] {
						t.Errorf("seed %d: skill %s rests on the held-out episode %s", seed, s.ID, id)
					}
				}
				if old, ok := byID(before, s.ID); ok && old.State == agent.SkillActive {
					t.Errorf("seed %d: skill %s was active before", seed, s.ID)
				}
			}
		}
	}
	for _, what := range []string{Admitted, Refused, Displaced, Demoted, Supported} {
		if seen[what] == 0 {
			t.Errorf("nothing was %s: %v", what, seen)
		}
	}
	t.Log(seen)
}

// inPlace reports whether s displaced one with the same words: nothing changes then.
func inPlace(changes []Change, s agent.Skill) bool {
	return slices.ContainsFunc(changes, func(c Change) bool {
		return c.What == Displaced && c.Skill.Reason == "displaced by "+s.ID && c.Skill.Text() == s.Text()
	})
}

// TestEvolveIsDeterministic: the same experience in another order gives the same
// bank.
func TestEvolveIsDeterministic(t *testing.T) {
	src := experienced(rand.New(rand.NewPCG(1, 2)), 80)
	var want string
	for i := range 5 {
		b, c := newTestBank(t, DefaultRules())
		evolve(t, b, Round{Source: src, Examiner: &exam{worth: bySum}})
		var got strings.Builder
		for _, id := range sortedKeys(c.skills) {
			fmt.Fprintf(&got, "%+v\n", c.skills[id])
		}
		if i == 0 {
			want = got.String()
		} else if got.String() != want {
			t.Fatalf("bank\n%s\nwant\n%s", got.String(), want)
		}
		rand.Shuffle(len(src.demos), func(i, j int) { src.demos[i], src.demos[j] = src.demos[j], src.demos[i] })
		rand.Shuffle(len(src.lessons), func(i, j int) { src.lessons[i], src.lessons[j] = src.lessons[j], src.lessons[i] })
	}
	if want == "" {
		t.Error("the bank is empty")
	}
}

// TestEvolveOnlyWhenDueAndWhereOpen holds that rounds are numbered and due by what
// the bank keeps, and that categories are open by the episodes since the last.
func TestEvolveOnlyWhenDueAndWhereOpen(t *testing.T) {
	src := experienced(rand.New(rand.NewPCG(3, 4)), 120)
	src.attempts = nil
	b, c := newTestBank(t, DefaultRules())
	x := &exam{worth: nothing, held: map[string]bool{}}
	round := func(more ...Attempt) Report {
		for i := range more {
			more[i].Episode = fmt.Sprint("a", len(src.attempts))
			src.attempts = append(src.attempts, more[i])
		}
		return evolve(t, b, Round{Source: src, Examiner: x})
	}
	if r := round(tried("clean", 12, 19)...); r.Due || r.Round != 1 || r.Episodes != 19 || c.writes != 0 || x.asked != 0 {
		t.Errorf("19 episodes of 20: %+v", r)
	}
	// In the first round all are open, but for what was held out.
	x.held["a19"], x.held["a20"] = true, true
	r := round(append(tried("held", 0, 2), tried("place", 5, 5)...)...)
	if want := []Rate{{"house", "clean", 12, 19}, {"house", "place", 5, 5}}; !r.Due || r.Round != 1 || !slices.Equal(r.Open, want) || c.writes != 1 || len(c.skills) != 3 {
		t.Errorf("first round: %+v, %d skills", r, len(c.skills))
	}
	for _, s := range c.skills {
		if s.Round != (agent.SkillRound{Number: 1, Episodes: 26}) {
			t.Errorf("skill of the first round: %+v", s.Round)
		}
	}
	if r := round(tried("clean", 0, 19)...); r.Due || r.Round != 2 || r.Episodes != 19 || c.writes != 1 {
		t.Errorf("19 episodes later: %+v", r)
	}
	// Now only clean goes badly, of late, and gets skills.
	r = round(tried("place", 2, 5)...)
	if want := []Rate{{"house", "clean", 0, 19}}; !r.Due || r.Round != 2 || r.Episodes != 24 || !slices.Equal(r.Open, want) {
		t.Errorf("second round: %+v", r)
	}
	admitted := 0
	for _, ch := range r.Changes {
		if ch.Skill.Kind != "clean" && ch.Skill.Kind != "" {
			t.Errorf("%s %s of %s, which is not open", ch.What, ch.Skill.ID, ch.Skill.Kind)
		}
		if ch.What == Admitted {
			admitted++
		}
	}
	if admitted != 3 {
		t.Errorf("%d admitted: %+v", admitted, r.Changes)
	}
	// What is taken back did not happen.
	for id, s := range c.skills {
		if s.Round.Number == 2 {
			delete(c.skills, id)
		}
	}
	if r = round(); r.Round != 2 || r.Episodes != 24 {
		t.Errorf("round after a rollback: %+v", r)
	}
	// All goes well: no candidate stands at the gate, and nothing is written.
	writes := c.writes
	if r = round(tried("clean", 8, 20)...); !r.Due || len(r.Open) != 0 || len(r.Changes) != 0 || r.Played != 0 || c.writes != writes {
		t.Errorf("round in which all goes well: %+v", r)
	}
	if r = round(); r.Round != 3 || r.Episodes != 20 {
		t.Errorf("after a round that changed nothing: %+v", r)
	}
}

// TestEvolveReadsNoMoreThanItNeeds holds that a round which is not due is told
// from the attempts alone: a memory may hold many demonstrations.
func TestEvolveReadsNoMoreThanItNeeds(t *testing.T) {
	for _, which := range []string{"demonstrations", "lessons"} {
		src := shelf{attempts: tried("clean", 0, 19), err: errors.New("was read"), which: which}
		b, _ := newTestBank(t, DefaultRules())
		if r := evolve(t, b, Round{Source: src, Examiner: &exam{worth: nothing}}); r.Due || r.Episodes != 19 {
			t.Errorf("19 episodes of 20: %+v", r)
		}
		src.attempts = tried("clean", 0, 20)
		if _, err := b.Evolve(t.Context(), Round{Source: src, Examiner: &exam{worth: nothing}}); !errors.Is(err, src.err) {
			t.Errorf("due, and %s cannot be read: %v", which, err)
		}
	}
}

// TestRefusedStandsAgainWithTwiceTheEvidence holds that a skill which lowers the
// score is kept on record, is not examined round after round, and gets another
// chance.
func TestRefusedStandsAgainWithTwiceTheEvidence(t *testing.T) {
	source := func(n int) shelf {
		l := lessonAbout("l", "clean", "looking twice")
		for i := range n {
			l.For = append(l.For, fmt.Sprint("f", i))
		}
		return shelf{lessons: []agent.Lesson{l}, attempts: tried("clean", 0, 30*n)}
	}
	rules := DefaultRules()
	b, c := newTestBank(t, rules)
	x := &exam{worth: func(string) int { return -1 }}
	round := func(n int) []Change {
		return evolve(t, b, Round{Source: source(n), Examiner: x}).Changes
	}
	if got := round(1); len(got) != 0 || x.asked != 0 {
		t.Errorf("two episodes of the three that it needs: %+v", got)
	}
	if got := round(3); len(got) != 1 || got[0].What != Refused || x.asked != 2 {
		t.Errorf("four episodes: %+v, asked %d times", got, x.asked)
	}
	if got := round(6); len(got) != 0 || x.asked != 2 {
		t.Errorf("seven episodes: %+v", got)
	}
	x.worth = nothing
	if got := round(7); len(got) != 1 || got[0].What != Admitted || got[0].Skill.Version != 1 {
		t.Errorf("eight episodes: %+v", got)
	}
	for _, s := range c.skills {
		if s.State != agent.SkillActive || s.Version != 2 {
			t.Errorf("%+v", s)
		}
	}
}

// TestPassedStandsAgain holds that a skill which passed once is not lost for what
// became of it later: it comes back when there is room, or when it has its
// support again, but not if it was measured to harm.
func TestPassedStandsAgain(t *testing.T) {
	rules := DefaultRules()
	rules.Every, rules.MaxMistakes = 0, 1
	b, c := newTestBank(t, rules)
	rounds := 0
	round := func(weak, strong, against int, harmful []string) {
		of := func(id, mistake string, n int) agent.Lesson {
			l := lessonAbout(id, "clean", mistake)
			for i := range n {
				l.For = append(l.For, fmt.Sprint(id, "+", i))
			}
			return l
		}
		lessons := []agent.Lesson{of("weak", "waiting for a very long time", weak), of("strong", "breaking what is made of glass", strong)}
		for i := range against {
			lessons[1].Against = append(lessons[1].Against, fmt.Sprint("strong-", i))
		}
		rounds++
		evolve(t, b, Round{Source: shelf{lessons: lessons, attempts: tried("clean", 0, rounds)}, Examiner: &exam{worth: nothing}, Harmful: harmful})
	}
	active := func() string {
		for _, s := range c.skills {
			if s.State == agent.SkillActive {
				return s.Mistake
			}
		}
		return ""
	}
	const weak, strong = "waiting", "breaking"
	for _, step := range []struct {
		what                  string
		weak, strong, against int
		harmful, by, want     string // the last two: whom a person retires before, and what is active then
	}{
		{"the weak one alone", 4, 0, 0, "", "", weak},
		{"a stronger one comes", 4, 6, 0, "", "", strong},
		{"the other is weaker still", 5, 6, 0, "", "", strong},
		{"and becomes the better", 8, 6, 0, "", "", weak},
		{"and a person retires it", 8, 6, 0, "", weak, strong},
		{"which is contradicted", 8, 6, 6, "", "", ""},
		{"and has its support again", 8, 12, 6, "", "", strong},
		{"and harms", 8, 12, 6, strong, "", ""},
		{"whatever the evidence", 8, 60, 6, "", "", ""},
	} {
		var harmful []string
		for id, s := range c.skills {
			if step.by != "" && strings.HasPrefix(s.Mistake, step.by) {
				if _, err := b.Decide(t.Context(), s, agent.SkillRetired, "ann"); err != nil {
					t.Fatal(err)
				}
			}
			if step.harmful != "" && strings.HasPrefix(s.Mistake, step.harmful) {
				harmful = append(harmful, id)
			}
		}
		round(step.weak, step.strong, step.against, harmful)
		if got := active(); !strings.HasPrefix(got, step.want) || (got == "") != (step.want == "") {
			t.Errorf("%s: active is %q, want %q", step.what, got, step.want)
		}
	}
}

// TestMergeAndSplit: what says the same becomes one with all the evidence, and a
// mistake that is none in one kind is told of the others only.
func TestMergeAndSplit(t *testing.T) {
	about := func(id, kind, mistake string, against int) agent.Lesson {
		l := lessonAbout(id, kind, mistake)
		for i := range 4 {
			l.For = append(l.For, fmt.Sprint(id, "+", i))
		}
		for i := range against {
			l.Against = append(l.Against, fmt.Sprint(id, "-", i))
		}
		return l
	}
	rules := DefaultRules()
	rules.Every = 0
	b, c := newTestBank(t, rules)
	x := &exam{worth: nothing}
	round := func(lessons ...agent.Lesson) []Change {
		return evolve(t, b, Round{Source: shelf{lessons: lessons, attempts: tried("clean", 0, 1)}, Examiner: x}).Changes
	}
	round(about("l1", "clean", "looking twice at the very same old place", 0), about("l2", "clean", "looking twice at the very same old good place", 0))
	var active, merged []agent.Skill
	for _, s := range c.skills {
		if s.State == agent.SkillActive {
			active = append(active, s)
		} else {
			merged = append(merged, s)
		}
	}
	if len(active) != 1 || len(active[0].For) != 10 || len(merged) != 1 || !slices.Equal(active[0].Parents, []string{merged[0].ID}) || merged[0].Reason != "merged into "+active[0].ID {
		t.Errorf("active %+v, merged %+v", active, merged)
	}

	b, c = newTestBank(t, rules)
	round(about("l1", "clean", "waiting", 0), about("l2", "heat", "waiting", 0), about("l3", "place", "waiting", 0))
	got := round(about("l1", "clean", "waiting", 0), about("l2", "heat", "waiting", 0), about("l3", "place", "waiting", 6))
	kinds := map[string]bool{}
	for _, s := range c.skills {
		if s.State == agent.SkillActive {
			kinds[s.Kind] = true
			if len(s.Parents) != 1 || len(s.For) != 5 || !strings.HasPrefix(s.Text(), "When ") {
				t.Errorf("%+v", s)
			}
		}
	}
	if len(kinds) != 2 || !kinds["clean"] || !kinds["heat"] {
		t.Errorf("active in kinds %v after %+v", kinds, got)
	}
}

// TestSameSkill holds that skills whose steps differ in the names of variables only
// say the same, and those that differ in which thing is meant where do not.
func TestSameSkill(t *testing.T) {
	steps := func(plan ...string) agent.Skill { return agent.Skill{Category: agent.SkillTask, Steps: plan} }
	for _, tt := range []struct {
		a, b agent.Skill
		want bool
	}{
		{steps("go to X", "take A from X"), steps("go to Y2", "take A from Y2"), true},
		{steps("take A from X", "put A in Y"), steps("take A from Y", "put A in X"), true},
		{steps("take A from X", "put A in Y"), steps("take A from X", "put A in X"), false},
		{steps("take A from X", "put A in X"), steps("take A from X", "put A in Y"), false},
		{steps("take X from Y"), steps("take A from Y"), false},
		{steps("go to X"), steps("go to X", "take A from X"), false},
	} {
		if got := sameSkill(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q: the same is %v, want %v", tt.a.Steps, tt.b.Steps, got, tt.want)
		}
	}
}

// TestPartsOfASplitLearn holds that evidence which comes after a split counts for
// the parts: for one, against one, and for one that is new.
func TestPartsOfASplitLearn(t *testing.T) {
	rules := DefaultRules()
	rules.Every = 1
	b, c := newTestBank(t, rules)
	type evidence struct{ failures, successes int }
	var attempts []Attempt
	round := func(kinds map[string]evidence) map[string]agent.Skill {
		t.Helper()
		var s shelf
		for _, kind := range sortedKeys(kinds) {
			l := lessonAbout("l-"+kind, kind, "waiting", func(l *agent.Lesson) { l.For = nil })
			for i := range kinds[kind].failures {
				l.For = append(l.For, fmt.Sprint(kind, "+", i))
			}
			for i := range kinds[kind].successes {
				l.Against = append(l.Against, fmt.Sprint(kind, "-", i))
			}
			s.lessons = append(s.lessons, l)
		}
		for _, kind := range sortedKeys(kinds) {
			attempts = append(attempts, tried(kind, 0, 1)...)
		}
		s.attempts = attempts
		evolve(t, b, Round{Source: s, Examiner: &exam{worth: nothing}})
		active := map[string]agent.Skill{}
		for _, k := range c.skills {
			if k.State == agent.SkillActive {
				active[k.Kind] = k
			}
		}
		return active
	}
	expect := func(when string, active map[string]agent.Skill, want ...string) {
		t.Helper()
		var got []string
		for _, kind := range sortedKeys(active) {
			k := active[kind]
			got = append(got, fmt.Sprintf("%s %d-%d", kind, len(k.For), len(k.Against)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: active %q, want %q", when, got, want)
		}
	}
	expect("first", round(map[string]evidence{"clean": {4, 0}, "heat": {5, 1}, "place": {4, 0}}), " 13-1")
	expect("contradicted in place", round(map[string]evidence{"clean": {4, 0}, "heat": {5, 1}, "place": {4, 6}}), "clean 4-0", "heat 5-1")
	expect("later failures in clean", round(map[string]evidence{"clean": {6, 0}, "heat": {5, 1}, "place": {4, 6}}), "clean 6-0", "heat 5-1")
	expect("later successes in heat", round(map[string]evidence{"clean": {6, 0}, "heat": {5, 4}, "place": {4, 6}}), "clean 6-0")
	expect("a new category", round(map[string]evidence{"clean": {6, 0}, "cool": {3, 0}, "heat": {5, 4}, "place": {4, 6}}), "clean 6-0", "cool 3-0")
	expect("more failures everywhere, and heat has its support again",
		round(map[string]evidence{"clean": {7, 0}, "cool": {4, 0}, "heat": {9, 4}, "place": {9, 6}}), "clean 7-0", "cool 4-0", "heat 9-4", "place 9-6")
	for id, k := range c.skills {
		if k.Kind != "" && (len(k.Parents) != 1 || c.skills[k.Parents[0]].Kind != "") {
			t.Errorf("part %s has the parents %v", id, k.Parents)
		}
	}
}

// TestEvidenceOfMergedSkillsStays holds that a skill keeps the evidence of those merged
// into it, and of those merged into these, round after round.
func TestEvidenceOfMergedSkillsStays(t *testing.T) {
	rules := DefaultRules()
	rules.Every = 0
	b, c := newTestBank(t, rules)
	var s shelf
	const mistake = "looking twice at the very same old cold wet place"
	for i, words := range []string{"", " again", " again soon"} {
		s.lessons = append(s.lessons, lessonAbout(fmt.Sprint("l", i), "clean", mistake+words, func(l *agent.Lesson) {
			l.For = nil
			for k := range []int{3, 4, 12}[i] {
				l.For = append(l.For, fmt.Sprint("e", i, "-", k))
			}
		}))
		for range 2 {
			s.attempts = append(s.attempts, tried("clean", 0, 1)...)
			evolve(t, b, Round{Source: s, Examiner: &exam{worth: nothing}})
		}
		var active []agent.Skill
		for _, k := range c.skills {
			if k.State == agent.SkillActive {
				active = append(active, k)
			}
		}
		if want := []int{3, 3 + 4, 3 + 4 + 12}[i]; len(active) != 1 || len(active[0].For) != want {
			t.Errorf("after lesson %d: %d active, want one for which %d speak: %+v", i, len(active), want, active)
		}
	}
}

// TestEvidenceOfWeakSkillsCounts holds that a skill's evidence is brought up to
// date though more others than there is room for have more.
func TestEvidenceOfWeakSkillsCounts(t *testing.T) {
	rules := DefaultRules()
	rules.Every = 0
	b, c := newTestBank(t, rules)
	s := shelf{attempts: tried("clean", 0, 1)}
	about := func(mistake string, episodes int) {
		s.lessons = append(s.lessons, lessonAbout("l-"+mistake, "clean", mistake, func(l *agent.Lesson) {
			for i := range episodes {
				l.For = append(l.For, fmt.Sprint(mistake, i))
			}
		}))
	}
	about("waiting", 3)
	evolve(t, b, Round{Source: s, Examiner: &exam{worth: nothing}})
	s.lessons = nil
	about("waiting", 4)
	for i := range rules.MaxMistakes + 1 {
		about(fmt.Sprint("mistake ", i), 9)
	}
	evolve(t, b, Round{Source: s, Examiner: &exam{worth: nothing}})
	for _, k := range c.skills {
		if k.Mistake == "waiting" && len(k.For) == 5 {
			return
		}
	}
	t.Errorf("%+v", c.skills)
}

func TestDecide(t *testing.T) {
	b, c := newTestBank(t, DefaultRules())
	s := agent.Skill{ID: "sk-a", Suite: "house", Category: agent.SkillGeneral, State: agent.SkillCandidate}
	if _, err := b.Decide(t.Context(), s, agent.SkillActive, " "); !errors.Is(err, ErrNoName) {
		t.Errorf("without a name: %v", err)
	}
	if _, err := b.Decide(t.Context(), s, agent.SkillCandidate, "ann"); err == nil {
		t.Error("made a candidate by hand")
	}
	s, err := b.Decide(t.Context(), s, agent.SkillActive, "ann\n")
	if err != nil || s.Version != 1 || s.Pinned != "ann" {
		t.Fatalf("%+v, %v", s, err)
	}
	evolve(t, b, Round{Source: shelf{attempts: tried("clean", 0, 20)}, Examiner: &exam{worth: nothing}, Harmful: []string{"sk-a"}})
	if c.skills["sk-a"].State != agent.SkillActive {
		t.Error("evidence moved what is pinned")
	}
	if s, err = b.Decide(t.Context(), s, agent.SkillRetired, "bob"); err != nil || c.skills["sk-a"].State != agent.SkillRetired || s.Version != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestRulesAreValidated(t *testing.T) {
	for name, change := range map[string]func(*Rules){
		"Support": func(r *Rules) { r.Support = 0 }, "MaxGeneral": func(r *Rules) { r.MaxGeneral = -1 }, "MaxTask": func(r *Rules) { r.MaxTask = -1 },
		"MaxMistakes": func(r *Rules) { r.MaxMistakes = -1 }, "MaxNew": func(r *Rules) { r.MaxNew = 0 }, "Lead": func(r *Rules) { r.Lead = 0 }, "Every": func(r *Rules) { r.Every = -1 },
		"Threshold": func(r *Rules) { r.Threshold = 1.5 },
	} {
		r := DefaultRules()
		change(&r)
		if _, err := NewBank(&cupboard{}, r); err == nil || !strings.Contains(err.Error(), "Rules."+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

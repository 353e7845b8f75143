package skills

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/importer/importertest"
)

func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		want    string
		actions []string
	}{
		{"take put", []string{"go to desk 1", "take mug 2 from desk 1", "go to fridge 1", "open fridge 1", "put mug 2 in/on fridge 1"}},
		{"take clean put", []string{"take mug 2 from desk 1", "go to sinkbasin 1", "clean mug 2 with sinkbasin 1", "put mug 2 in/on fridge 1"}},
		{"take put again", []string{"take mug 1 from desk 1", "put mug 1 in/on bed 1", "take mug 2 from desk 2", "put mug 2 in/on bed 1"}},
		{"take put again", []string{"take mug 1 from desk 1", "put mug 1 in/on bed 1", "take mug 2 from desk 2", "put mug 2 in/on bed 1", "take mug 3 from desk 2", "put mug 3 in/on bed 1"}},
		{"take use", []string{"go to desk 1", "take mug 1 from desk 1", "use desklamp 1"}},
		{"push", []string{"push"}},
		{"update_user cancel_order again", []string{
			`get_user {"id": "u1"}`, `update_user {"id": "u1"}`, `cancel_order {"order": "w1"}`, `cancel_order {"order": "w2"}`, "Your orders are cancelled!",
		}},
		{"get_order", []string{`get_user {"id": "u1"}`, `get_order {"id": "w1"}`, "Your order w1 will be with you on Monday, as you wished, if nothing else happens until then"}},
		{"click again", []string{"search[red shoes]", "click[b07]", "click[buy now]"}},
		{"up open", []string{"up", "open door 2"}},
		{"take", []string{"take lamp 1 from table 1", "I have put the lamp away", "Your lamp is safe now, and the table is free for whatever you want"}},
		{"", []string{"Is there anything else?"}},
	} {
		var es []event
		for _, a := range tt.actions {
			es = append(es, event{action: a, names: names(a)})
		}
		if got := pattern(es); got != tt.want {
			t.Errorf("%q: pattern %q, want %q", tt.actions, got, tt.want)
		}
	}
}

// TestTalkIsNoStep holds that what was said is no step of a plan, but where the
// world lists it among its actions.
func TestTalkIsNoStep(t *testing.T) {
	const said = "Is it the lamp 1 you want?"
	for _, tt := range []struct {
		want    string
		listed  bool
		actions []string
	}{
		{"take lamp 1", false, []string{said, "take lamp 1"}},
		{said + "; take lamp 1", true, []string{said, "take lamp 1"}},
		{"", false, []string{said}},
	} {
		e := agent.Episode{Task: agent.Task{Goal: "fetch the lamp"}, Outcome: agent.Outcome{Success: true}}
		for i, a := range tt.actions {
			s := agent.Step{Observation: agent.Observation{Text: fmt.Sprint("It is ", i, " o'clock.")}, Action: agent.Action(a)}
			if tt.listed {
				s.Observation.Admissible = []agent.Action{s.Action}
			}
			e.Steps = append(e.Steps, s)
		}
		p, _ := newPlan(e)
		var got []string
		for _, v := range p.chain {
			got = append(got, v.action)
		}
		if strings.Join(got, "; ") != tt.want {
			t.Errorf("%q: plan %q, want %s", tt.actions, got, tt.want)
		}
	}
}

func TestFolded(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "a b": "a b", "a a": "a again", "a a a": "a again", "a b a b": "a b again", "a b a b a": "a b again a",
		"c a b a b a b d": "c a b again d", "a a b a a b": "a again b again", "a b b a b b": "a b again again",
	} {
		if got := strings.Join(folded(strings.Fields(in)), " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// nameless are successes without a kind, of three sorts.
func nameless() []agent.Episode {
	var out []agent.Episode
	for _, d := range []agent.Demonstration{
		place("p1", "mug", "desk", "fridge"), place("p2", "pen", "shelf", "drawer"), place("p3", "cup", "bed", "desk"),
		clean("c1", "mug", "desk", "fridge"), clean("c2", "fork", "drawer", "shelf"),
	} {
		d.Episode.Task.Kind = ""
		out = append(out, d.Episode)
	}
	return out
}

func TestCategories(t *testing.T) {
	odd := clean("odd", "mug", "desk", "fridge").Episode // cleaned though nobody asked for it
	odd.Task.Kind, odd.Task.Goal = "", "put a mug in fridge"
	hinted := clean("k", "mug", "desk", "fridge").Episode
	hinted.Task.Kind = "washing"
	stranger := clean("s", "mug", "desk", "fridge").Episode
	stranger.Task.Kind, stranger.Task.Suite = "", "another"
	for _, tt := range []struct {
		name, goal, want string
		more             []agent.Episode
	}{
		{"of a known goal", "put a pen in fridge", "take-put", nil},
		{"of another plan", "put a clean mug in shelf", "take-clean-put", nil},
		{"one odd plan among others", "put a mug in fridge", "take-put", []agent.Episode{odd}},
		{"in nearly the same words", "Put some clean forks in a drawer.", "take-clean-put", nil},
		{"in the words of the plan only", "clean the fork", "take-clean-put", nil},
		{"of a thing nobody saw", "put a clean dax in fridge", "take-clean-put", nil},
		{"of its own", "heat an egg", "heat-egg", nil},
		{"of its own, whatever differs", "water plant 4 with 2 l", "water-l", nil},
		{"of its own, in many words", "Tell me who wrote the first book about whales.", "tell-who-wrote-first-book-etc", nil},
		{"without words", "7 12", "other", nil},
		{"with a name by a stated kind", "put a clean mug in shelf", "washing", []agent.Episode{hinted}},
		{"another suite", "put a pen in fridge", "take-put", []agent.Episode{stranger}},
	} {
		got := Discover(append(nameless(), tt.more...)).Of(agent.Task{Suite: "house", Goal: tt.goal})
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := Discover(nil).Of(agent.Task{Goal: "open the door"}); got != "open-door" {
		t.Errorf("of nothing: %s", got)
	}
	if got := Discover(nameless()).Of(agent.Task{Suite: "house", Kind: "stated", Goal: "put a mug in fridge"}); got != "stated" {
		t.Errorf("a stated kind became %s", got)
	}
}

// TestSkillsWithoutKinds holds that tasks without a kind have skills of their
// categories, general ones, and mistakes where they were made.
func TestSkillsWithoutKinds(t *testing.T) {
	var s shelf
	for _, e := range nameless() {
		s.demos = append(s.demos, agent.Demonstration{Episode: e})
		s.attempts = append(s.attempts, Attempt{e.ID, e.Task, true})
	}
	failed := func(id, goal string) {
		s.attempts = append(s.attempts, Attempt{id, agent.Task{Suite: "house", Goal: goal}, false})
	}
	failed("f1", "put a clean cup in desk")
	failed("f2", "put a cup in desk")
	about := func(id, mistake string, episodes ...string) {
		s.lessons = append(s.lessons, lessonAbout(id, "", mistake, func(l *agent.Lesson) { l.For = episodes }))
	}
	about("l1", "putting it down dirty", "f1")
	about("l2", "looking twice", "f1", "f2")
	about("l3", "waiting", "unknown")
	got := map[string]bool{}
	for _, k := range distil(t, s, Options{}) {
		got[fmt.Sprint(k.Category, " ", k.Kind, " ", k.Mistake)] = true
	}
	want := []string{"general  ", "mistake  looking twice", "mistake  waiting", "mistake take-clean-put putting it down dirty", "task take-clean-put ", "task take-put "}
	if have := slices.Sorted(maps.Keys(got)); !slices.Equal(have, want) {
		t.Errorf("skills\n%q, want\n%q", have, want)
	}
}

// alfworld are all of KnowAgent's episodes by whether they were won.
func alfworld(t *testing.T) (won, lost []agent.Episode) {
	t.Helper()
	for _, name := range []string{"D0", "D1"} {
		for _, e := range importertest.Episodes(t, "knowagent_alfworld_llama2-13b_"+name+".jsonl.gz") {
			if e.Outcome.Success {
				won = append(won, e)
			} else {
				lost = append(lost, e)
			}
		}
	}
	return won, lost
}

func withoutKinds(es []agent.Episode) []agent.Episode {
	es = slices.Clone(es)
	for i := range es {
		es[i].Task.Kind = ""
	}
	return es
}

// purity is the share of episodes whose kind is the most frequent of their
// category, and how many categories there are.
func purity(c *Categories, es []agent.Episode) (share float64, categories int) {
	kinds := tally{}
	for _, e := range es {
		kind := e.Task.Kind
		e.Task.Kind = ""
		kinds.add(c.Of(e.Task), kind)
	}
	pure := 0
	for _, of := range kinds {
		pure += of[mostFrequent(of)]
	}
	return float64(pure) / float64(len(es)), len(kinds)
}

// TestCategoriesOfALFWorld discovers the kinds of ALFWorld's tasks from what a
// language model won, and from few of these: those of lost episodes, too.
func TestCategoriesOfALFWorld(t *testing.T) {
	won, lost := alfworld(t)
	all := Discover(withoutKinds(won))
	if p, n := purity(all, slices.Concat(won, lost)); !(p >= 0.99) || n < 6 || n > 7 {
		t.Errorf("of all: purity %.3f in %d categories", p, n)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for range 5 {
		r.Shuffle(len(won), func(i, j int) { won[i], won[j] = won[j], won[i] })
		again := Discover(withoutKinds(won))
		half := Discover(withoutKinds(won[:len(won)/2]))
		stayed := 0
		for _, e := range withoutKinds(slices.Concat(won, lost)) {
			c := all.Of(e.Task)
			if got := again.Of(e.Task); got != c {
				t.Fatalf("seed %d: %s: %s in one order, %s in another", seed, e.Task.Goal, c, got)
			}
			if half.Of(e.Task) == c {
				stayed++
			}
		}
		if n := len(won) + len(lost); stayed < n*95/100 {
			t.Errorf("seed %d: %d of %d tasks keep their category as successes come in", seed, stayed, n)
		}
		few := Discover(withoutKinds(won[:40]))
		p, n := purity(few, slices.Concat(won[40:], lost))
		if !(p >= 0.95) || n > 20 {
			t.Errorf("seed %d: of 40: purity %.3f in %d categories", seed, p, n)
		}
	}
}

// TestCategoriesOfTauBench discovers what is asked of an airline's agent.
func TestCategoriesOfTauBench(t *testing.T) {
	var won []agent.Episode
	for i, e := range importertest.Episodes(t, "gpt-4o-airline.json.gz") {
		if e.ID = fmt.Sprint(i); e.Outcome.Success {
			won = append(won, e)
		}
	}
	won = withoutKinds(won)
	c := Discover(won)
	n := map[string]int{}
	var s shelf
	for _, e := range won {
		n[c.Of(e.Task)]++
		s.demos = append(s.demos, agent.Demonstration{Episode: e})
	}
	for _, category := range []string{"transfer_to_human_agents", "update_reservation_flights", "cancel_reservation", "book_reservation", "send_certificate"} {
		if n[category] == 0 {
			t.Errorf("nothing is of %s: %v", category, n)
		}
	}
	if len(n) > 20 {
		t.Errorf("%d categories of %d episodes: %v", len(n), len(won), n)
	}
	shared := 0
	for _, k := range distil(t, s, Options{}) {
		if k.Category == agent.SkillTask && len(k.For) >= 3 {
			shared++
			if !strings.Contains(k.Principle, "{") || strings.ContainsAny(k.Principle, "?!") {
				t.Errorf("what was said is a step: %s", k.Principle)
			}
		}
	}
	if shared < 5 {
		t.Errorf("%d plans are those of three or more successes", shared)
	}
}

package skills

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// script makes an episode of lines "action | what was seen after it"; the
// first line is what is seen first. A "!" before the action makes it
// inadmissible.
func script(goal string, lines ...string) agent.Episode {
	e := agent.Episode{Task: agent.Task{Suite: "house", Goal: goal}, Outcome: agent.Outcome{Success: true, Score: 1}}
	seen := lines[0]
	for _, l := range lines[1:] {
		action, after, _ := strings.Cut(l, " | ")
		action, invalid := strings.CutPrefix(action, "!")
		e.Steps = append(e.Steps, agent.Step{Observation: agent.Observation{Text: seen}, Action: agent.Action(action), Invalid: invalid})
		if after == "" {
			after = fmt.Sprintf("Done %d times.", len(e.Steps))
		}
		seen = after
	}
	e.Final = agent.Observation{Text: seen}
	return e
}

const room = "You see a bed 1, a desk 1, a drawer 1, a drawer 2, a fridge 1, a sinkbasin 1."

func TestChain(t *testing.T) {
	for _, tt := range []struct {
		name string
		e    agent.Episode
		want string
	}{
		{"straight", script("put a mug in fridge", room,
			"go to desk 1 | On the desk 1, you see a mug 2.", "take mug 2 from desk 1", "go to fridge 1", "open fridge 1", "put mug 2 in/on fridge 1"),
			"go to desk 1; take mug 2 from desk 1; go to fridge 1; open fridge 1; put mug 2 in/on fridge 1"},
		{"detours", script("put a mug in fridge", room,
			"go to bed 1", "go to drawer 1", "open drawer 1 | In it, you see a pen 1.", "take pen 1 from drawer 1", "put pen 1 in/on drawer 1",
			"go to desk 1 | On the desk 1, you see a mug 2.", "take mug 2 from desk 1", "go to bed 1", "go to fridge 1", "put mug 2 in/on fridge 1"),
			"go to desk 1; take mug 2 from desk 1; go to fridge 1; put mug 2 in/on fridge 1"},
		{"no effect", script("put a mug in fridge", room,
			"!fly to desk 1", "go to desk 1 | On the desk 1, you see a mug 2.", "go to desk 1 | Nothing happens.",
			"take mug 2 from desk 1", "go to fridge 1 | At fridge 1.", "heat mug 2 with fridge 1 | At fridge 1.", "put mug 2 in/on fridge 1"),
			"go to desk 1; take mug 2 from desk 1; go to fridge 1; put mug 2 in/on fridge 1"},
		{"looks", script("put a mug in fridge", room,
			"look", "go to desk 1 | On the desk 1, you see a mug 2.", "examine desk 1", "take mug 2 from desk 1", "inventory", "go to fridge 1", "examine mug 2", "put mug 2 in/on fridge 1"),
			"go to desk 1; take mug 2 from desk 1; go to fridge 1; put mug 2 in/on fridge 1"},
		{"a look that shows what is needed", script("put a mug in fridge", room,
			"examine desk 1 | On the desk 1, you see a mug 2.", "take mug 2 from desk 1", "put mug 2 in/on fridge 1"),
			"examine desk 1; take mug 2 from desk 1; put mug 2 in/on fridge 1"},
		{"visited before", script("put a mug in fridge", room,
			"go to desk 1 | On the desk 1, you see a mug 2.", "go to bed 1", "go to desk 1", "take mug 2 from desk 1", "go to fridge 1", "put mug 2 in/on fridge 1"),
			"go to desk 1; take mug 2 from desk 1; go to fridge 1; put mug 2 in/on fridge 1"},
		{"opened on an earlier visit", script("put a mug in fridge", room,
			"go to fridge 1", "open fridge 1", "go to desk 1 | On the desk 1, you see a mug 2.", "take mug 2 from desk 1", "go to fridge 1", "put mug 2 in/on fridge 1"),
			"go to desk 1; take mug 2 from desk 1; go to fridge 1; open fridge 1; put mug 2 in/on fridge 1"},
		{"shown before, shown again where it is used", script("look at mug under the desklamp", room,
			"go to desk 1 | You see a desklamp 1.", "go to drawer 1 | You see a mug 1.", "take mug 1 from drawer 1", "go to desk 1 | You see a desklamp 1.", "use desklamp 1"),
			"go to drawer 1; take mug 1 from drawer 1; go to desk 1; use desklamp 1"},
		{"undone", script("put a clean mug in fridge", room,
			"go to desk 1 | On the desk 1, you see a mug 2.", "take mug 2 from desk 1", "clean mug 2 with sinkbasin 1", "put mug 2 in/on desk 1", "take mug 2 from desk 1", "put mug 2 in/on fridge 1"),
			"go to desk 1; clean mug 2 with sinkbasin 1; take mug 2 from desk 1; put mug 2 in/on fridge 1"},
		{"two of a sort", script("put two mugs in fridge", room,
			"go to desk 1 | You see a mug 1, a mug 2.", "take mug 1 from desk 1", "go to fridge 1", "put mug 1 in/on fridge 1",
			"go to desk 1", "take mug 2 from desk 1", "go to fridge 1", "put mug 2 in/on fridge 1"),
			"go to desk 1; take mug 1 from desk 1; go to fridge 1; put mug 1 in/on fridge 1; go to desk 1; take mug 2 from desk 1; go to fridge 1; put mug 2 in/on fridge 1"},
		{"another thing of the same places", script("put a mug in fridge", room,
			"go to desk 1 | You see a pen 1, a mug 2.", "take pen 1 from desk 1", "go to fridge 1", "put pen 1 in/on fridge 1",
			"go to desk 1", "take mug 2 from desk 1", "go to fridge 1", "put mug 2 in/on fridge 1"),
			"go to desk 1; take mug 2 from desk 1; go to fridge 1; put mug 2 in/on fridge 1"},
		{"last event names not the thing", script("look at the mugs under the desklamp", room,
			"go to drawer 1 | You see a mug 1.", "take mug 1 from drawer 1", "put mug 1 in/on drawer 1", "go to desk 1 | You see a mug 2, a desklamp 1.", "take mug 2 from desk 1", "use desklamp 1"),
			"go to desk 1; take mug 2 from desk 1; use desklamp 1"},
		{"tools", script("Cancel my flight please", "I am mia_3668.",
			"list_airports{} | 400 of them", `get_user{"id":"mia_3668"} | {"reservations":["HAT123","ABC999"]}`, `get_reservation{"id":"ABC999"} | {}`, `cancel{"id":"HAT123"}`),
			`get_user{"id":"mia_3668"}; cancel{"id":"HAT123"}`},
		{"no things", script("buy socks", "A shop.", "search[socks]", "click[red]", "think: red is nice", "click[buy]"), "click[red]; click[buy]"},
		{"ends with a look", script("put a mug in fridge", room, "go to desk 1 | mug 2", "take mug 2 from desk 1", "put mug 2 in/on fridge 1", "look"),
			"go to desk 1; take mug 2 from desk 1; put mug 2 in/on fridge 1"},
		{"nothing", script("put a mug in fridge", room), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			es, _ := events(tt.e)
			for _, v := range chain(tt.e.Task.Goal, es) {
				got = append(got, v.action)
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("chain\n%s, want\n%s", s, tt.want)
			}
		})
	}
}

func TestThings(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"put Mug 1 in/on drawer 12.", []string{"mug 1", "drawer 12"}},
		{"of 2 mugs, 3 are clean", nil},
		{"mug, 2", nil},
		{`{"reservation_id":"HAT123","date":"2024-05-20"}`, []string{"HAT123", "2024-05-20"}},
		{"edit src/main.go, then ./run.sh -v", []string{"src/main.go", "run.sh"}},
		{"mia_li_3668 paid 12.50 for user_id", []string{"mia_li_3668"}},
		{"ship 99999 to x", nil},
		{strings.Repeat("x1", 40), nil},
		{"déjà 4", []string{"déjà 4"}},
		{"\xff\xfe 1", nil},
	} {
		if got := names(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestGoalThings(t *testing.T) {
	sorts := []string{"mug", "desklamp", "fridge", "HAT123", "berry", "dish"}
	for _, tt := range []struct {
		goal string
		want []string
	}{
		{"put two Mugs in the fridge", []string{"mug", "fridge"}},
		{"look at a mug under the desk lamp", []string{"mug", "desklamp"}},
		{"cancel HAT123, not hat124", []string{"HAT123"}},
		{"put berries on dishes", []string{"berry", "dish"}},
		{"do nothing", nil},
	} {
		if got := goalThings(tt.goal, sorts); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.goal, got, tt.want)
		}
	}
}

func TestVariables(t *testing.T) {
	v := newVariables([]string{"mug", "desklamp"}, map[string]bool{"sinkbasin": true})
	for _, tt := range []struct{ text, want string }{
		{"take mug 3 from drawer 1", "take A from X"},
		{"clean mug 3 with sinkbasin 1", "clean A with sinkbasin"},
		{"put mug 2 in/on shelf 4", "put A2 in/on Y"},
		{"go to drawer 1", "go to X"},
		{"use sinkbasin 2", "use sinkbasin2"},
		{"use desklamp 1 for mug 3.", "use B for A."},
	} {
		if got := v.abstract(tt.text); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
	for _, tt := range []struct{ action, want string }{
		{`note {"on":"mug 3","text":"it was left on shelf 4 by Ann Lee"}`, `note {"on":"A","text":"…"}`},
		{`note {"on":"mug 3","text":"it was left on shelf 4 by…`, `note {"on":"A","text":"…`},
		{`call "the shelf 4" "the A"`, `call "the Y" "the A"`},
	} {
		if got := v.step(tt.action); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.action, got, tt.want)
		}
	}
	for _, tt := range []struct{ goal, want string }{
		{"look at two Mugs under the desk lamp.", "look at two A under the B."},
		{"put mug 3 there", "put A there"},
		{"wait", "wait"},
	} {
		if got := v.abstractGoal(tt.goal); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.goal, got, tt.want)
		}
	}
	many := newVariables(nil, nil)
	seen := map[string]bool{}
	for i := range 20 {
		n := many.abstract(fmt.Sprintf("thing %d", i))
		if seen[n] {
			t.Errorf("two things are %s", n)
		}
		seen[n] = true
	}
}

// FuzzPlan holds that no text breaks the way from an episode to a skill.
func FuzzPlan(f *testing.F) {
	f.Add("put a mug in fridge", "take mug 1 from desk 1", "go to fridge 1", "put mug 1 in/on fridge 1")
	f.Add("\xff 1", "desk lamp 1", "X 1", "... /// 1")
	f.Fuzz(func(t *testing.T, goal, a, b, c string) {
		e := script(goal, a+" "+b, a+" | "+b, b+" | "+c, a+" | "+c, c+" | "+a)
		e.ID = "e"
		p, ok := newPlan(e)
		if !ok {
			return
		}
		if len(p.chain) > len(e.Steps) {
			t.Fatalf("chain of %d events from %d steps", len(p.chain), len(e.Steps))
		}
		for _, s := range taskSkills([]plan{p}, Options{MinEvidence: 1, MaxTask: 1}) {
			if s.ID == "" || s.Principle == "" || strings.Contains(s.Text(), "\n") {
				t.Fatalf("skill %+v", s)
			}
		}
	})
}

// TestLargeObservations holds that the plan of an episode whose observations name very
// many things is found in the time that it takes to read them: 0.1 seconds, and not
// the 20 that it takes to compare each with each.
func TestLargeObservations(t *testing.T) {
	var listing strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&listing, "file%d.go ", i)
	}
	e := agent.Episode{Task: agent.Task{Goal: "mend file8.go"}, Outcome: agent.Outcome{Success: true}}
	for i, action := range []agent.Action{"ls", "cat file7.go", "cat file8.go", "edit file8.go"} {
		e.Steps = append(e.Steps, agent.Step{Observation: agent.Observation{Text: fmt.Sprint("step-", i, " ", &listing)}, Action: action})
	}
	start := time.Now()
	p, ok := newPlan(e)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if !ok || p.pattern != "cat edit" {
		t.Errorf("pattern %q, %v", p.pattern, ok)
	}
}

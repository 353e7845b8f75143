package lesson

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// run writes an episode of the household: pairs of action and what followed.
func run(goal string, won bool, start string, pairs ...string) agent.Episode {
	e := agent.Episode{ID: "e", Task: agent.Task{ID: "t", Suite: "s", Kind: "k", Goal: goal}, Final: agent.Observation{Text: start}}
	for i := 0; i < len(pairs); i += 2 {
		e.Steps = append(e.Steps, agent.Step{Observation: e.Final, Action: agent.Action(pairs[i])})
		e.Final = agent.Observation{Text: pairs[i+1]}
	}
	e.Outcome = agent.Outcome{Success: won}
	if !won {
		e.Outcome.Cause = agent.CauseBudget
	}
	return e
}

const room = "You are in the middle of a room. Looking quickly around you, you see a countertop 2, a countertop 1, a drawer 1, a fridge 1, a shelf 1, and a sinkbasin 1."

var cleanMug = run("put a clean mug in drawer", true, room,
	"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a vase 1.",
	"go to fridge 1", "You arrive at fridge 1. The fridge 1 is closed.",
	"open fridge 1", "You open the fridge 1. The fridge 1 is open. In it, you see a mug 1.",
	"take mug 1 from fridge 1", "You pick up the mug 1 from the fridge 1.",
	"go to sinkbasin 1", "You arrive at sinkbasin 1. On the sinkbasin 1, you see nothing.",
	"clean mug 1 with sinkbasin 1", "You clean the mug 1 using the sinkbasin 1.",
	"go to drawer 1", "You arrive at drawer 1. The drawer 1 is open. In it, you see nothing.",
	"move mug 1 to drawer 1", "You move the mug 1 to the drawer 1.")

// TestDefault is long because its table is: what failures look like and the exact
// words that are made of them.
func TestDefault(t *testing.T) {
	const plan = "go to X > open X > take A from X > go to sinkbasin > clean A with sinkbasin > go to B > move A to B"
	for _, tt := range []struct {
		name      string
		failure   agent.Episode
		successes []agent.Episode
		want      []string // the lesson about the task, then those about the kind
	}{
		{
			"never found",
			run("put a clean ladle in countertop", false, room,
				"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a vase 1.",
				"go to drawer 1", "You arrive at drawer 1. The drawer 1 is closed. You see a fridge 1 beside it.",
				"go to fridge 1", "You arrive at fridge 1. The fridge 1 is closed.",
				"open fridge 1", "You open the fridge 1. The fridge 1 is open. In it, you see nothing.",
				"go to countertop 1", "You arrive at countertop 1. On the countertop 1, you see a bread 1."),
			[]agent.Episode{cleanMug},
			[]string{
				"When put a clean ladle in countertop: avoid countertop 1, fridge 1, shelf 1 (no ladle); instead try countertop 2, drawer 1, sinkbasin 1.",
				"When put a clean A in B: avoid ending the search before A is seen; instead look once at each place, open what is closed, begin with fridge.",
			},
		}, {
			"found but not taken, and a loop",
			run("put a clean ladle in countertop", false, room,
				"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a vase 1.",
				"go to countertop 2", "You arrive at countertop 2. On the countertop 2, you see a ladle 2, and a ladle 1.",
				"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a vase 1.",
				"go to countertop 2", "You arrive at countertop 2. On the countertop 2, you see a ladle 2, and a ladle 1.",
				"go to sinkbasin 1", "You arrive at sinkbasin 1. On the sinkbasin 1, you see nothing."),
			[]agent.Episode{cleanMug},
			[]string{
				"When put a clean ladle in countertop: avoid leaving ladle 2 at countertop 2 (seen, not used), shelf 1 (no ladle), repeating go to countertop 2 > go to shelf 1 (loop); " +
					"instead ladle 2 is at countertop 2, ladle 1 is at countertop 2, then clean it with sinkbasin 1, move it to countertop 1.",
				"When put a clean A in B: avoid stopping short of take A from X; instead " + plan + ".",
				"When put a clean A in B: avoid repeating go to B > go to X (loop); instead leave a loop after one round for an action not yet tried.",
			},
		}, {
			"wrong order",
			run("put a clean ladle in countertop", false, room,
				"go to countertop 2", "You arrive at countertop 2. On the countertop 2, you see a ladle 1.",
				"take ladle 1 from countertop 2", "You pick up the ladle 1 from the countertop 2.",
				"go to countertop 1", "You arrive at countertop 1. On the countertop 1, you see nothing.",
				"move ladle 1 to countertop 1", "You move the ladle 1 to the countertop 1."),
			[]agent.Episode{cleanMug},
			[]string{
				"When put a clean ladle in countertop: avoid move ladle 1 to countertop 1 (too early); " +
					"instead ladle 1 is at countertop 2, then clean it with sinkbasin 1, move it to countertop 1.",
				"When put a clean A in B: avoid move A to B before clean A with sinkbasin; instead " + plan + ".",
			},
		}, {
			"no effect, no success to compare with",
			run("put a ladle in drawer", false, room,
				"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a vase 1.",
				"take ladle 1 from shelf 1", "Nothing happens.",
				"take vase 1 from shelf 1", "Nothing happens.",
				"take ladle 2 from shelf 1", "Nothing happens.",
				"take ladle 1 from shelf 1", "Nothing happens.",
				"open drawer 1", "You open the drawer 1. The drawer 1 is open. In it, you see a ladle 1."),
			nil,
			[]string{
				"When put a ladle in drawer: avoid shelf 1 (no ladle), take vase 1 from shelf 1 (no effect); instead ladle 1 is at drawer 1.",
				"When put a A in B: avoid take A from X where A is not in view (no effect); instead take A from X only where A is in view.",
			},
		}, {
			"two wanted, one found",
			run("put two mugs in drawer", false, room,
				"go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a mug 1.",
				"go to fridge 1", "You arrive at fridge 1. The fridge 1 is closed.",
				"go to countertop 1", "You arrive at countertop 1. On the countertop 1, you see nothing."),
			nil,
			[]string{
				"When put two mugs in drawer: avoid leaving mug 1 at shelf 1 (seen, not used), countertop 1 (no mug); instead mug 1 is at shelf 1, try countertop 2, drawer 1, fridge 1, sinkbasin 1.",
				"When put two A in B: avoid ending the search before A is seen; instead look once at each place, open what is closed.",
			},
		}, {
			"files",
			run("fix the bug in parser.go", false, "$ ls\nmain.go lexer.go src/parser.go",
				"cat main.go", "package main // see lexer.go",
				"cat parser.go", "cat: parser.go: no such file",
				"cat parser.go", "cat: parser.go: no such file",
				"cat parser.go", "cat: parser.go: no such file"),
			nil,
			[]string{
				"When fix the bug in parser.go: avoid main.go (no bug or parser.go), cat parser.go (no effect); instead try lexer.go, src/parser.go.",
				"When fix the A in B: avoid ending the search before A and B are seen; instead look once at each place, open what is closed.",
				"When fix the A in B: avoid cat B again and again (no effect); instead try another action after the first time without effect.",
			},
		}, {
			"nothing to go by",
			run("be good", false, "Hello.", "hi", "Hm."),
			nil,
			[]string{
				"When be good: avoid the same steps again (out of steps); instead take other steps than these.",
				"When be A: avoid ending the search before A is seen; instead look once at each place, open what is closed.",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ls, err := Default{}.Abstract(t.Context(), tt.failure, tt.successes)
			if err != nil {
				t.Fatal(err)
			}
			for i := range max(len(ls), len(tt.want)) {
				got, want := "none", "none"
				if i < len(ls) {
					got = render(ls[i])
					if (ls[i].Task == "") != (i > 0) || ls[i].Suite != "s" || ls[i].Kind != "k" || !(ls[i].Confidence > 0) || ls[i].Cause == "" {
						t.Errorf("lesson %d: %+v", i, ls[i])
					}
				}
				if i < len(tt.want) {
					want = tt.want[i]
				}
				if got != want {
					t.Errorf("lesson %d:\n%s\nwant\n%s", i, got, want)
				}
			}
		})
	}
}

func TestNoSteps(t *testing.T) {
	e := agent.Episode{ID: "e", Task: agent.Task{Goal: "put a mug in drawer"}}
	ls, err := Default{}.Abstract(t.Context(), e, []agent.Episode{cleanMug, {}})
	if err != nil || len(ls) == 0 || ls[0].Task != "" {
		t.Errorf("%+v, %v", ls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Default{}).Abstract(ctx, e, nil); err == nil {
		t.Error("no error after the context ended")
	}
	if _, err := (Default{}).AbstractTask(ctx, []agent.Episode{e}, nil); err == nil {
		t.Error("no error after the context ended")
	}
}

func TestManyPlaces(t *testing.T) {
	var names, pairs []string
	for i := 1; i <= 40; i++ {
		c := fmt.Sprint("cabinet ", i)
		names = append(names, "a "+c)
		if i <= 30 {
			pairs = append(pairs, "go to "+c, "On the "+c+", you see nothing.")
		}
	}
	l := taskLesson(agent.Task{Goal: "put a mug in drawer"}, traces([]agent.Episode{run("put a mug in drawer", false, "You see "+strings.Join(names, ", ")+", a drawer 1.", pairs...)}), nil)
	if want := "cabinets 1-30 (no mug)"; l.Mistake != want {
		t.Errorf("%q, want %q", l.Mistake, want)
	}
	if n := strings.Count(l.Remedy, "cabinet"); n != maxTries || !strings.Contains(l.Remedy, "cabinet 31, ") {
		t.Errorf("%d places in %q", n, l.Remedy)
	}
}

func TestParts(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"On the Cabinet 12, you see a mug 1, and 2 forks.", "cabinet 12|mug 1"},
		{"put egg 1 in/on countertop 3", "egg 1|countertop 3"},
		{"reservation HAT123 of user_id mia_li_3668 in src/main.go or main.go.", "HAT123|user_id|mia_li_3668|src/main.go|main.go"},
		{"step in 3 days; shelf, 4 of them. e.g. 3.5 or 1/2 or -", "e.g"},
		{"shelf 1 shelf 1 (shelf 2)", "shelf 1|shelf 2"},
		{"book 12345 " + strings.Repeat("x1", 50), ""},
		{"", ""},
	} {
		if got := strings.Join(entities(tt.text), "|"); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestGoalWords(t *testing.T) {
	for _, tt := range []struct{ goal, want string }{
		{"put a clean ladle in countertop", "ladle countertop"},
		{"find two apples and put them in the boxes", "apple box"},
		{"look at bowl under the desklamp", "bowl desklamp"},
		{"put the remote control on sofa", "remote control remotecontrol sofa"},
		{"delete src/main2.go", "src/main#.go"},
		{"", ""},
	} {
		if got := strings.Join(goalWords(tt.goal), " "); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.goal, got, tt.want)
		}
	}
}

func TestLoops(t *testing.T) {
	for _, tt := range []struct{ actions, want string }{
		{"a b c d", ""},
		{"a a a a a a", ""},
		{"a b a b", "a > b x2"},
		{"x b a b a b y", "a > b x2"},
		{"a b c a b c d", "a > b > c x2"},
		{"a b a b c d b a b a", "a > b x2"},
		{"a b a b e c d c d c d", "a > b x2; c > d x3"},
		{"a a b a a b a a b", "a > a > b x3"},
		{"", ""},
	} {
		var tr trace
		for a := range strings.FieldsSeq(tt.actions) {
			tr.events = append(tr.events, event{action: a})
		}
		var got []string
		for _, l := range tr.loops() {
			var cycled []string
			for i := range l.period {
				cycled = append(cycled, tr.events[l.first+i].action)
			}
			got = append(got, fmt.Sprintf("%s x%d", cycle(cycled), l.rounds))
		}
		if strings.Join(got, "; ") != tt.want {
			t.Errorf("%s: %s, want %s", tt.actions, got, tt.want)
		}
	}
}

// FuzzAbstract: no text makes it panic, a failure always gives a lesson, and
// every lesson is one line of bounded length.
func FuzzAbstract(f *testing.F) {
	f.Add("put a clean ladle in countertop", room, "go to shelf 1", "On the shelf 1, you see a ladle 1.", "take ladle 1 from shelf 1")
	f.Add("a1 b2/ c_d", "x 1\n> y 2", "\xff\xfe 3", "Nothing happens.", " ")
	f.Add("", "", "", "", "")
	f.Fuzz(func(t *testing.T, goal, first, action, answer, second string) {
		e := run(goal, false, first, action, answer, second, first, action, answer, second, answer)
		e.Steps[0].Observation.Admissible = []agent.Action{agent.Action(action), agent.Action(second)}
		for _, good := range [][]agent.Episode{nil, {cleanMug, run(goal, true, first, second, answer, action, first)}} {
			ls, err := Default{}.Abstract(t.Context(), e, good)
			if err != nil || len(ls) == 0 {
				t.Fatalf("%d lessons, %v", len(ls), err)
			}
			for _, l := range append(ls, Success(e)) {
				for _, s := range []string{l.Trigger, l.Mistake, l.Remedy} {
					if strings.ContainsAny(s, "\n\r") || len(strings.Fields(s)) > 400 {
						t.Errorf("%q", s)
					}
				}
				Contradicts(l, e)
				Quotes(l, e)
			}
		}
	})
}

func Example() {
	failure := run("put a clean ladle in drawer", false, room,
		"go to shelf 1", "On the shelf 1, you see a vase 1.",
		"go to countertop 1", "On the countertop 1, you see a ladle 1.")
	lessons, err := Default{}.Abstract(context.Background(), failure, []agent.Episode{cleanMug})
	if err != nil {
		panic(err)
	}
	l := lessons[0]
	fmt.Printf("When %s: avoid %s; instead %s.\n", l.Trigger, l.Mistake, l.Remedy)
	// Output:
	// When put a clean ladle in drawer: avoid shelf 1 (no ladle); instead ladle 1 is at countertop 1, then clean it with sinkbasin 1, move it to drawer 1.
}

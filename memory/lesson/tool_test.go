package lesson

import (
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// talk is an episode with tools: actions, each followed by what came of it.
func talk(id, task string, success bool, turns ...string) agent.Episode {
	e := run("I want another flight", success, "Hello.", turns...)
	e.ID, e.Task.ID, e.Task.Kind = id, task, "tool-use"
	return e
}

func TestCallOf(t *testing.T) {
	for _, tt := range []struct {
		action, want string
		ok           bool
	}{
		{`find {"user":"jane"}`, "find with user jane", true},
		{`book {"flights":[{"no":"A1","date":"2024-05-20"},{"no":"B2","date":"2024-05-21"}],"pay_id":7,"note":null}`, "book with pay_id 7, date 2024-05-20, no A1, …", true},
		{`db.drop {}`, "db.drop", true},
		{`send {"text":"` + strings.Repeat("long ", 20) + `","to":"x"}`, "send with to x", true},
		{`send {"text":"` + strings.Repeat("long ", 20) + `"}`, "send", true},
		{"go to shelf 1", "", false}, {"find", "", false}, {"find {", "", false}, {`find [1]`, "", false}, {`do it {"a":1}`, "", false}, {`{"a":1}`, "", false},
	} {
		c, ok := callOf(tt.action)
		if ok != tt.ok || ok && c.String() != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.action, c, ok, tt.want)
		}
	}
	for tool, want := range map[string]bool{"get_user": true, "searchFlights": true, "api.list-users": true, "think": true, "book": false, "getaway_plan": false, "update_x": false, "Get": true} {
		if reads(tool) != want {
			t.Errorf("%s reads: %v", tool, !want)
		}
	}
	for text, want := range map[string]string{
		"Error: payment does not add up, total is 3": "payment does not add up", "Error: no.": "no", "error": "error", "": "no effect",
		"Error: one two three four five six seven eight nine": "one two three four five six seven …", "Not found. Try again": "Not found",
	} {
		if got := said(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestToolLessons(t *testing.T) {
	const ok, look = "Done.", `get_user {"id":"jane"}`
	won := talk("won", "t", true, look, "Jane", `update {"id":"R1","flight":"A2","pay":"card_1"}`, ok, `cancel {"id":"R2"}`, ok, "All done.", "Bye")
	other := talk("other", "u", true, `refund {"id":"R9"}`, ok)
	for _, tt := range []struct {
		name      string
		failure   agent.Episode
		successes []agent.Episode
		want      []string // lessons about the task and about tools
		wrong     []int
	}{
		{"another argument, one call too many and one left out",
			talk("a", "t", false, look, "Jane", `update {"id":"R1","flight":"B7","pay":"card_1"}`, ok, `transfer {"why":"no idea"}`, ok),
			[]agent.Episode{other, won},
			[]string{"When I want another flight: avoid update with flight B7; transfer with why no idea (a success did not); ending without cancel; instead update with flight A2; cancel with id R2."},
			[]int{1, 2}},
		{"nothing but the answer differs",
			talk("a", "t", false, `cancel {"id":"R2"}`, ok, `update {"id":"R1","flight":"A2","pay":"card_1"}`, ok),
			[]agent.Episode{won},
			[]string{"When I want another flight: avoid leaving out of the answer what was asked for (the calls were those of a success); instead say all that was asked for before the end."},
			nil},
		{"refused until something changed",
			talk("a", "x", false, `update {"id":"R1","pay":"gift_card_7"}`, "Error: gift card cannot be used, sorry", `update {"id":"R1","pay":"credit_card_7"}`, ok),
			[]agent.Episode{other},
			[]string{
				"When I want another flight: avoid update with pay gift_card_7 (gift card cannot be used); instead update with pay credit_card_7 (accepted, but the task failed all the same).",
				"When calling update: avoid pay gift_card_# (gift card cannot be used); instead pay credit_card_#.",
			}, []int{0}},
		{"refused for a number",
			talk("a", "x", false, `pay {"sum":20}`, "Error: 20 is not enough", `pay {"sum":30}`, ok),
			nil,
			[]string{
				"When I want another flight: avoid pay with sum 20 (20 is not enough); instead pay with sum 30 (accepted, but the task failed all the same).",
				"When calling pay: avoid guessing at sum (# is not enough); instead look up or work out sum before the call.",
			}, []int{0}},
		{"refused again and again",
			talk("a", "x", false, `pay {"sum":20}`, "Error: closed", `pay {"sum":20}`, "Error: closed"),
			nil,
			[]string{
				"When I want another flight: avoid pay with sum 20 (closed); instead before a call look up what its message names, and do not repeat it unchanged.",
				"When calling pay: avoid repeating it unchanged (closed); instead look up what the message names, or say that it cannot be done.",
			}, []int{0, 1}},
		{"two calls too many, and another one of two calls",
			talk("a", "t", false, `move {"id":"R2","to":"B"}`, ok, `move {"id":"R1","to":"B"}`, ok, `drop {"id":"R3"}`, ok),
			[]agent.Episode{talk("won", "t", true, `move {"id":"R1","to":"C"}`, ok)},
			[]string{"When I want another flight: avoid move with id R1, to B; move with id R2, to B (a success did not); drop with id R3 (a success did not); instead move with id R1, to C."},
			[]int{0, 1, 2}},
		{"too much",
			talk("a", "t", false, `cancel {"id":"R2"}`, ok, `cancel {"id":"R3"}`, ok),
			[]agent.Episode{talk("won", "t", true, `cancel {"id":"R2"}`, ok)},
			[]string{"When I want another flight: avoid cancel with id R3 (a success did not); instead change no more than the success of this task did: cancel with id R2."},
			[]int{1}},
		{"what got through was about something else, or lacked an argument",
			talk("a", "x", false,
				`buy {"id":"R1","what":"bag","for":"jane"}`, "Error: sold out", `buy {"id":"R2","what":"hat","for":"joe"}`, ok,
				`ask {"about":"R2","mood":"bad"}`, "Error: what mood", `ask {"about":"R2"}`, ok),
			nil,
			[]string{
				"When I want another flight: avoid buy with id R1, for jane, what bag (sold out); ask with mood bad (what mood); instead ask without mood (accepted, but the task failed all the same).",
				"When calling ask: avoid guessing at mood (what mood); instead look up or work out mood before the call.",
			}, []int{0, 2}},
		{"the refusal names the argument",
			talk("a", "x", false, `pay {"pay_id":"c7","sum":20,"day":"d1"}`, "Error: sum is too low", `pay {"pay_id":"c7","sum":30,"day":"d2"}`, ok),
			nil,
			[]string{
				"When I want another flight: avoid pay with day d1, sum 20 (sum is too low); instead pay with day d2, sum 30 (accepted, but the task failed all the same).",
				"When calling pay: avoid guessing at sum (sum is too low); instead look up or work out sum before the call.",
			}, []int{0}},
		{"a value that is only a part of a word of the refusal, and an argument that it names",
			talk("a", "x", false, `pay {"pay_id":"c7","bags":"no","sum":20}`, "Error: the sum does not add up"),
			nil,
			[]string{"When I want another flight: avoid pay with sum 20 (the sum does not add up); instead before a call look up what its message names, and do not repeat it unchanged."},
			[]int{0}},
		{"no success to compare with",
			talk("a", "x", false, look, "Jane", `cancel {"id":"R2"}`, ok), []agent.Episode{won},
			[]string{"When I want another flight: avoid cancel with id R2 (not, or not all, that was asked for); instead repeat what is wanted, with its conditions, before changing anything."},
			nil},
		{"no change",
			talk("a", "x", false, look, "Jane", "I cannot.", "Oh."), []agent.Episode{won},
			[]string{"When I want another flight: avoid ending without any change; instead do what like goals needed: update > cancel."},
			nil},
	} {
		ls, err := Default{}.Abstract(t.Context(), tt.failure, tt.successes)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range ls {
			got = append(got, render(l))
			if (l.Task != "") != !strings.HasPrefix(l.Trigger, calling) || Quotes(l, tt.failure) {
				t.Errorf("%s: %+v", tt.name, l)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
		if got := WrongSteps(tt.failure, tt.successes); !slices.Equal(got, tt.wrong) {
			t.Errorf("%s: steps %v, want %v", tt.name, got, tt.wrong)
		}
	}
}

// A lesson about a tool is contradicted by a success that did with it what the
// lesson warns of.
func TestToolContradicted(t *testing.T) {
	l := agent.Lesson{Trigger: "calling update", Mistake: "pay gift_card_# (gift card cannot be used)", Remedy: "pay credit_card_#", Cause: agent.CauseTool}
	for turn, want := range map[string]bool{
		`update {"pay":"gift_card_9"}`: true, `update {"pay":"credit_card_9"}`: false, `book {"pay":"gift_card_9"}`: false,
	} {
		if got := Contradicts(l, talk("s", "t", true, turn, "Done.")); got != want {
			t.Errorf("%s: %v", turn, got)
		}
		if Contradicts(l, talk("s", "t", true, turn, "Error: gift card cannot be used")) {
			t.Errorf("%s: a call that was refused contradicts", turn)
		}
	}
}

func TestRequest(t *testing.T) {
	for goal, want := range map[string]string{
		"Hi! I want a refund.":             "I want a refund.",
		"Hello there, good morning! Help?": "Help?",
		"Hi. Good day! Cancel it":          "Cancel it",
		"Cancel it, please":                "Cancel it, please",
		"Hi!":                              "Hi!",
		"high up, there":                   "high up, there",
		"put a mug in drawer":              "put a mug in drawer",
	} {
		if got := request(goal); got != want {
			t.Errorf("%q: %q, want %q", goal, got, want)
		}
	}
}

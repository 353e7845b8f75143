package lesson

import (
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// Giving the task away is neither a mistake's remedy nor a change, and where a
// success changed nothing its reason is told.
func TestHandingOver(t *testing.T) {
	const ok, over = "Done.", `transfer_to_human {"why":"hard"}`
	won := talk("won", "t", true, `get {"id":"R1"}`, "R1", "I see. This fare cannot be cancelled since it was sold as final. Else?", "No.", over, ok)
	like := talk("like", "u", true, over, ok)
	for _, tt := range []struct {
		failure   agent.Episode
		successes []agent.Episode
		want      string
	}{
		{talk("a", "t", false, `cancel {"id":"R1"}`, ok), []agent.Episode{won},
			`When I want another flight: avoid cancel with id R1 (a success did not); instead change nothing, as the success of this task, which said: "This fare cannot be cancelled since it was sold as final".`},
		{talk("a", "x", false, "I cannot.", "Oh."), []agent.Episode{like},
			"When I want another flight: avoid ending without any change; instead do what is asked for as soon as it is allowed."},
	} {
		ls, err := Default{}.Abstract(t.Context(), tt.failure, tt.successes)
		if err != nil {
			t.Fatal(err)
		}
		if got := render(ls[0]); got != tt.want {
			t.Errorf("%s\nwant\n%s", got, tt.want)
		}
	}
	for tool, want := range map[string]bool{"transfer_to_human_agents": true, "escalate": true, "transfer_money": false, "update_humanity": false} {
		if handsOver(tool) != want {
			t.Errorf("%s hands over: %v", tool, !want)
		}
	}
}

// What a success looked up before a change that a failure never came to is told.
func TestUnread(t *testing.T) {
	won := talk("won", "t", true, `get_user {"user_id":"jane"}`, "R1, R2", `get_user {"user_id":"joe"}`, "R3", `calculate {"sum":"1+1"}`, "2", `cancel {"id":"R1"}`, "Done.")
	ls, err := Default{}.Abstract(t.Context(), talk("a", "t", false, "What is its number?", "No idea."), []agent.Episode{won})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := render(ls[0]), "When I want another flight: avoid ending without cancel; never calling get_user; instead get_user with user_id jane; cancel with id R1."; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

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

package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/dataset"
)

type oneEpisode agent.Episode

func (e oneEpisode) Episode(context.Context, string) (agent.Episode, error) {
	return agent.Episode(e), nil
}

// TestDatasetsSayWhatTheActorRead holds that the messages of a dataset are the
// transcript, with roles in place of its marks.
func TestDatasetsSayWhatTheActorRead(t *testing.T) {
	for _, c := range []agent.Context{{}, {Items: []agent.Item{{Text: "Do not wait."}, {Text: "Push\ndoors."}}}} {
		e := agent.Episode{ID: "e", Task: agent.Task{ID: "t", Suite: "doors", Goal: "leave"}, Context: c, Outcome: agent.Outcome{Success: true}}
		for _, s := range [][2]string{{"A door.", "knock"}, {"", "push"}, {"It is\nopen.", "go"}} {
			e.Steps = append(e.Steps, agent.Step{Observation: agent.Observation{Text: s[0]}, Action: agent.Action(s[1])})
		}
		want := firstPrompt(e.Task, e.Context, e.Steps[0].Observation, nil) + choice("knock", nil) +
			prompt(e.Steps[1].Observation, nil) + choice("push", nil) + prompt(e.Steps[2].Observation, nil) + choice("go", nil)

		var b bytes.Buffer
		in := dataset.Input{Heads: []dataset.Head{{ID: "e", Suite: "doors", Task: "t"}}, Source: oneEpisode(e)}
		if _, err := dataset.Write(t.Context(), &b, in, dataset.DefaultOptions()); err != nil {
			t.Fatal(err)
		}
		var record struct{ Messages []Message }
		if err := json.Unmarshal(b.Bytes(), &record); err != nil {
			t.Fatal(err)
		}
		got := ""
		for i, m := range record.Messages {
			switch {
			case i%2 == 0 && m.Role == User:
				got += m.Content + "\n>"
			case i%2 == 1 && m.Role == Assistant:
				got += " " + m.Content + "\n"
			default:
				t.Errorf("message %d is of role %q", i, m.Role)
			}
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

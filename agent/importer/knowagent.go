package importer

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// decodeKnowAgent reads a game of ALFWorld as text: observations, and actions
// on lines that begin with "> ". Thoughts and paths of actions, which the model
// wrote to itself, are left out.
func decodeKnowAgent(record json.RawMessage) (agent.Episode, error) {
	var rec struct {
		Name, Traj string
		Result     any // true, false, or now and then 0
	}
	if err := into(record, &rec); err != nil {
		return agent.Episode{}, err
	}
	if rec.Name == "" || rec.Traj == "" {
		return agent.Episode{}, fmt.Errorf("%w: no name or no traj", ErrFormat)
	}
	kind, _, _ := strings.Cut(rec.Name, "-")
	e := agent.Episode{Task: agent.Task{ID: rec.Name, Suite: "alfworld", Kind: kind}}
	e.Outcome.Success = rec.Result == true
	if e.Outcome.Success {
		e.Outcome.Score, e.Outcome.Terminated = 1, true
	} else {
		e.Outcome.Cause, e.Outcome.Truncated = agent.CauseBudget, true
	}
	for line := range strings.Lines(rec.Traj) {
		line = strings.TrimRight(line, "\r\n")
		goal, isGoal := strings.CutPrefix(line, "Your task is to: ")
		action, isAction := strings.CutPrefix(line, "> ")
		switch {
		case isAction && (strings.HasPrefix(action, "Think:") || strings.HasPrefix(action, "ActionPath:")):
			continue
		case isAction:
			e.Steps = append(e.Steps, agent.Step{Observation: e.Final, Action: agent.Action(action)})
			e.Final = agent.Observation{}
			continue
		case isGoal && e.Task.Goal == "":
			e.Task.Goal = strings.TrimSuffix(goal, ".")
		}
		e.Final.Text = strings.TrimPrefix(e.Final.Text+"\n"+line, "\n")
	}
	if e.Task.Goal == "" {
		return e, fmt.Errorf("%w: no line says what the task is", ErrFormat)
	}
	return e, nil
}

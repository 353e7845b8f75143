package importer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// message is one of a conversation with tools.
type message struct {
	Role      string
	Content   string
	Name      string // of the tool that answers
	ToolCalls []struct {
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
}

// decodeTauBench reads a conversation of an agent with a customer and with
// tools. An action is a reply to the customer, or a call as "name arguments"; an
// observation is what the customer or a tool said. The rules that the agent was
// given are left out, and so is what the customer was told to want: the goal is
// what was first said. The benchmark has no kinds of tasks, so none is stated.
func decodeTauBench(record json.RawMessage) (agent.Episode, error) {
	var rec struct {
		Task   *int     `json:"task_id"`
		Reward *float64 `json:"reward"`
		Trial  int
		Traj   []message
	}
	if err := into(record, &rec); err != nil {
		return agent.Episode{}, err
	}
	if rec.Task == nil || rec.Reward == nil {
		return agent.Episode{}, fmt.Errorf("%w: no task_id or no reward", ErrFormat)
	}
	e := agent.Episode{
		Task:    agent.Task{ID: strconv.Itoa(*rec.Task), Suite: "tau-bench"},
		Trial:   max(rec.Trial, 0),
		Outcome: agent.Outcome{Success: *rec.Reward == 1, Score: min(max(*rec.Reward, 0), 1), Terminated: true},
	}
	if !e.Outcome.Success {
		e.Outcome.Cause, e.Outcome.Feedback = agent.CausePolicy, "what was asked for was not done, or something else was"
	}
	for _, m := range rec.Traj {
		switch m.Role {
		case "user", "tool":
			if m.Role == "user" && e.Task.Goal == "" {
				e.Task.Goal = oneLine(m.Content)
			}
			e.Final.Text = strings.TrimPrefix(e.Final.Text+"\n"+m.Content, "\n")
		case "assistant":
			for _, action := range m.actions() {
				e.Steps = append(e.Steps, agent.Step{Observation: e.Final, Action: agent.Action(action)})
				e.Final = agent.Observation{}
			}
		}
	}
	if e.Task.Goal == "" {
		return e, fmt.Errorf("%w: the user says nothing", ErrFormat)
	}
	return e, nil
}

// actions are what an agent's message does: its calls, or else what it says.
func (m message) actions() []string {
	if len(m.ToolCalls) == 0 {
		return []string{oneLine(m.Content)}
	}
	out := make([]string, len(m.ToolCalls))
	for i, c := range m.ToolCalls {
		out[i] = oneLine(c.Function.Name + " " + c.Function.Arguments)
	}
	return out
}

// oneLine is s with every stretch of white space as one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

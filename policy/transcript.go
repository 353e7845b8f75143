package policy

import "github.com/surefoot-ai/surefoot/agent"

// The transcript of an episode is what the model reads. It is made of pieces,
// each encoded by itself, so that an actor, who sees them one at a time, and a
// learner, who has them all, get the same tokens:
//
//	<context>\n\nTask: <goal>\n<observation>\n>   the first prompt
//	 <action>\n                                   a choice
//	<observation>\n>                              the next prompt
//
// An action ends in a newline, so that none is a prefix of another. Observations
// and actions have their marks, if the model was trained with them.

// firstPrompt is what precedes the first action.
func firstPrompt(task agent.Task, c agent.Context, obs agent.Observation, m *marks) string {
	s := c.Text()
	if s != "" {
		s += "\n\n"
	}
	return s + "Task: " + task.Goal + "\n" + prompt(obs, m)
}

// prompt is what stands between two actions.
func prompt(obs agent.Observation, m *marks) string { return m.in(obs.Text) + "\n>" }

// choice is an action as the model writes it.
func choice(a agent.Action, m *marks) string { return " " + m.action(a) + "\n" }

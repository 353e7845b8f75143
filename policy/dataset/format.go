package dataset

import "github.com/surefoot-ai/surefoot/agent"

// Format is what a trainer reads: its columns and its file.
type Format string

const (
	// SFT is TRL's language modelling: JSON lines of {"messages": [...]}, one
	// a success, to be imitated. TRL's assistant_only_loss keeps the
	// observations from being learned.
	SFT Format = "sft"

	// DPO is TRL's preference: {"prompt", "chosen", "rejected"}, one a
	// failure. It is compared with the success of its task that went the same
	// way for longest, where the two first act otherwise after having seen the
	// same: the prompt is what both had seen and done, the rejected message
	// the failure's next action, the chosen one the success's. Nothing later
	// is compared, since from there on each saw something else.
	DPO Format = "dpo"

	// KTO is TRL's unpaired preference: {"prompt", "completion", "label"}, one
	// a step, the label whether the episode succeeded. It is for failures that
	// no success stands against.
	KTO Format = "kto"

	// GRPO is TRL's prompt-only: {"prompt", ...}, one for each first message of
	// a task, with what a reward function is to know in the other columns.
	GRPO Format = "grpo"

	// Verl is a Parquet file of verl's columns, of the records of GRPO.
	Verl Format = "verl"
)

// Formats lists every Format, in the order of their definition.
func Formats() []Format { return []Format{SFT, DPO, KTO, GRPO, Verl} }

// builder returns what makes records of a task in format f, or nil if there is
// no such format.
func (f Format) builder() func(*exporter, group) []any {
	switch f {
	case SFT:
		return (*exporter).imitations
	case DPO:
		return (*exporter).comparisons
	case KTO:
		return (*exporter).judgements
	case GRPO:
		return (*exporter).prompts
	case Verl:
		return (*exporter).verlPrompts
	}
	return nil
}

// imitation is a record of SFT.
type imitation struct {
	Messages []message `json:"messages"`
}

func (x *exporter) imitations(g group) []any {
	var out []any
	for _, c := range g {
		if !c.episode.Outcome.Success {
			x.leaveOut(failed, c.episode.ID)
			continue
		}
		x.episodes++
		out = append(out, imitation{c.messages})
	}
	return out
}

// judgement is a record of KTO.
type judgement struct {
	Prompt     []message `json:"prompt"`
	Completion []message `json:"completion"`
	Label      bool      `json:"label"`
}

func (x *exporter) judgements(g group) []any {
	var out []any
	for _, c := range g {
		x.episodes++
		for i := 1; i < len(c.messages); i += 2 {
			out = append(out, judgement{c.messages[:i], c.messages[i : i+1], c.episode.Outcome.Success})
		}
	}
	return out
}

// rollout is a record of GRPO: where a trainer's own episodes begin.
type rollout struct {
	Prompt      []message      `json:"prompt"`
	Suite       string         `json:"suite"`
	Kind        string         `json:"kind"`
	TaskID      string         `json:"task_id"`
	Goal        string         `json:"goal"`
	GroundTruth []agent.Action `json:"ground_truth"` // of the task's shortest success, the first such; empty if none succeeded
	Attempts    int            `json:"attempts"`     // episodes that began with the prompt
	Successes   int            `json:"successes"`    // those of them that succeeded
}

func (x *exporter) prompts(g group) []any {
	var out []any
	for _, r := range x.rollouts(g) {
		out = append(out, r)
	}
	return out
}

// rollouts returns one for each first message of g, in the order of their first
// episode.
func (x *exporter) rollouts(g group) []rollout {
	var out []rollout
	at := map[string]int{} // by the text of the first message
	truth := []agent.Action{}
	for _, c := range g {
		x.episodes++
		e := c.episode
		first := c.messages[0].Content
		i, ok := at[first]
		if !ok {
			i = len(out)
			at[first] = i
			out = append(out, rollout{Prompt: c.messages[:1], Suite: e.Task.Suite, Kind: e.Task.Kind, TaskID: e.Task.ID, Goal: e.Task.Goal})
		}
		out[i].Attempts++
		if !e.Outcome.Success {
			continue
		}
		out[i].Successes++
		if len(truth) == 0 || len(e.Steps) < len(truth) {
			truth = actions(e)
		}
	}
	for i := range out {
		out[i].GroundTruth = truth
	}
	return out
}

func actions(e agent.Episode) []agent.Action {
	out := make([]agent.Action, len(e.Steps))
	for i, s := range e.Steps {
		out[i] = s.Action
	}
	return out
}

package policy

import "github.com/surefoot-ai/surefoot/agent"

// shown is an episode to be imitated.
type shown struct {
	Episode agent.Episode  `json:"episode"`
	Advice  []agent.Action `json:"advice,omitempty"` // one a step, to be imitated in place of what was done; nil: what was done
}

// plainly are episodes in which what was done is to be imitated.
func plainly(es []agent.Episode) []shown {
	out := make([]shown, len(es))
	for i, e := range es {
		out[i] = shown{Episode: e}
	}
	return out
}

// trajectory is the episode as l learns from it.
func (s shown) trajectory(l *LM) (Trajectory, error) {
	if s.Advice == nil {
		return l.Trajectory(s.Episode)
	}
	return l.Advised(s.Episode, s.Advice)
}

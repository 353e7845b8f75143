package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/archive"
	"github.com/surefoot-ai/surefoot/memory/effect"
	"github.com/surefoot-ai/surefoot/memory/lesson"
)

// OverallEffect is what was measured of memory as a whole: of episodes for which
// something was recalled, those that were shown it, single items left out by
// chance or not, and those for which all of it was withheld by chance.
type OverallEffect struct {
	Shown      agent.Arm       `json:"shown"`
	Withheld   agent.Arm       `json:"withheld"`
	Difference effect.Interval `json:"difference"` // of the success rates, shown less withheld
	Verdict    effect.Verdict  `json:"verdict,omitempty"`
}

// Overall is the effect of memory as a whole since whole contexts were withheld by
// chance. Its interval holds at all times at once with a probability of 95%, see
// package effect. Memory is recalled whatever the verdict is.
func (s *Store) Overall(ctx context.Context) (OverallEffect, error) {
	if err := s.current(ctx); err != nil {
		return OverallEffect{}, err
	}
	defer s.mu.RUnlock()
	c := effect.Counts(s.overall)
	return OverallEffect{Shown: s.overall.Shown, Withheld: s.overall.Withheld, Difference: c.Interval(effectAlpha), Verdict: c.Verdict(effectAlpha)}, nil
}

// withholdsAll reports whether the whole context for a task is to be left out. The
// caller holds the read lock.
func (s *Store) withholdsAll(task agent.Task) bool {
	return s.chance(task, "") < s.o.HoldOutAll
}

// withholdAll takes what is packed out of the context again.
func (p *packer) withholdAll(found []Candidate) {
	for i := range found {
		if c := &found[i]; c.Packed {
			c.Packed, c.Tokens, c.Cut = false, 0, 0
			c.Reason = "all is withheld by chance, to measure the effect of memory"
		}
	}
	p.context.Withheld = recalledIDs(agent.Episode{Context: p.context})
	p.context.Items, p.context.AllWithheld = nil, true
}

// countOverall adds the outcome of e to the effect of memory as a whole, if chance
// decided whether it was shown and the outcome was the agent's.
func (o *overlay) countOverall(e agent.Episode) {
	if e.Context.HoldOutAll <= 0 || lesson.Transient(e) {
		return
	}
	d := effect.Draw{Chance: e.Context.HoldOutAll, Withheld: e.Context.AllWithheld, Success: e.Outcome.Success}
	o.overall = agent.Effect(effect.Counts(o.overall).With(d))
}

// overallKey is where the archive keeps the effect of memory as a whole.
const overallKey = "overall"

func putOverall(ctx context.Context, tx *archive.Tx, e agent.Effect) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return tx.Keep(ctx, overallKey, string(b))
}

// loadOverall reads the effect of memory as a whole.
func (s *Store) loadOverall(ctx context.Context) (agent.Effect, error) {
	var e agent.Effect
	text, err := s.archive.Kept(ctx, overallKey)
	if errors.Is(err, ErrNotFound) {
		return e, nil
	}
	if err == nil {
		if err = json.Unmarshal([]byte(text), &e); err != nil {
			err = fmt.Errorf("effect of memory: %w: %w", ErrCorrupt, err)
		}
	}
	return e, err
}

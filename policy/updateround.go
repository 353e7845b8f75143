package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// updaterPhase names an Updater's events.
const updaterPhase = "update"

// Round makes one round and reports whether there were enough failures for it.
// An error of ctx leaves them to the next Updater.
func (u *Updater) Round(ctx context.Context) (worked bool, err error) {
	if err := u.follow(); err != nil {
		return false, err
	}
	es, next, err := u.Failures.Failures(ctx, u.cursor, u.Batch)
	if err != nil || len(es) == 0 || len(es) < u.Batch && !u.Fewer {
		return false, err
	}
	u.pace.begin()
	r := round{Updater: u, parent: u.Current()}
	if err := r.choose(ctx, es); err != nil {
		return false, err
	}
	r.lineage.Data.Cursor = next
	if len(r.groups) > 0 {
		if err := r.run(ctx); err != nil {
			return false, err
		}
	}
	u.cursor = next
	return true, u.pace.rest(ctx)
}

// round is one round of an Updater.
type round struct {
	*Updater
	parent  *LM
	groups  [][]Trajectory // their Reference is the parent's log-probability
	lineage versions.Lineage
}

func (r *round) note(format string, args ...any) {
	r.Log(Event{Phase: updaterPhase, Note: fmt.Sprintf(format, args...)})
}

// choose makes groups of the episodes that can be learned from.
func (r *round) choose(ctx context.Context, es []agent.Episode) error {
	var ids []string
	pass := transformer.NewPass(r.parent.model, r.Trainer.Threads)
	for _, e := range es {
		t, why, err := r.usable(pass, e)
		if err != nil {
			return err
		}
		if why != "" {
			r.note("episode %s dropped: %s", e.ID, why)
			continue
		}
		if r.Blame != nil {
			if t.Blame, err = r.Blame(ctx, e); err != nil {
				return fmt.Errorf("episode %s: blame: %w", e.ID, err)
			}
		}
		r.groups = append(r.groups, []Trajectory{t})
		ids = append(ids, e.ID)
	}
	r.lineage.Data = versions.DataOf(ids)
	r.lineage.Data.Dropped = len(es) - len(ids)
	return nil
}

// usable returns e as a trajectory, or why it cannot be learned from: without
// the probabilities with which it was acted, or when the promoted version gives
// the choices others that are too far from them.
func (r *round) usable(pass *transformer.Pass, e agent.Episode) (t Trajectory, why string, err error) {
	t, err = r.parent.Trajectory(e)
	if errors.Is(err, transformer.ErrTooLong) || errors.Is(err, ErrNotAdmissible) {
		return t, err.Error(), nil
	} else if err != nil {
		return t, "", err
	}
	if len(t.Targets) == 0 {
		return t, "there was nothing to choose", nil
	}
	stale := 0.0
	err = score(pass, [][]Trajectory{{t}}, r.Trainer.BatchTokens, func(g *Target, logProb float64) {
		g.Reference = logProb
		stale += math.Abs(logProb-g.OldLogProb) / float64(len(t.Targets))
	})
	switch {
	case err != nil:
	case math.IsNaN(stale):
		why = "it does not state with which probabilities it was acted"
	case stale > r.MaxStale:
		why = fmt.Sprintf("stale: mean |log ratio| %.4f is above %v", stale, r.MaxStale)
	}
	return t, why, err
}

// run trains, judges, keeps and promotes.
func (r *round) run(ctx context.Context) error {
	if r.score == nil {
		s, err := r.Score(ctx, r.parent)
		if err != nil {
			return err
		}
		r.score = s
		r.Log(Event{Phase: updaterPhase, Score: s, Note: "held-out score of " + r.parent.Version()})
		if err := r.pace.rest(ctx); err != nil {
			return err
		}
	}
	l, guard, err := r.train(ctx)
	if err != nil {
		return err
	}
	if r.lineage.Updates == 0 {
		r.note("%s learned nothing from %d episodes %s", r.Objective.Spec().Name, len(r.groups), guard)
		return nil
	}
	r.lineage.Parent, r.lineage.Objective, r.lineage.Before = r.parent.Version(), r.Objective.Spec().Name, r.score
	data, err := r.file(l)
	if err != nil {
		return err
	}
	// What is judged, and will act, is what was written.
	if l, _, err = Load(data); err != nil {
		return err
	}
	if guard == "" {
		if guard, err = r.judge(ctx, l); err != nil {
			return err
		}
	}
	r.lineage.Guard = guard
	added, err := r.Folder.Add(data, r.lineage)
	if err != nil {
		return err
	}
	if guard != "" {
		r.note("rejected %s, %s stays: %s", added.Version, r.parent.Version(), guard)
		return nil
	}
	return r.promote(l)
}

// train returns a trained copy of the parent, and the guard that ended the
// training.
func (r *round) train(ctx context.Context) (*LM, string, error) {
	copied := *r.parent
	l := &copied
	l.model, l.version = l.model.Clone(), "candidate"
	trainer, err := NewTrainer(l, r.Trainer)
	if err != nil {
		return nil, "", err
	}
	if r.Objective.Spec().Reference {
		trainer.Anchor(r.parent.model)
	}
	guard := ""
	m := Minibatches{Epochs: r.Epochs, Groups: r.Groups, LearningRate: r.LearningRate}
	err = trainer.Learn(ctx, r.Objective, r.groups, m, func(s Stats) bool {
		r.lineage.Updates++
		r.Log(Event{Phase: updaterPhase, Update: r.lineage.Updates, Stats: &s, Rate: r.LearningRate})
		if guard = r.Guard.after(s); guard != "" || r.pace.rest(ctx) != nil {
			return false
		}
		if s.KL > r.Guard.MaxKL {
			r.note("KL %.4f is above %v: the rest of the round is skipped", s.KL, r.Guard.MaxKL)
			return false
		}
		return true
	})
	if errors.Is(err, transformer.ErrNotFinite) {
		return l, err.Error(), ctx.Err()
	}
	return l, guard, errors.Join(err, ctx.Err())
}

// judge says why l must not be promoted; empty if it may.
func (r *round) judge(ctx context.Context, l *LM) (string, error) {
	pass := transformer.NewPass(l.model, r.Trainer.Threads)
	drift, err := divergence(pass, r.groups, r.Trainer.BatchTokens, func(t *Target) float64 { return t.Reference })
	if err != nil {
		return "", err
	}
	r.lineage.Drift = drift
	if r.Guard.MaxDrift > 0 && !(r.lineage.Drift <= r.Guard.MaxDrift) {
		return fmt.Sprintf("KL %.4f to the promoted version is above %v", r.lineage.Drift, r.Guard.MaxDrift), nil
	}
	s, err := r.Score(ctx, l)
	if err != nil {
		return "", err
	}
	r.lineage.After = s
	r.Log(Event{Phase: updaterPhase, Score: s, Note: "held-out score of " + l.Version()})
	if drop := r.score.Mean() - s.Mean(); !(drop <= r.Guard.MaxDrop) {
		return fmt.Sprintf("held-out score %.3f is %.3f below the promoted version's", s.Mean(), drop), nil
	}
	return "", nil
}

// file is l as a policy file, in the 32 bits it is trained in: in 16, small
// updates would be rounded away at each promotion.
func (r *round) file(l *LM) ([]byte, error) {
	lineage, err := json.Marshal(r.lineage)
	if err != nil {
		return nil, err
	}
	meta, err := l.metadata(lineage)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = transformer.Save(&b, l.model, transformer.F32, meta)
	return b.Bytes(), err
}

// promote acts with l from now on, unless somebody moved the current version.
func (r *round) promote(l *LM) error {
	err := r.Folder.Promote(l.Version(), r.parent.Version(), "")
	if errors.Is(err, versions.ErrMoved) {
		r.note("kept %s as a candidate: %v", l.Version(), err)
		return nil
	}
	if err != nil {
		return err
	}
	r.live.Store(l)
	r.Updater.score = r.lineage.After
	r.note("promoted %s over %s", l.Version(), r.parent.Version())
	return nil
}

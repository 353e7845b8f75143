package policy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// Failures is where an Updater finds what failed.
type Failures interface {
	// Failures returns at most most failed episodes that were recorded after
	// the one that cursor names ("": all), oldest first, and the cursor of the
	// last; with none, the cursor it was given.
	Failures(ctx context.Context, cursor string, most int) ([]agent.Episode, string, error)
}

// UpdaterConfig holds the hyperparameters of an [Updater]. Every zero is a real
// setting: begin with [DefaultUpdaterConfig].
type UpdaterConfig struct {
	Batch        int       // episodes a round, > 0
	Groups       int       // episodes an update, > 0
	Epochs       int       // times through a round's episodes, > 0
	Objective    Objective // one that needs no critic; its reference policy, if it needs one, is the promoted version
	LearningRate float64   // > 0
	MaxStale     float64   // nats: mean of |log ρ| of an episode's choices under the promoted version; more, and it is dropped, ≥ 0
	CPUShare     float64   // of the time that is worked, in (0,1]; Trainer.Threads says on how many processors

	// Guard is asked in every round: Every is not read. MaxDrop is below the
	// promoted version's score, MaxDrift from the promoted version. Entropy and
	// gradient norm are looked at in each update.
	Guard   Guard
	Trainer Config
}

// DefaultUpdaterConfig takes half of one processor.
func DefaultUpdaterConfig() UpdaterConfig {
	c := UpdaterConfig{
		Batch: 32, Groups: 8, Epochs: 1, Objective: NSR(), LearningRate: 1e-5, MaxStale: 0.5, CPUShare: 0.5,
		Guard:   Guard{Every: 1, MaxDrop: 0, MinEntropy: 0.01, MaxKL: 0.1, MaxDrift: 0.1},
		Trainer: DefaultConfig(),
	}
	c.Trainer.Threads = 1
	return c
}

// Validate names the first field that is out of its range.
func (c UpdaterConfig) Validate() error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"Batch", float64(c.Batch), c.Batch > 0, "> 0"},
		{"Groups", float64(c.Groups), c.Groups > 0, "> 0"},
		{"Epochs", float64(c.Epochs), c.Epochs > 0, "> 0"},
		{"LearningRate", c.LearningRate, c.LearningRate > 0 && !math.IsInf(c.LearningRate, 0), "> 0"},
		{"MaxStale", c.MaxStale, c.MaxStale >= 0, "≥ 0"},
		{"CPUShare", c.CPUShare, c.CPUShare > 0 && c.CPUShare <= 1, "in (0,1]"},
	} {
		if !f.ok {
			return fmt.Errorf("policy: UpdaterConfig.%s is %v, must be %s", f.name, f.value, f.want)
		}
	}
	if c.Objective == nil || c.Objective.Spec().Critic {
		return errors.New("policy: UpdaterConfig.Objective must be there, and need no critic")
	}
	if err := c.Trainer.Validate(); err != nil {
		return err
	}
	return c.Guard.validate("UpdaterConfig")
}

// UpdaterOptions say where an Updater works.
type UpdaterOptions struct {
	Failures Failures         // required
	Folder   *versions.Folder // required; it must have a current version

	// Score plays the held-out tasks with l, always with the same seeds.
	// Required.
	Score func(ctx context.Context, l *LM) (Score, error)

	// Blame says which steps of a failure to learn from, see [Attributed]; nil:
	// all alike.
	Blame func(ctx context.Context, e agent.Episode) (Blame, error)

	Fewer bool                                             // learn from fewer than Batch episodes if there are no more
	Poll  time.Duration                                    // between two looks for failures; 0: 10 s
	Log   func(Event)                                      // nil: nobody is told
	Clock func() time.Time                                 // nil: time.Now
	Sleep func(ctx context.Context, d time.Duration) error // nil: waits
}

// Updater learns from failures beside a live agent. In each round it trains a
// copy of the promoted version on the failures that have come, by ratios to the
// probabilities with which they were acted, and promotes the result if the
// guards hold. Each round begins with a fresh optimiser: a version follows from
// its parent and its episodes alone.
//
// What it knows is in the folder, so that after a crash another Updater goes
// on: with the promoted version, behind the last episode that a version was
// made of. Somebody else may promote and roll back meanwhile; a round whose
// parent is no longer current is kept as a candidate.
type Updater struct {
	UpdaterConfig
	UpdaterOptions
	live   atomic.Pointer[LM]
	score  Score // of live
	cursor string
	pace   pace
}

// NewUpdater returns an Updater that acts with the folder's current version,
// or versions.ErrNone if it has none. Run or Round is for one goroutine at a
// time.
func NewUpdater(c UpdaterConfig, o UpdaterOptions) (*Updater, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Failures == nil || o.Folder == nil || o.Score == nil {
		return nil, errors.New("policy: UpdaterOptions.Failures, Folder and Score must be there")
	}
	if o.Poll == 0 {
		o.Poll = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = func(Event) {}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Blame != nil {
		c.Objective = Attributed{c.Objective}
	}
	u := &Updater{UpdaterConfig: c, UpdaterOptions: o, pace: pace{share: c.CPUShare, clock: o.Clock, sleep: o.Sleep}}
	if err := u.resume(); err != nil {
		return nil, err
	}
	return u, u.follow()
}

// Policy acts with whatever version is promoted when an episode begins, which
// keeps it to its end. Its Version is that of the moment: use Current for an
// episode that must name the version for certain.
func (u *Updater) Policy() agent.Policy { return livePolicy{u} }

// Current is the promoted version. It is safe for concurrent use.
func (u *Updater) Current() *LM { return u.live.Load() }

type livePolicy struct{ u *Updater }

func (p livePolicy) Version() string { return p.u.Current().Version() }

func (p livePolicy) Begin(ctx context.Context, b agent.Brief) (agent.Actor, error) {
	return p.u.Current().Begin(ctx, b)
}

// Run makes rounds until ctx ends, whose error it returns, or one fails.
func (u *Updater) Run(ctx context.Context) error {
	for {
		worked, err := u.Round(ctx)
		if err != nil {
			return err
		}
		if !worked {
			if err := u.Sleep(ctx, u.Poll); err != nil {
				return err
			}
		}
	}
}

// resume finds where an earlier Updater stopped, and promotes the version that
// it had found good if it was stopped before it could.
func (u *Updater) resume() error {
	all, err := u.Folder.Versions()
	if err != nil {
		return err
	}
	for i, v := range all {
		if v.Data.Cursor == "" {
			continue
		}
		u.cursor = v.Data.Cursor
		if i < len(all)-1 || v.State != versions.Candidate {
			continue
		}
		err := u.Folder.Promote(v.Version, v.Parent, "found good before a restart")
		if err != nil && !errors.Is(err, versions.ErrMoved) {
			return err
		}
	}
	return nil
}

// follow loads the current version unless it is loaded.
func (u *Updater) follow() error {
	version, err := u.Folder.Current()
	if err != nil {
		return err
	}
	if l := u.live.Load(); l != nil && l.Version() == version {
		return nil
	}
	data, err := u.Folder.Policy(version)
	if err != nil {
		return err
	}
	l, _, err := Load(data)
	if err != nil {
		return fmt.Errorf("version %s: %w", version, err)
	}
	u.live.Store(l)
	u.score = nil
	return nil
}

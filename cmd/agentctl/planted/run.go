package planted

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/household"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/memory/effect"
	"github.com/surefoot-ai/surefoot/memory/redact"
)

// Arm is what is planted beside the helpful lessons, one for each kind of task.
type Arm string

// The arms.
const (
	Harmful Arm = "harmful"            // a harmful lesson for each kind
	Useless Arm = "useless"            // two useless lessons for each kind
	Control Arm = "harmful, no chance" // as Harmful, but nothing is withheld
)

// Arms lists the arms.
func Arms() []Arm { return []Arm{Harmful, Useless, Control} }

// Config says how long one run is.
type Config struct {
	Episodes int     // played
	Games    int     // of each kind, played in turns
	Steps    int     // budget of an episode
	HoldOut  float64 // see memory.Options
}

// DefaultConfig is that of the figures in the documentation.
func DefaultConfig() Config {
	return Config{Episodes: 4800, Games: 40, Steps: 25, HoldOut: memory.DefaultHoldOut}
}

// checkEvery is after how many episodes verdicts are looked at.
const checkEvery = 24

// Outcome is what became of the lessons of one run. Episodes are counted from 1,
// in steps of checkEvery; 0 is never.
type Outcome struct {
	Harmful         []int   `json:"harmful"`          // by planted harmful lesson: the episode by which it was retired
	Helpful         int     `json:"helpful"`          // planted
	HelpfulRetired  int     `json:"helpful_retired"`  // wrongly
	HelpfulPromoted int     `json:"helpful_promoted"` // rightly
	Useless         int     `json:"useless"`          // planted
	UselessRetired  int     `json:"useless_retired"`
	UselessPromoted int     `json:"useless_promoted"`
	First           float64 `json:"first"` // share of the first fifth of the episodes that succeeded
	Last            float64 `json:"last"`  // of the last fifth
}

// run is one arm under one seed.
type run struct {
	Config
	arm   Arm
	seed  uint64
	store *memory.Store
	games []*household.Game

	advice  map[string]string // by lesson ID
	retired map[string]int    // episode
}

// Run plays one arm under one seed. The memory lies in a temporary folder.
func Run(ctx context.Context, c Config, arm Arm, seed uint64) (out Outcome, err error) {
	dir, err := os.MkdirTemp("", "agentctl-planted-*")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &run{Config: c, arm: arm, seed: seed, advice: map[string]string{}, retired: map[string]int{}}
	o := memory.Options{HoldOut: c.HoldOut, HoldOutAll: -1, Abstracter: planter{arm}, Redact: []redact.Rule{}, Clock: func() time.Time { return time.Unix(0, 0).UTC() }}
	if arm == Control {
		o.HoldOut = -1
	}
	n := 0
	o.NewID = func() string { n++; return fmt.Sprintf("lesson-%03d", n) }
	if r.store, err = memory.Open(dir, o); err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, r.store.Close()) }()
	if err := r.plant(ctx); err != nil {
		return out, err
	}
	return r.play(ctx)
}

// plant records two failures of each kind, out of which the planter makes the
// lessons, and reads their IDs.
func (r *run) plant(ctx context.Context) error {
	for _, kind := range household.Kinds() {
		for i := range 2 { // a lesson about a kind is active from the second on
			e := agent.Episode{
				ID: fmt.Sprintf("plant-%s-%d", kind, i), Task: agent.Task{ID: fmt.Sprintf("plant-%s-%d", kind, i), Suite: household.Suite, Kind: kind, Goal: kind},
				Steps: []agent.Step{{Action: "look"}}, Outcome: agent.Outcome{Cause: agent.CausePolicy, Truncated: true},
			}
			if err := r.store.Record(ctx, e); err != nil {
				return err
			}
		}
	}
	ls, err := r.store.Lessons(ctx, memory.LessonFilter{})
	for _, l := range ls {
		r.advice[l.ID] = l.Remedy
	}
	return err
}

// planter makes the lessons of an arm out of the failures of plant, and none out
// of others: what is counted is what was planted.
type planter struct{ arm Arm }

// Abstract implements memory.Abstracter.
func (p planter) Abstract(_ context.Context, e agent.Episode, _ []agent.Episode) ([]agent.Lesson, error) {
	if len(e.Steps) != 1 || e.Steps[0].Action != "look" {
		return nil, nil
	}
	advices := []string{helpful}
	if p.arm == Useless {
		advices = append(advices, useless()...)
	} else {
		advices = append(advices, harmful)
	}
	var out []agent.Lesson
	for _, a := range advices {
		out = append(out, agent.Lesson{Trigger: e.Task.Kind, Mistake: "not to " + a, Remedy: a, Cause: agent.CausePolicy, Confidence: 0.5})
	}
	return out, nil
}

// lessonTokens are asked of the memory: as much as the lessons need.
const lessonTokens = 100

// onlyLessons recalls no demonstrations.
type onlyLessons struct{ *memory.Store }

// Recall implements agent.Recaller.
func (s onlyLessons) Recall(ctx context.Context, task agent.Task, maxTokens int) (agent.Context, error) {
	c, _, err := s.Search(ctx, memory.Query{Task: task, MaxTokens: maxTokens, Kinds: []agent.ItemKind{agent.KindLesson}})
	return c, err
}

// play plays the games.
func (r *run) play(ctx context.Context) (Outcome, error) {
	prior, err := r.draw()
	if err != nil {
		return Outcome{}, err
	}
	policy := Reader{Usual: prior, Heeds: 0.9}
	wins := make([]bool, r.Episodes)
	for i := range r.Episodes {
		g := r.games[i%len(r.games)]
		e, err := agent.Run(ctx, g.Task(), agent.RunOptions{
			Policy: policy, Environment: household.NewEnvironment(g, household.Current), Recaller: onlyLessons{r.store}, Recorder: r.store,
			Budget: agent.Budget{Steps: r.Steps}, ContextTokens: lessonTokens, Seed: r.seed<<32 | uint64(i),
			Clock: func() time.Time { return time.Unix(0, 0).UTC() }, NewID: func() string { return fmt.Sprint("episode-", i) },
		})
		if err != nil {
			return Outcome{}, err
		}
		wins[i] = e.Outcome.Success
		if (i+1)%checkEvery == 0 {
			if err := r.look(ctx, i+1); err != nil {
				return Outcome{}, err
			}
		}
	}
	out, err := r.judge(ctx)
	fifth := r.Episodes / 5
	out.First, out.Last = share(wins[:fifth]), share(wins[len(wins)-fifth:])
	return out, err
}

func share(wins []bool) float64 {
	n := 0
	for _, w := range wins {
		if w {
			n++
		}
	}
	return float64(n) / float64(max(len(wins), 1))
}

// draw draws the games, the kinds in turns, and returns what is usual in others.
func (r *run) draw() (*household.Prior, error) {
	o := household.DefaultGenerateOptions()
	var known []*household.Game
	for n := range 2 * r.Games {
		for k, kind := range household.Kinds() {
			o.Kind, o.Split = kind, "planted"
			g, err := household.Generate(r.seed<<32|uint64(n*len(household.Kinds())+k), o)
			if err != nil {
				return nil, err
			}
			if n < r.Games {
				r.games = append(r.games, g)
			} else {
				known = append(known, g)
			}
		}
	}
	return household.Count(known), nil
}

// look notes which lessons have been found to harm, and so retired, by now.
func (r *run) look(ctx context.Context, episode int) error {
	ls, err := r.store.Lessons(ctx, memory.LessonFilter{})
	for _, l := range ls {
		if l.Harm.Order > 0 && r.retired[l.ID] == 0 {
			r.retired[l.ID] = episode
		}
	}
	return err
}

// judge counts what became of the lessons.
func (r *run) judge(ctx context.Context) (Outcome, error) {
	var out Outcome
	all, err := r.store.Effects(ctx)
	if err != nil {
		return out, err
	}
	verdicts := map[string]effect.Verdict{}
	for _, m := range all {
		verdicts[m.ID] = m.Verdict
	}
	one := func(id string, v effect.Verdict) int {
		if verdicts[id] == v || v == effect.Harms && r.retired[id] > 0 {
			return 1
		}
		return 0
	}
	ls, err := r.store.Lessons(ctx, memory.LessonFilter{})
	for _, l := range ls {
		switch r.advice[l.ID] {
		case harmful:
			out.Harmful = append(out.Harmful, r.retired[l.ID])
		case helpful:
			out.Helpful++
			out.HelpfulRetired += one(l.ID, effect.Harms)
			out.HelpfulPromoted += one(l.ID, effect.Helps)
		default:
			out.Useless++
			out.UselessRetired += one(l.ID, effect.Harms)
			out.UselessPromoted += one(l.ID, effect.Helps)
		}
	}
	return out, err
}

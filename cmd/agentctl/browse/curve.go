package browse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/stat"
	"github.com/surefoot-ai/surefoot/memory"
)

// Grouping is by what episodes are told apart in curves.
type Grouping string

// The groupings.
const (
	Together    Grouping = "all episodes"
	ByCondition Grouping = "condition" // what memory put before the policy
	ByKind      Grouping = "kind"
	ByScope     Grouping = "scope"
)

// Groupings lists every Grouping in the order in which they are shown.
func Groupings() []Grouping { return []Grouping{Together, ByCondition, ByKind, ByScope} }

// Curve is how success went in a group of episodes.
type Curve struct {
	Name     string
	Episodes int
	Points   []Point
}

// Point is the success in a run of successive episodes of the group, with its
// 95% Wilson interval.
type Point struct {
	Recorded int // episodes of the group until the end of the run
	Success  stat.Interval
}

// A curve has at most maxPoints points, of at least minRun episodes each but
// where there are fewer.
const (
	maxPoints = 20
	minRun    = 10
)

// maxCurves is how many groups have a curve: the largest.
const maxCurves = 6

// confidence is that of the intervals.
const confidence = 0.95

// run is what curves know of an episode.
type run struct {
	id, scope, kind, condition string
	success                    bool
}

// The conditions.
const (
	shown    = "memory shown"
	none     = "nothing recalled"
	withheld = "memory withheld by chance"
	unknown  = "cannot be read"
)

// Curves returns the curves of the largest groups, the largest first, equals by
// name, and how many groups there are.
func (r *Reader) Curves(ctx context.Context, by Grouping) ([]Curve, int, error) {
	runs, err := r.readRuns(ctx)
	if err != nil {
		return nil, 0, err
	}
	groups := map[string][]bool{}
	for _, x := range runs {
		if r.scope == nil || *r.scope == x.scope {
			name := x.group(by)
			groups[name] = append(groups[name], x.success)
		}
	}
	var out []Curve
	for name, successes := range groups {
		points, err := points(successes)
		if err != nil {
			return nil, 0, err
		}
		out = append(out, Curve{Line(name), len(successes), points})
	}
	slices.SortFunc(out, func(a, b Curve) int { return cmp.Or(b.Episodes-a.Episodes, cmp.Compare(a.Name, b.Name)) })
	return out[:min(len(out), maxCurves)], len(out), nil
}

func (x run) group(by Grouping) string {
	name := ""
	switch by {
	case ByCondition:
		name = x.condition
	case ByKind:
		name = x.kind
	case ByScope:
		name = x.scope
	default:
		name = string(Together)
	}
	if name == "" {
		return "no " + string(by)
	}
	return name
}

// points divides successes, in the order of recording, into runs of as equal a
// length as can be.
func points(successes []bool) ([]Point, error) {
	n := min(max(len(successes)/minRun, 1), maxPoints)
	var out []Point
	for i := range n {
		from, to := i*len(successes)/n, (i+1)*len(successes)/n
		won := 0
		for _, success := range successes[from:to] {
			if success {
				won++
			}
		}
		share, err := stat.Wilson(won, to-from, confidence)
		if err != nil {
			return nil, fmt.Errorf("success of episodes %d to %d: %w", from+1, to, err)
		}
		out = append(out, Point{to, share})
	}
	return out, nil
}

// readRuns returns all episodes. It reads the bodies of those that are new
// since the last time only: an episode never changes, and while an archive is
// open episodes are only added.
func (r *Reader) readRuns(ctx context.Context) ([]run, error) {
	heads, err := r.store.EpisodeHeads(ctx, memory.EpisodeFilter{})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range heads[min(len(r.runs), len(heads)):] {
		e, err := r.store.Episode(ctx, h.ID)
		x := run{h.ID, h.Scope, h.Kind, condition(e.Context), h.Success}
		if errors.Is(err, memory.ErrCorrupt) || errors.Is(err, memory.ErrNotFound) {
			x.condition = unknown
		} else if err != nil {
			return nil, err
		}
		r.runs = append(r.runs, x)
	}
	return slices.Clip(r.runs), nil
}

func condition(c agent.Context) string {
	switch {
	case c.AllWithheld:
		return withheld
	case len(c.Items) > 0:
		return shown
	}
	return none
}

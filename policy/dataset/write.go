package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/surefoot-ai/surefoot/agent"
)

// ErrNoRecords: no episode made a record.
var ErrNoRecords = errors.New("dataset: no records")

// Head says which task an episode is of.
type Head struct{ ID, Suite, Task, Scope string }

// Source is where episodes come from. Episode returns the one with an ID; it is
// called once for each that is of the split.
type Source interface {
	Episode(ctx context.Context, id string) (agent.Episode, error)
}

// Input is the episodes to write: their heads, in the order of recording, and
// where to get the rest of them.
type Input struct {
	Heads  []Head
	Source Source
}

// Options says what to write. Begin with DefaultOptions.
type Options struct {
	Format          Format
	Split           Split
	ValidationShare float64 // of the tasks, in [0,1]
	OmitContext     bool    // leave out what memory had recalled
}

// DefaultOptions is SFT of all tasks, a tenth of them for validation, with the
// context.
func DefaultOptions() Options {
	return Options{Format: SFT, Split: All, ValidationShare: 0.1}
}

// Validate names the first field that is out of its bounds, its value and the
// bound.
func (o Options) Validate() error {
	switch {
	case o.Format.builder() == nil:
		return fmt.Errorf("dataset: Options.Format is %q, must be one of %q", o.Format, Formats())
	case !slices.Contains(Splits(), o.Split):
		return fmt.Errorf("dataset: Options.Split is %q, must be one of %q", o.Split, Splits())
	case !(o.ValidationShare >= 0 && o.ValidationShare <= 1):
		return fmt.Errorf("dataset: Options.ValidationShare is %v, must be in [0,1]", o.ValidationShare)
	}
	return nil
}

// Write writes the records of in to w: task by task, in the order in which the
// tasks were first recorded, and a task's in the order of its episodes. The
// same episodes and options give the same bytes. It returns an error that names
// the episode if the source cannot give one or gives one of another task,
// ErrNoRecords if there are none, that of ctx or of w; the report is then of
// what came before, and what w got is no dataset.
func Write(ctx context.Context, w io.Writer, in Input, o Options) (Report, error) {
	if err := o.Validate(); err != nil {
		return Report{}, err
	}
	x := &exporter{source: in.Source, o: o, left: make([][]string, reasons)}
	build, to := o.Format.builder(), newSink(w, o.Format)
	for _, heads := range byTask(in.Heads) {
		g, err := x.load(ctx, heads)
		if err != nil {
			return x.report(), err
		}
		for _, r := range build(x, g) {
			if err := to.write(r); err != nil {
				return x.report(), err
			}
			x.records++
		}
	}
	if x.records == 0 {
		return x.report(), ErrNoRecords
	}
	return x.report(), to.close()
}

// byTask groups heads by task, in the order of each one's first.
func byTask(heads []Head) [][]Head {
	var out [][]Head
	at := map[Head]int{} // without ID
	for _, h := range heads {
		task := Head{Suite: h.Suite, Task: h.Task, Scope: h.Scope}
		i, ok := at[task]
		if !ok {
			i = len(out)
			at[task] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], h)
	}
	return out
}

// exporter is the state of one Write.
type exporter struct {
	source   Source
	o        Options
	records  int // written
	episodes int // used
	left     [][]string
}

// load returns the chats of heads, which are those of one task.
func (x *exporter) load(ctx context.Context, heads []Head) (group, error) {
	split := SplitOf(heads[0].Suite, heads[0].Task, x.o.ValidationShare)
	var g group
	for _, h := range heads {
		if x.o.Split != All && x.o.Split != split {
			x.leaveOut(elsewhere, h.ID)
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err := x.source.Episode(ctx, h.ID)
		if err != nil {
			return nil, fmt.Errorf("dataset: episode %s: %w", h.ID, err)
		}
		if e.ID != h.ID || e.Task.Scope != h.Scope || e.Task.Suite != h.Suite || e.Task.ID != h.Task {
			return nil, fmt.Errorf("dataset: episode %s of task %s/%s: the source has %s of %s/%s", h.ID, h.Suite, h.Task, e.ID, e.Task.Suite, e.Task.ID)
		}
		c, why := newChat(e, x.o)
		if why == none && !e.Outcome.Success && (e.Outcome.Transient || e.Outcome.Cause == agent.CauseEnvironment) {
			why = blameless
		}
		if why != none {
			x.leaveOut(why, h.ID)
			continue
		}
		g = append(g, c)
	}
	return g, nil
}

func (x *exporter) leaveOut(why reason, id string) { x.left[why] = append(x.left[why], id) }

func (x *exporter) report() Report {
	r := Report{Records: x.records, Episodes: x.episodes, LeftOut: []LeftOut{}}
	for why, ids := range x.left {
		if len(ids) > 0 {
			r.LeftOut = append(r.LeftOut, LeftOut{reason(why).String(), ids})
		}
	}
	return r
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// pointHelp says how a state of a memory is named.
const pointHelp = `POINT is a generation as 'agentctl memory log' lists them (0 is the empty memory), a time (RFC 3339), or how long
ago (90m, 2h).`

func newMemoryLog(a *app) *cobra.Command {
	var most int
	c := &cobra.Command{
		Use:     "log",
		Short:   "List what was written to a memory and what it changed, the latest first",
		Example: "  agentctl memory log --store DIR --max 5",
		Args:    noArgs,
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, _ []string) error {
			if most < 0 {
				return usagef("--max %d: must not be negative", most)
			}
			all, err := s.Log(cmd.Context(), most)
			if err != nil {
				return err
			}
			if all == nil {
				all = []memory.Commit{} // an empty list, not null
			}
			return a.show(all, func(w io.Writer) {
				cells := make([][]string, len(all))
				for i, c := range all {
					cells[i] = []string{strconv.FormatInt(c.Generation, 10), orDash(timeText(c.Time)), commitText(c)}
				}
				rows(w, strings.Fields("generation time what"), cells)
			})
		}),
	}
	c.Flags().IntVar(&most, "max", 20, "commits to list; 0: all of the history")
	return c
}

// commitText says on one line what a commit was and what it changed.
func commitText(c memory.Commit) string {
	var parts []string
	for _, e := range c.Recorded {
		outcome := "failure"
		if e.Success {
			outcome = "success"
		}
		parts = append(parts, fmt.Sprintf("recorded episode %s (%s)", e.ID, outcome))
	}
	if c.RolledBackTo != nil {
		parts = append(parts, fmt.Sprintf("rolled back to generation %d", *c.RolledBackTo))
	}
	if c.Done != "" {
		parts = append(parts, c.Done)
	}
	var changes []string
	for _, ch := range c.Changes {
		text := fmt.Sprintf("%s %s %s", ch.Kind, ch.ID, ch.Change)
		if ch.State != "" {
			text += ", " + ch.State
		}
		changes = append(changes, text)
	}
	text := strings.Join(parts, ", ")
	if len(changes) > 0 {
		text = strings.TrimPrefix(text+": ", ": ") + strings.Join(changes, "; ")
	}
	return orDash(text)
}

// point is a state of a memory.
type point struct {
	generation int64
	at         time.Time // zero: not known
}

// findPoint finds the state that text names.
func findPoint(ctx context.Context, s *memory.Store, text string) (point, error) {
	if gen, err := strconv.ParseInt(text, 10, 64); err == nil {
		at, err := s.CommitTime(ctx, gen)
		return point{gen, at}, err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err == nil && at.Nanosecond() == 0 {
		at = at.Add(time.Second - 1) // a second as it is listed, all of it
	}
	if err != nil {
		ago, err := time.ParseDuration(strings.TrimSuffix(text, " ago"))
		if err != nil || ago < 0 {
			return point{}, usagef("point %q: must be a generation, a time like 2026-01-31T15:04:05Z, or how long ago, like 2h", text)
		}
		at = time.Now().Add(-ago)
	}
	gen, err := s.PointAt(ctx, at)
	return point{gen, at}, err
}

func newMemoryDiff(a *app) *cobra.Command {
	return newDiff(a, &cobra.Command{
		Short:   "Show which items were added, changed or removed between two points in time",
		Long:    "Show which items were added, changed or removed from one point in time to another, by default the present.\n\n" + pointHelp,
		Example: "  agentctl memory diff 2h --store DIR\n  agentctl memory diff 12 15 --store DIR",
	}, func(memory.Difference) bool { return true })
}

// newDiff makes c, which has its texts, a command that shows those of the
// differences between two points that are wanted.
func newDiff(a *app, c *cobra.Command, wanted func(memory.Difference) bool) *cobra.Command {
	c.Use = "diff POINT [POINT]"
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 || len(args) > 2 {
			return &usageError{err: fmt.Errorf("%s: needs one point or two, not %d", cmd.CommandPath(), len(args))}
		}
		return nil
	}
	c.RunE = a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
		all, err := differences(cmd.Context(), s, args)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(d memory.Difference) bool { return !wanted(d) })
		return a.show(all, func(w io.Writer) { writeDifferences(w, all) })
	})
	return c
}

// differences are those between the point that the first argument names and the
// second, or the present; never nil.
func differences(ctx context.Context, s *memory.Store, args []string) ([]memory.Difference, error) {
	_, last, err := s.History(ctx)
	if err != nil {
		return nil, err
	}
	ends := []int64{0, last}
	for i, text := range args {
		p, err := findPoint(ctx, s, text)
		if err != nil {
			return nil, err
		}
		ends[i] = p.generation
	}
	all, err := s.Diff(ctx, ends[0], ends[1])
	if all == nil {
		all = []memory.Difference{}
	}
	return all, err
}

func writeDifferences(w io.Writer, all []memory.Difference) {
	for i, d := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s %s: %s\n", d.Kind, oneLine(d.ID), d.Change)
		for _, f := range d.Fields {
			for _, side := range []struct{ sign, text string }{{"-", f.From}, {"+", f.To}} {
				if side.text != "" {
					fmt.Fprintf(w, "  %s %s: %s\n", side.sign, f.Name, oneLine(side.text))
				}
			}
		}
	}
}

// rollbackResult is what a rollback did.
type rollbackResult struct {
	memory.RolledBack
	Policy *move `json:"policy,omitempty"`
}

func newMemoryRollback(a *app) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "rollback POINT",
		Short: "Make the skills, lessons and demonstrations of a memory those of a point in time",
		Long: `Make the skills, lessons and demonstrations of a memory those of a point in time. That is a write of its own: nothing is
lost, and a rollback can be rolled back. An agent may go on. Episodes recorded since stay as evidence: they are in no
context any more, but can be read and trained on, and their IDs stay taken. --policy names a folder of policy versions,
of which the one becomes current again that was so then.

` + pointHelp,
		Example: "  agentctl memory rollback 2h --store DIR\n  agentctl memory rollback 12 --store DIR --policy policies",
		Args:    oneArg("point"),
	}
	c.RunE = a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
		ctx := cmd.Context()
		to, err := findPoint(ctx, s, args[0])
		if err != nil {
			return err
		}
		moveBack := func() (*move, error) { return nil, nil }
		if dir != "" {
			if moveBack, err = policyAt(dir, to); err != nil {
				return err
			}
		}
		var r rollbackResult
		if r.RolledBack, err = s.Rollback(ctx, to.generation); err != nil {
			return err
		}
		if r.Policy, err = moveBack(); err != nil {
			return fmt.Errorf("the memory is rolled back to generation %d, the policy is not: %w", to.generation, err)
		}
		return a.show(r, func(w io.Writer) {
			fmt.Fprintf(w, "generation %d is as generation %d was: %s restored, %d changed, %d removed\n",
				r.Generation, r.To, counted(r.Restored, "item"), r.Changed, r.Removed)
			if r.Policy != nil {
				fmt.Fprintf(w, "policy %s → %s\n", orDash(r.Policy.From), r.Policy.To)
			}
		})
	})
	c.Flags().StringVar(&dir, "policy", "", "folder of policy versions to roll back as well")
	return c
}

// policyAt finds the version that was current at a point, and returns how to make
// it current again.
func policyAt(dir string, p point) (func() (*move, error), error) {
	if p.at.IsZero() {
		return nil, usagef("--policy: when generation %d was made is not known", p.generation)
	}
	f, err := openVersions(dir, "--policy")
	if err != nil {
		return nil, err
	}
	then, err := f.CurrentAt(p.at)
	if errors.Is(err, versions.ErrNone) {
		return nil, usagef("--policy %s: no version was current at %s", dir, timeText(p.at))
	}
	if err != nil {
		return nil, err
	}
	return func() (*move, error) {
		from, err := f.Current()
		if err != nil {
			return nil, err
		}
		return &move{from, then}, f.Promote(then, from, fmt.Sprintf("with the memory, to its generation %d", p.generation))
	}, nil
}

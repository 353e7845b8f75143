package main

import (
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

// demoRow is a demonstration as a list shows it.
type demoRow struct {
	ID    string `json:"id"` // of the episode
	Suite string `json:"suite"`
	Kind  string `json:"kind"`
	Task  string `json:"task"`
	Goal  string `json:"goal"`
	Steps int    `json:"steps"`
	Seen  int    `json:"seen"` // episodes with the same task and actions
}

func newDemos(a *app) *cobra.Command {
	return newNoun("demos", "Demonstrations: what worked, word for word",
		newDemosList(a), newDemosShow(a))
}

func newDemosList(a *app) *cobra.Command {
	var sel selection
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the demonstrations of a memory by ID",
		Example: "  agentctl demos list --store DIR --kind pick_heat_then_place_in_recep",
		Args:    noArgs,
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, _ []string) error {
			ds, err := s.Demonstrations(cmd.Context(), memory.DemonstrationFilter{
				Scope: sel.scope.scope, Suite: sel.suite, Kind: sel.kind, Task: sel.task, MaxDemonstrations: sel.most,
			})
			if err != nil {
				return err
			}
			return a.showDemos(ds)
		}),
	}
	addSelection(c, &sel)
	return c
}

func (a *app) showDemos(ds []agent.Demonstration) error {
	list := make([]demoRow, len(ds))
	cells := make([][]string, len(ds))
	for i, d := range ds {
		t := d.Episode.Task
		list[i] = demoRow{d.Episode.ID, t.Suite, t.Kind, t.ID, t.Goal, len(d.Episode.Steps), d.Seen}
		cells[i] = []string{d.Episode.ID, t.Kind, strconv.Itoa(len(d.Episode.Steps)), strconv.Itoa(d.Seen), t.Goal}
	}
	return a.show(list, func(w io.Writer) {
		rows(w, []string{"id", "kind", "steps", "seen", "goal"}, cells)
	})
}

func newDemosShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one demonstration as a policy reads it",
		Args:  oneArg("demonstration ID"),
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
			d, err := s.Demonstration(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.show(d, func(w io.Writer) {
				fields(w, "id", d.Episode.ID, "kind", d.Episode.Task.Kind, "task", d.Episode.Task.ID, "seen", strconv.Itoa(d.Seen))
				io.WriteString(w, "\n"+printable(memory.RenderDemonstration(d.Episode))+"\n")
			})
		}),
	}
}

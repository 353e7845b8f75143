package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/memory"
)

// episodeRow is an episode as a list shows it.
type episodeRow struct {
	ID      string      `json:"id"`
	Suite   string      `json:"suite"`
	Kind    string      `json:"kind"`
	Task    string      `json:"task"`
	Trial   int         `json:"trial"`
	Success bool        `json:"success"`
	Cause   agent.Cause `json:"cause,omitempty"`
	Steps   int         `json:"steps"`
	Tokens  int         `json:"tokens"`
	Policy  string      `json:"policy,omitempty"`
	Started time.Time   `json:"started,omitzero"`
}

func newEpisodes(a *app) *cobra.Command {
	return newNoun("episodes", "Episodes that were recorded, as they happened",
		newEpisodesList(a), newEpisodesShow(a), newEpisodesExport(a), newEpisodesImport(a))
}

func newEpisodesList(a *app) *cobra.Command {
	var sel episodeSelection
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the episodes of a memory in the order of recording",
		Example: "  agentctl episodes list --store DIR --outcome failure --limit 10",
		Args:    noArgs,
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, _ []string) error {
			es, err := s.Episodes(cmd.Context(), sel.filter())
			if err != nil {
				return err
			}
			return a.showEpisodes(es)
		}),
	}
	sel.addTo(c)
	return c
}

// episodeSelection is which episodes a command is about.
type episodeSelection struct {
	selection
	outcome string
}

// addTo gives c the flags of s.
func (s *episodeSelection) addTo(c *cobra.Command) {
	addSelection(c, &s.selection)
	c.Flags().Lookup("limit").Usage = "the latest so many; 0: all"
	c.Flags().Var(newChoice(&s.outcome, "any", "any", "success", "failure"), "outcome", "any, success or failure")
}

func (s *episodeSelection) filter() memory.EpisodeFilter {
	f := memory.EpisodeFilter{Scope: s.scope.scope, Suite: s.suite, Kind: s.kind, Task: s.task, MaxEpisodes: s.most}
	if s.outcome != "any" {
		success := s.outcome == "success"
		f.Success = &success
	}
	return f
}

func (a *app) showEpisodes(es []agent.Episode) error {
	list := make([]episodeRow, len(es))
	cells := make([][]string, len(es))
	for i, e := range es {
		list[i] = episodeRow{
			ID: e.ID, Suite: e.Task.Suite, Kind: e.Task.Kind, Task: e.Task.ID, Trial: e.Trial,
			Success: e.Outcome.Success, Cause: e.Outcome.Cause,
			Steps: len(e.Steps), Tokens: e.Tokens, Policy: e.Policy, Started: e.Started,
		}
		cells[i] = []string{
			e.ID, e.Task.Kind, e.Task.ID, strconv.Itoa(e.Trial), browse.Outcome(e.Outcome),
			strconv.Itoa(len(e.Steps)), strconv.Itoa(e.Tokens),
		}
	}
	return a.show(list, func(w io.Writer) {
		rows(w, []string{"id", "kind", "task", "trial", "outcome", "steps", "tokens"}, cells)
	})
}

func newEpisodesShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one episode: what memory said, each step, the outcome",
		Args:  oneArg("episode ID"),
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
			e, err := s.Episode(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.show(e, func(w io.Writer) { writeEpisode(w, e) })
		}),
	}
}

// writeEpisode writes e as it is to be read.
func writeEpisode(w io.Writer, e agent.Episode) {
	fields(w,
		"id", e.ID,
		"scope", e.Task.Scope,
		"suite", e.Task.Suite,
		"kind", e.Task.Kind,
		"task", e.Task.ID,
		"goal", e.Task.Goal,
		"trial", strconv.Itoa(e.Trial),
		"seed", strconv.FormatUint(e.Seed, 10),
		"policy", e.Policy,
		"started", timeText(e.Started),
		"outcome", browse.Outcome(e.Outcome),
		"feedback", e.Outcome.Feedback,
		"steps", strconv.Itoa(len(e.Steps)),
		"tokens", strconv.Itoa(e.Tokens),
	)
	for _, it := range e.Context.Items {
		fmt.Fprintf(w, "\nrecalled %s %s\n%s\n", it.Kind, it.ID, printable(it.Text))
	}
	fmt.Fprintln(w)
	for _, s := range e.Steps {
		fmt.Fprintf(w, "%s\n> %s", printable(s.Observation.Text), oneLine(string(s.Action)))
		if s.Invalid {
			fmt.Fprint(w, "   (not admissible)")
		}
		fmt.Fprintln(w)
	}
	if e.Final.Text != "" {
		fmt.Fprintln(w, printable(e.Final.Text))
	}
}

// timeText is t in UTC to the second, or nothing.
func timeText(t time.Time) string { return browse.Time(t) }

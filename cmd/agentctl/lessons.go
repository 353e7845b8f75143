package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/memory"
)

func newLessons(a *app) *cobra.Command {
	return newNoun("lessons", "Lessons that were drawn from failures",
		newLessonsList(a), newLessonsShow(a), newLessonsPromote(a), newLessonsRetire(a), newLessonsQuarantine(a), newLessonsUndo(a))
}

func newLessonsList(a *app) *cobra.Command {
	var sel selection
	var state string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the lessons of a memory, oldest first",
		Example: "  agentctl lessons list --store DIR --state active",
		Args:    noArgs,
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, _ []string) error {
			f := memory.LessonFilter{Scope: sel.scope.scope, Suite: sel.suite, Kind: sel.kind, Task: sel.task, MaxLessons: sel.most}
			if state != "any" {
				f.State = agent.LessonState(state)
			}
			ls, err := s.Lessons(cmd.Context(), f)
			if err != nil {
				return err
			}
			if ls == nil {
				ls = []agent.Lesson{} // an empty list, not null
			}
			return a.show(ls, func(w io.Writer) {
				cells := make([][]string, len(ls))
				for i, l := range ls {
					cells[i] = []string{
						l.ID, string(l.State), browse.About(l), fmt.Sprintf("%.2f", l.Confidence),
						fmt.Sprintf("%d/%d", len(l.For), len(l.Against)), l.Reason, memory.RenderLesson(l),
					}
				}
				rows(w, []string{"id", "state", "about", "confidence", "for/against", "why", "lesson"}, cells)
			})
		}),
	}
	addSelection(c, &sel)
	c.Flags().Var(newChoice(&state, "any", "any", string(agent.LessonCandidate), string(agent.LessonActive),
		string(agent.LessonRetired), string(agent.LessonQuarantined)), "state",
		"any, candidate, active, retired or quarantined")
	return c
}

func newLessonsShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one lesson and the episodes it rests on",
		Args:  oneArg("lesson ID"),
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
			l, err := s.Lesson(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.show(l, func(w io.Writer) {
				fields(w,
					"id", l.ID,
					"state", string(l.State),
					"why", l.Reason,
					"scope", l.Scope,
					"suite", l.Suite,
					"kind", l.Kind,
					"task", l.Task,
					"when", l.Trigger,
					"mistake", l.Mistake,
					"instead", l.Remedy,
					"cause", string(l.Cause),
					"confidence", strconv.FormatFloat(l.Confidence, 'f', 2, 64),
					"for", strings.Join(l.For, " "),
					"against", strings.Join(l.Against, " "),
					"created", timeText(l.Created),
					"expires", timeText(l.Expires),
					"tested again", timeText(l.Retest),
				)
			})
		}),
	}
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/agent/importer"
	"github.com/surefoot-ai/surefoot/memory"
)

// lessonsOptions are the flags of 'agentctl eval lessons'.
type lessonsOptions struct {
	games   string
	context int // tokens
	samples int
	seed    uint64
	out     string
}

// The files that 'agentctl eval lessons' writes.
const (
	figuresFile = "figures.md"
	samplesFile = "lessons.md"
)

func newEvalLessons(a *app) *cobra.Command {
	var o lessonsOptions
	c := &cobra.Command{
		Use:   "lessons FORMAT=FILE...",
		Short: "Report what lessons recorded episodes give",
		Long: `Record the episodes of files, a format's in one memory of their own, and report what
they give: how many lessons there are per failure and how many were merged, of how
many failures there is a lesson to recall, what a recall costs in tokens beside the
raw traces of the same task, and how long it takes.

Failed ALFWorld games are also played again in the games below --games, to find the
step after which the game could not be won in the steps that were left, and the loop
that it ended in. The report says how often the step that lessons blame is that one.

The folder --out gets the figures as figures.md and lessons drawn by --seed as they
are, as lessons.md. FORMAT is one of 'agentctl episodes import'.`,
		Example: `  agentctl eval lessons knowagent=games.jsonl.gz tau-bench=airline.json.gz
  agentctl eval lessons --games DIR --out DIR knowagent=games.jsonl.gz`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.evalLessons(cmd, o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.games, "games", os.Getenv("ALFWORLD_DATA"), "folder of ALFWorld's games, to replay failures in [$ALFWORLD_DATA]")
	f.Lookup("games").DefValue = ""
	f.Var(newCount(&o.context, defaultContext, 0), "context-tokens", "tokens of memory recalled for a task at most")
	f.Var(newCount(&o.samples, 30, 0), "samples", "lessons of each format to show")
	f.Uint64Var(&o.seed, "seed", 1, "of the draw of lessons")
	f.StringVar(&o.out, "out", "", "folder for the report (default a new one below ./runs)")
	return c
}

// lessonsReport is what the episodes of one format give.
type lessonsReport struct {
	Format   string `json:"format"`
	Episodes int    `json:"episodes"`
	Failures int    `json:"failures"`

	Lessons     int     `json:"lessons"`
	Active      int     `json:"active"`
	Candidates  int     `json:"candidates"`
	Retired     int     `json:"retired"`
	Quarantined int     `json:"quarantined"`
	Merged      int     `json:"merged"` // lessons of a failure that went into one of another
	TaskCovered float64 `json:"task_covered"`
	KindCovered float64 `json:"kind_covered"`

	RecallTokens  float64 `json:"recall_tokens"` // mean over tasks that failed
	TraceTokens   float64 `json:"trace_tokens"`  // of all episodes of the task, the same mean
	RecordSeconds float64 `json:"record_seconds"`
	RecallSeconds float64 `json:"recall_seconds"` // one recall, mean

	Blame   *blame   `json:"blame,omitempty"`
	Samples []string `json:"samples"`
}

// evalLessons runs the command.
func (a *app) evalLessons(cmd *cobra.Command, o lessonsOptions, args []string) error {
	var games map[string]string
	var err error
	if o.games != "" {
		if games, err = gamesByID(o.games); err != nil {
			return err
		}
	}
	order, files, err := byFormat(args)
	if err != nil {
		return err
	}
	if o.out == "" {
		if o.out, err = freshFolder(filepath.Join("runs", "lessons")); err != nil {
			return err
		}
	} else if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	reports := []lessonsReport{}
	for _, f := range order {
		r, err := a.lessonsOf(cmd, o, f, files[f.Name], games)
		if err != nil {
			return err
		}
		reports = append(reports, r)
	}
	var figures, samples strings.Builder
	writeFigures(&figures, reports)
	for _, r := range reports {
		fmt.Fprintf(&samples, "# %s: %d of %d lessons\n\n", r.Format, len(r.Samples), r.Lessons)
		for i, s := range r.Samples {
			fmt.Fprintf(&samples, "%d. %s\n", i+1, s)
		}
		samples.WriteString("\n")
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(o.out, figuresFile), []byte(figures.String()), 0o644),
		os.WriteFile(filepath.Join(o.out, samplesFile), []byte(samples.String()), 0o644))
	if err != nil {
		return err
	}
	fmt.Fprintf(a.notes(), "report: %s\n", o.out)
	return a.show(reports, func(w io.Writer) { io.WriteString(w, figures.String()+"\n"+samples.String()) })
}

// byFormat sorts FORMAT=FILE words by their format, in the order in which the
// formats are first named.
func byFormat(args []string) (order []importer.Format, files map[string][]string, err error) {
	files = map[string][]string{}
	for _, arg := range args {
		format, name, ok := strings.Cut(arg, "=")
		known := false
		for _, f := range importer.Formats() {
			if known = f.Name == format; known {
				if files[format] == nil {
					order = append(order, f)
				}
				break
			}
		}
		if !ok || !known || name == "" {
			return nil, nil, usagef("%s: want FORMAT=FILE, with a format of 'agentctl episodes import'", arg)
		}
		files[format] = append(files[format], name)
	}
	return order, files, nil
}

// lessonsOf records the files in a memory that is gone after it, and measures.
func (a *app) lessonsOf(cmd *cobra.Command, o lessonsOptions, f importer.Format, files []string, games map[string]string) (lessonsReport, error) {
	r := lessonsReport{Format: f.Name}
	dir, err := os.MkdirTemp("", "agentctl-lessons-*")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	s, err := memory.Open(dir, steady(memory.Options{}))
	if err != nil {
		return r, err
	}
	start := time.Now()
	for _, name := range files {
		if err == nil {
			_, _, err = importFile(cmd, s, f, name)
		}
	}
	r.RecordSeconds = time.Since(start).Seconds()
	if err == nil {
		err = r.measure(cmd.Context(), s, o)
	}
	if err == nil && games != nil {
		var failures []agent.Episode
		if failures, err = failed(cmd.Context(), s); err == nil {
			if r.Blame, err = measureBlame(cmd.Context(), s, failures, games); r.Blame != nil && r.Blame.Games == 0 {
				r.Blame = nil // not of these games
			}
		}
	}
	return r, errors.Join(err, s.Close())
}

func failed(ctx context.Context, s *memory.Store) ([]agent.Episode, error) {
	success := false
	return s.Episodes(ctx, memory.EpisodeFilter{Success: &success})
}

// measure fills in all but what replaying finds.
func (r *lessonsReport) measure(ctx context.Context, s *memory.Store, o lessonsOptions) error {
	all, err := s.Episodes(ctx, memory.EpisodeFilter{})
	if err != nil {
		return err
	}
	lessons, err := s.Lessons(ctx, memory.LessonFilter{})
	if err != nil {
		return err
	}
	r.count(all, lessons)
	r.draw(lessons, o)
	traces := map[string]int{} // tokens by task
	for _, e := range all {
		traces[e.Task.ID] += memory.CountWords(memory.RenderDemonstration(e))
	}
	seen := map[string]bool{}
	var spent time.Duration
	for _, e := range all {
		if e.Outcome.Success || seen[e.Task.ID] {
			continue
		}
		seen[e.Task.ID] = true
		start := time.Now()
		c, err := s.Recall(ctx, e.Task, o.context)
		if err != nil {
			return err
		}
		spent += time.Since(start)
		r.RecallTokens += float64(c.Tokens())
		r.TraceTokens += float64(traces[e.Task.ID])
	}
	if n := float64(len(seen)); n > 0 {
		r.RecallTokens, r.TraceTokens, r.RecallSeconds = r.RecallTokens/n, r.TraceTokens/n, spent.Seconds()/n
	}
	return nil
}

// count fills in the numbers of episodes and lessons.
func (r *lessonsReport) count(all []agent.Episode, lessons []agent.Lesson) {
	tasks, kinds := map[string]bool{}, map[string]bool{}
	for _, l := range lessons {
		r.Lessons++
		r.Merged += len(l.For) - 1
		switch l.State {
		case agent.LessonCandidate:
			r.Candidates++
		case agent.LessonRetired:
			r.Retired++
		case agent.LessonQuarantined:
			r.Quarantined++
		case agent.LessonActive:
			r.Active++
			tasks[l.Task] = true
			if l.Task == "" {
				kinds[l.Kind] = true
			}
		}
	}
	for _, e := range all {
		if r.Episodes++; e.Outcome.Success {
			continue
		}
		r.Failures++
		if e.Task.ID != "" && tasks[e.Task.ID] {
			r.TaskCovered++
		}
		if kinds[e.Task.Kind] {
			r.KindCovered++
		}
	}
	if n := float64(r.Failures); n > 0 {
		r.TaskCovered, r.KindCovered = r.TaskCovered/n, r.KindCovered/n
	}
}

// draw draws lessons, all alike, and writes them as a policy reads them.
func (r *lessonsReport) draw(lessons []agent.Lesson, o lessonsOptions) {
	rng := rand.New(rand.NewPCG(o.seed, 0))
	for _, i := range rng.Perm(len(lessons))[:min(o.samples, len(lessons))] {
		l := lessons[i]
		about := "kind " + cmp.Or(l.Kind, "not stated")
		if l.Task != "" {
			about = "task " + l.Task
		}
		r.Samples = append(r.Samples, fmt.Sprintf("[%s, %s, %d for, %d against] %s", about, l.State, len(l.For), len(l.Against), oneLine(memory.RenderLesson(l))))
	}
}

// writeFigures writes the reports as Markdown tables.
func writeFigures(w io.Writer, reports []lessonsReport) {
	line := func(name string, cell func(r lessonsReport) string) {
		fmt.Fprintf(w, "| %s |", name)
		for _, r := range reports {
			fmt.Fprintf(w, " %s |", cell(r))
		}
		fmt.Fprintln(w)
	}
	line("", func(r lessonsReport) string { return r.Format })
	line("---", func(lessonsReport) string { return "---" })
	whole := func(name string, n func(r lessonsReport) int) {
		line(name, func(r lessonsReport) string { return fmt.Sprint(n(r)) })
	}
	whole("episodes", func(r lessonsReport) int { return r.Episodes })
	whole("failures", func(r lessonsReport) int { return r.Failures })
	whole("lessons", func(r lessonsReport) int { return r.Lessons })
	whole("active", func(r lessonsReport) int { return r.Active })
	whole("candidates", func(r lessonsReport) int { return r.Candidates })
	whole("retired", func(r lessonsReport) int { return r.Retired })
	whole("quarantined", func(r lessonsReport) int { return r.Quarantined })
	line("lessons per failure", func(r lessonsReport) string {
		return fmt.Sprintf("%.2f", float64(r.Lessons)/float64(max(r.Failures, 1)))
	})
	whole("duplicates merged", func(r lessonsReport) int { return r.Merged })
	line("failures whose task has an active lesson", func(r lessonsReport) string { return percent(r.TaskCovered) })
	line("failures whose kind has an active lesson", func(r lessonsReport) string { return percent(r.KindCovered) })
	line("tokens of a recall, mean", func(r lessonsReport) string { return fmt.Sprintf("%.0f", r.RecallTokens) })
	line("tokens of the task's raw traces, mean", func(r lessonsReport) string { return fmt.Sprintf("%.0f", r.TraceTokens) })
	line("seconds to record all", func(r lessonsReport) string { return fmt.Sprintf("%.1f", r.RecordSeconds) })
	line("milliseconds of a recall, mean", func(r lessonsReport) string { return fmt.Sprintf("%.1f", 1000*r.RecallSeconds) })
	for _, r := range reports {
		if b := r.Blame; b != nil {
			fmt.Fprintf(w, "\n%s: of %d failures the games of %d are there; %d replay to the last observation, and lessons blame a step of %d.\n\n",
				r.Format, b.Failures, b.Games, b.Replayed, b.Named)
			b.write(w)
		}
	}
}

// write writes who finds the steps as a Markdown table.
func (b *blame) write(w io.Writer) {
	fmt.Fprintln(w, "| the game became | games, and with a step blamed | finder | that step | within one | before it |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- |")
	for _, t := range b.Targets {
		for _, f := range t.Finder {
			fmt.Fprintf(w, "| %s | %d, %d | %s | %s | %s | %s |\n", t.Name, t.Games, t.Blamed, f.Name, percent(f.Exact), percent(f.Within), percent(f.Before))
		}
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

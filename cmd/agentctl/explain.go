package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

// candidateRow is an item that was considered, as explain shows it.
type candidateRow struct {
	ID             string         `json:"id"`
	Kind           agent.ItemKind `json:"kind"`
	Tier           memory.Tier    `json:"tier"`
	Similarity     float64        `json:"similarity"`
	SimilarityRank int            `json:"similarity_rank"`
	BM25           float64        `json:"bm25"`
	BM25Rank       int            `json:"bm25_rank"`
	Fused          float64        `json:"fused"`
	Prior          float64        `json:"prior"`
	Score          float64        `json:"score"`
	Tokens         int            `json:"tokens"`
	Packed         bool           `json:"packed"`
	Reason         string         `json:"reason"`
}

// explained is what would be recalled, and why.
type explained struct {
	Tokens     int            `json:"tokens"`
	MaxTokens  int            `json:"max_tokens"`
	Candidates []candidateRow `json:"candidates"`
	Warnings   []string       `json:"warnings,omitempty"`
}

func newMemoryExplain(a *app) *cobra.Command {
	var q memory.Query
	c := &cobra.Command{
		Use:   "explain GOAL",
		Short: "Show what would be recalled for a goal, with each part of every score",
		Long: `Show every item that is considered for a goal, in order of preference: how similar it
is by its vector and by BM25, and its rank by each; the two ranks fused; the prior;
their product, the score; and whether it is packed, or why not. Without --suite it is
asked in the suite of the latest episode. Filters say which items are considered at
all; lessons that are retired or quarantined are never packed.`,
		Example: `  agentctl memory explain 'put a clean mug in drawer' --store DIR
  agentctl memory explain 'put a clean mug in drawer' --kind clean_and_place --tokens 200
  agentctl memory explain 'put a clean mug in drawer' --item lesson --state candidate --since 2026-01-31`,
		Args: oneArg("goal"),
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, args []string) error {
			q.Task.Goal = args[0]
			if q.Task.Suite == "" {
				latest, err := s.EpisodeHeads(cmd.Context(), memory.EpisodeFilter{Scope: &q.Task.Scope, MaxEpisodes: 1})
				if err != nil {
					return err
				}
				if len(latest) == 0 {
					return errors.New("the memory has no episodes of this scope to recall from")
				}
				q.Task.Suite = latest[0].Suite
			}
			_, x, err := s.Search(cmd.Context(), q)
			if err != nil {
				return err
			}
			return a.showExplanation(x)
		}),
	}
	f := c.Flags()
	f.StringVar(&q.Task.Scope, "scope", "", "of the task; nothing of another is shown")
	f.StringVar(&q.Task.Suite, "suite", "", "of the task")
	f.StringVar(&q.Task.Kind, "kind", "", "of the task; items of other kinds stand in only where the kind has none")
	f.StringVar(&q.Task.ID, "task", "", "the task, if it is one that was tried before")
	f.Var(newCount(&q.MaxTokens, defaultContext, 0), "tokens", "that may be packed")
	f.Var(newChoices(&q.Kinds, agent.KindSkill, agent.KindLesson, agent.KindDemonstration, agent.KindRawFailure), "item", "which items: skill, lesson, demonstration, raw-failure")
	f.Var(newChoices(&q.Tiers, memory.TierTask, memory.TierKind, memory.TierSuite), "tier", "how near to the task: of the same task, kind, suite")
	f.Var(newChoices(&q.States, agent.LessonCandidate, agent.LessonActive, agent.LessonRetired, agent.LessonQuarantined), "state",
		"which lessons: candidate, active, retired, quarantined")
	f.StringArrayVar(&q.Tags, "tag", nil, "only items with this tag; may be given again: with all of them")
	f.TimeVar(&q.Since, "since", time.Time{}, timeForms(), "only what was learned at that time or later")
	f.TimeVar(&q.Until, "until", time.Time{}, timeForms(), "only what was learned before that time")
	return c
}

// timeForms are those in which a time may be given: to the second, or a day of UTC.
func timeForms() []string { return []string{time.RFC3339, time.DateOnly} }

func (a *app) showExplanation(x memory.Explanation) error {
	out := explained{Tokens: x.Tokens, MaxTokens: x.MaxTokens, Candidates: []candidateRow{}}
	var cells [][]string
	for _, w := range x.Warnings {
		out.Warnings = append(out.Warnings, w.Error())
		fmt.Fprintf(a.err, "warning: %v\n", w)
	}
	ranked := func(value float64, rank int) string {
		if rank == 0 {
			return "–"
		}
		return fmt.Sprintf("%.3f (%d)", value, rank)
	}
	for _, c := range x.Candidates {
		out.Candidates = append(out.Candidates, candidateRow{
			ID: c.ID, Kind: c.Kind, Tier: c.Tier, Similarity: c.Similarity, SimilarityRank: c.SimilarityRank, BM25: c.BM25, BM25Rank: c.BM25Rank,
			Fused: c.Fused, Prior: c.Prior, Score: c.Score, Tokens: c.Tokens, Packed: c.Packed, Reason: c.Reason,
		})
		cells = append(cells, []string{
			c.ID, string(c.Kind), string(c.Tier), ranked(c.Similarity, c.SimilarityRank), ranked(c.BM25, c.BM25Rank),
			fmt.Sprintf("%.4f", c.Fused), fmt.Sprintf("%.3f", c.Prior), fmt.Sprintf("%.4f", c.Score), c.Reason,
		})
	}
	return a.show(out, func(w io.Writer) {
		rows(w, strings.Fields("id kind tier similarity bm25 fused prior score why"), cells)
		fmt.Fprintf(w, "%d of %d tokens\n", x.Tokens, x.MaxTokens)
	})
}

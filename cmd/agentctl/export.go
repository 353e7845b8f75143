package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/policy/dataset"
)

// exportOptions are the flags of episodes export.
type exportOptions struct {
	sel             episodeSelection
	format, split   string
	validationShare float64
	out             string
	noContext       bool
	force           bool
}

func newEpisodesExport(a *app) *cobra.Command {
	var o exportOptions
	var names, splits []string
	for _, f := range dataset.Formats() {
		names = append(names, string(f))
	}
	for _, s := range dataset.Splits() {
		splits = append(splits, string(s))
	}
	c := &cobra.Command{
		Use:   "export --format FORMAT --out FILE",
		Short: "Write episodes as training data for TRL or verl",
		Long: `Write episodes as training data for the trainers of large models. What was seen is the user's, what was done the
assistant's; what memory had recalled begins the first message.

  sft   TRL, JSON lines: messages; the successes
  dpo   TRL, JSON lines: prompt, chosen, rejected; each failure against the success of its task that went the same way
        for longest, at the first action in which they differ
  kto   TRL, JSON lines: prompt, completion, label; each action, and whether its episode succeeded
  grpo  TRL, JSON lines: prompt, suite, kind, task_id, goal, ground_truth, attempts, successes; each first message once
  verl  Parquet: data_source, prompt, ability, reward_model, extra_info; each first message once

A task's episodes are all for training or all for validation, whatever else is in the memory.`,
		Example: `  agentctl episodes export --format sft --out sft.jsonl --store DIR
  agentctl episodes export --format dpo --out dpo.jsonl --no-context --kind pick_heat_then_place_in_recep
  agentctl episodes export --format verl --split train --out train.parquet
  agentctl episodes export --format verl --split validation --out validation.parquet`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return a.withStore(func(cmd *cobra.Command, s *memory.Store, _ []string) error {
				return a.export(cmd.Context(), s, o)
			})(cmd, args)
		},
	}
	d := dataset.DefaultOptions()
	f := c.Flags()
	f.Var(newChoice(&o.format, "", names...), "format", "what to write: "+strings.Join(names, ", "))
	f.Var(newChoice(&o.split, string(d.Split), splits...), "split", "which tasks: "+strings.Join(splits, ", "))
	f.Float64Var(&o.validationShare, "validation-share", d.ValidationShare, "of the tasks that are for validation, 0 to 1")
	f.StringVar(&o.out, "out", "", "file to write")
	f.BoolVar(&o.noContext, "no-context", d.OmitContext, "leave out what memory had recalled")
	f.BoolVar(&o.force, "force", false, "replace --out if it exists")
	o.sel.addTo(c)
	return c
}

func (o exportOptions) check() error {
	switch {
	case o.format == "":
		return usagef("agentctl episodes export: --format is missing")
	case o.out == "":
		return usagef("agentctl episodes export: --out is missing")
	case !(o.validationShare >= 0 && o.validationShare <= 1):
		return usagef("--validation-share %v: must be from 0 to 1", o.validationShare)
	}
	if _, err := os.Lstat(o.out); err == nil && !o.force {
		return usagef("--out %s: exists; --force replaces it", o.out)
	}
	return nil
}

func (a *app) export(ctx context.Context, s *memory.Store, o exportOptions) error {
	found, err := s.EpisodeHeads(ctx, o.sel.filter())
	if err != nil {
		return err
	}
	in := dataset.Input{Source: s}
	for _, h := range found {
		in.Heads = append(in.Heads, dataset.Head{ID: h.ID, Suite: h.Suite, Task: h.Task, Scope: h.Scope})
	}
	var report dataset.Report
	failed := dataset.WriteFile(o.out, func(w io.Writer) (err error) {
		report, err = dataset.Write(ctx, w, in, dataset.Options{
			Format: dataset.Format(o.format), Split: dataset.Split(o.split),
			ValidationShare: o.validationShare, OmitContext: o.noContext,
		})
		return err
	})
	if failed != nil {
		for _, l := range report.LeftOut {
			fmt.Fprintf(a.err, "left out %s\n", oneLine(leftOut(l)))
		}
		return failed
	}
	return a.show(report, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s of %s\n", o.out, counted(report.Records, "record"), counted(report.Episodes, "episode"))
		for _, l := range report.LeftOut {
			fmt.Fprintf(w, "left out %s\n", oneLine(leftOut(l)))
		}
	})
}

// leftOut is l in words. It names the first few episodes; JSON has all.
func leftOut(l dataset.LeftOut) string {
	const most = 3
	names := strings.Join(l.Episodes[:min(most, len(l.Episodes))], ", ")
	if len(l.Episodes) > most {
		names += ", …"
	}
	return fmt.Sprintf("%s (%s): %s", counted(len(l.Episodes), "episode"), names, l.Reason)
}

// counted is n things, in words.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

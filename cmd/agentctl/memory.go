package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/memory"
)

func newMemory(a *app) *cobra.Command {
	c := newNoun("memory", "Ask a memory why it recalls what it does and whether that helps, go back in it, and keep it safe",
		newMemoryExplain(a), newMemoryEffects(a), newMemoryLog(a), newMemoryDiff(a), newMemoryRollback(a), newMemoryDoctor(a), newMemoryVerify(a), newMemoryRepair(a), newMemoryCompact(a),
		newMemoryReindex(a), newMemoryBackup(a), newMemoryRestore(a))
	c.Long = `Ask a memory why it recalls what it does and whether that helps, go back in it, and keep it safe. --store names its folder.

doctor, verify, log and diff write nothing. backup, rollback, compact and reindex may run while an agent records; repair and restore may
not, and refuse. What repair and restore replace is kept beside the memory, under a name that they print.`
	return c
}

// inStore makes a command's RunE of what is to be done with the folder of a
// memory that is there, but need not be whole.
func (a *app) inStore(do func(ctx context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if _, err := os.Stat(filepath.Join(a.store, storeFile)); err != nil {
			return noStore(a.store, err)
		}
		return a.ofStore(cmd.Context(), do(cmd.Context()))
	}
}

// ofStore is err with the store before it, unless it is one of usage, and without
// what an interrupted SQLite says.
func (a *app) ofStore(ctx context.Context, err error) error {
	if _, usage := errors.AsType[*usageError](err); err == nil || usage {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("store %s: %w", a.store, err)
}

func newMemoryDoctor(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Show what a memory holds, what is wrong and what to run next",
		Long: `Show on one page what a memory holds, what is wrong with it and what to run next. It counts and does not read
everything: that is 'agentctl memory verify'. A problem that it shows is a result: the exit status is 0.`,
		Args: noArgs,
		RunE: a.inStore(func(ctx context.Context) error {
			h, err := memory.Examine(ctx, a.store, memory.Options{})
			if err != nil {
				return err
			}
			return a.show(h, func(w io.Writer) { writeHealth(w, h) })
		}),
	}
}

func writeHealth(w io.Writer, h memory.Health) {
	pairs := []string{"store", h.Store, "last write", timeText(h.LastWrite),
		"file", bytesText(h.FileBytes), "log", bytesText(h.LogBytes)}
	if h.Schema > 0 {
		pairs = append(pairs, "to spare", bytesText(h.SpareBytes), "schema", strconv.Itoa(h.Schema), "form", h.Form,
			"writes", strconv.FormatInt(h.Writes, 10), "history", fmt.Sprintf("%s, %s", counted(int(h.Commits), "commit"), bytesText(h.PastBytes)),
			"episodes", fmt.Sprintf("%d, %d of them successes", h.Episodes, h.Successes), "last episode", h.LastEpisode)
	}
	for _, class := range slices.Sorted(maps.Keys(h.Items)) {
		pairs = append(pairs, class, strconv.FormatInt(h.Items[class], 10))
	}
	for _, embedder := range slices.Sorted(maps.Keys(h.Vectors)) {
		pairs = append(pairs, "vectors", fmt.Sprintf("%d of %s", h.Vectors[embedder], embedder))
	}
	fields(w, append(pairs, "embedder", h.Embedder)...)
	for _, p := range h.Problems {
		fmt.Fprintf(w, "problem: %s\n", oneLine(p))
	}
	for _, n := range slices.Compact(slices.Clone(h.Next)) {
		fmt.Fprintf(w, "next: agentctl memory %s\n", oneLine(n))
	}
}

// bytesText is n bytes with a unit that suits.
func bytesText(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// verdict is what verify found.
type verdict struct {
	Store  string   `json:"store"`
	OK     bool     `json:"ok"`
	Damage []string `json:"damage"`
}

func newMemoryVerify(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Read all of a memory and name what is damaged",
		Long: `Read all of a memory and name what is damaged: the file's structure, episodes, lessons and vectors against their
hashes, whether an episode is missing, whether the end is lost, the evidence of lessons. The exit
status is 1 if anything is.`,
		Args: noArgs,
		RunE: a.inStore(func(ctx context.Context) error {
			err := memory.Verify(ctx, a.store)
			if err != nil && (!errors.Is(err, memory.ErrCorrupt) || ctx.Err() != nil) {
				return err
			}
			v := verdict{Store: a.store, OK: err == nil, Damage: []string{}}
			if err != nil {
				v.Damage = strings.Split(err.Error(), "\n")
			}
			shown := a.show(v, func(w io.Writer) {
				for _, d := range v.Damage {
					fmt.Fprintln(w, oneLine(d))
				}
				if v.OK {
					fmt.Fprintf(w, "%s: all is as it was written\n", v.Store)
				}
			})
			if shown != nil || v.OK {
				return shown
			}
			return fmt.Errorf("%s: 'agentctl memory repair' copies what verifies: %w", counted(len(v.Damage), "fault"), memory.ErrCorrupt)
		}),
	}
}

func newMemoryRepair(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "repair",
		Short: "Copy what verifies of a damaged memory into a new one",
		Long: `Copy what verifies of a damaged memory into a new one that takes its place, and name what is lost. Nothing is
guessed: episodes are kept if their hash is right, demonstrations are made anew out of them, lessons are kept if their
hash is right and an episode that they rest on is there. The damaged file is kept beside. A memory that is whole is left
as it is. Vectors are made by the built-in embedder; a program with another one makes its own when it opens the memory.`,
		Args: noArgs,
		RunE: a.inStore(func(ctx context.Context) error {
			r, err := memory.Repair(ctx, a.store, memory.Options{})
			if err != nil {
				return err
			}
			return a.show(r, func(w io.Writer) {
				if r.Damage == "" {
					fmt.Fprintf(w, "%s: nothing to repair\n", a.store)
					return
				}
				fmt.Fprintf(w, "saved %s, %s, %s, %s\nthe damaged file is %s\n", counted(r.Episodes, "episode"),
					counted(r.Demonstrations, "demonstration"), counted(r.Lessons, "lesson"), counted(r.Skills, "skill"), r.Kept)
				for _, l := range r.Lost {
					fmt.Fprintf(w, "lost: %s\n", oneLine(l))
				}
				for _, c := range r.Changed {
					fmt.Fprintf(w, "changed: %s\n", oneLine(c))
				}
			})
		}),
	}
}

func newMemoryCompact(a *app) *cobra.Command {
	var o memory.CompactOptions
	c := &cobra.Command{
		Use:   "compact",
		Short: "Give unused room of a memory back to the disk",
		Long: `Give unused room of a memory back to the disk. --keep also drops the history of changes but for the latest so many
commits: a rollback reaches no further back then. Without it all history is kept.`,
		Example: "  agentctl memory compact --store DIR --keep 1000",
		Args:    noArgs,
		RunE: a.inStore(func(ctx context.Context) error {
			if o.KeepCommits < 0 {
				return usagef("--keep %d: must not be negative", o.KeepCommits)
			}
			before, after, err := memory.Compact(ctx, a.store, o)
			if err != nil {
				return err
			}
			data := struct {
				Before int64 `json:"bytes_before"`
				After  int64 `json:"bytes_after"`
			}{before, after}
			return a.show(data, func(w io.Writer) {
				fmt.Fprintf(w, "%d bytes before, %d after\n", before, after)
			})
		}),
	}
	c.Flags().Int64Var(&o.KeepCommits, "keep", 0, "commits of the history to keep; 0: all")
	return c
}

func newMemoryReindex(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "reindex",
		Short: "Make the vectors of a memory anew",
		Args:  noArgs,
		RunE: a.inStore(func(ctx context.Context) error {
			n, err := memory.Reindex(ctx, a.store, memory.Options{})
			if err != nil {
				return err
			}
			data := struct {
				Items int64 `json:"items"`
			}{n}
			return a.show(data, func(w io.Writer) { fmt.Fprintf(w, "%s indexed\n", counted(int(n), "item")) })
		}),
	}
}

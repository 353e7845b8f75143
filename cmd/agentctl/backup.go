package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/memory"
)

func newMemoryBackup(a *app) *cobra.Command {
	var o memory.BackupOptions
	var out string
	c := &cobra.Command{
		Use:   "backup --out FILE",
		Short: "Write a memory to one file, as it is at one moment",
		Long: `Write a memory to one file, as it is at one moment; an agent may go on recording. The copy is read in full and on
the disk before it gets its name. Of a damaged memory no backup is made.`,
		Example: "  agentctl memory backup --store DIR --out memory-monday.db",
		Args:    noArgs,
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if out == "" {
			return usagef("agentctl memory backup: --out is missing")
		}
		return a.inStore(func(ctx context.Context) error {
			err := memory.Backup(ctx, a.store, out, o)
			if errors.Is(err, memory.ErrExists) {
				return usagef("--out %s: exists; --force replaces it", out)
			}
			if err != nil {
				return err
			}
			st, err := os.Stat(out)
			if err != nil {
				return err
			}
			data := struct {
				Backup string `json:"backup"`
				Bytes  int64  `json:"bytes"`
			}{out, st.Size()}
			return a.show(data, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", out, bytesText(st.Size())) })
		})(cmd, args)
	}
	c.Flags().StringVar(&out, "out", "", "file to write")
	c.Flags().BoolVar(&o.Force, "force", false, "replace --out if it exists")
	return c
}

func newMemoryRestore(a *app) *cobra.Command {
	var o memory.BackupOptions
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make --store the memory that a backup holds",
		Long: `Make --store the memory that a backup holds, after reading the backup in full. A memory that is there is replaced
only with --force, and kept beside. No agent may have it open.`,
		Example: "  agentctl memory restore memory-monday.db --store DIR --force",
		Args:    oneArg("backup"),
		RunE: func(cmd *cobra.Command, args []string) error {
			kept, err := memory.Restore(cmd.Context(), a.store, args[0], o)
			if errors.Is(err, memory.ErrExists) {
				return usagef("--store %s: holds a memory; --force replaces it", a.store)
			}
			if err != nil {
				return a.ofStore(cmd.Context(), err)
			}
			data := struct {
				Store string `json:"store"`
				Kept  string `json:"kept"`
			}{a.store, kept}
			return a.show(data, func(w io.Writer) {
				fmt.Fprintf(w, "%s: restored from %s\n", a.store, args[0])
				if kept != "" {
					fmt.Fprintf(w, "what was there is %s\n", kept)
				}
			})
		},
	}
	c.Flags().BoolVar(&o.Force, "force", false, "replace the memory of --store, which is kept beside")
	return c
}

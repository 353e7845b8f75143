package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent/importer"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/memory/lesson"
	"github.com/surefoot-ai/surefoot/memory/lesson/llm"
)

func newEpisodesImport(a *app) *cobra.Command {
	var format string
	var names []string
	var model policyOptions
	about := ""
	for _, f := range importer.Formats() {
		names = append(names, f.Name)
		about += fmt.Sprintf("  %-10s %s\n", f.Name, f.About)
	}
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Record episodes that another program made",
		Long: `Record the episodes of files, in their order, as if they had just been played: a
memory learns from them, and makes them its own. A FILE may be gzip'ed; - is
standard input. The memory is made if it is not there. An episode that is there
already is counted and left as it is; one that cannot be read ends the command,
and what came before it stays.

` + about,
		Example: `  agentctl episodes import --store DIR --format knowagent games.jsonl.gz
  agentctl episodes import --store DIR --format tau-bench airline.json
  agentctl episodes import --store DIR --format episodes --model ollama:qwen3:8b own.jsonl`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			writer, err := lessonWriter(cmd.Context(), model)
			if err != nil {
				return err
			}
			o := memory.Options{}
			if writer != nil {
				o.Abstracter = writer
			}
			s, err := a.openOrMakeStore(o)
			if err != nil {
				return err
			}
			for _, f := range importer.Formats() {
				if f.Name == format {
					err = a.importAll(cmd, s, f, args)
				}
			}
			if writer != nil {
				a.reportWriter(model.model, writer)
			}
			return errors.Join(err, s.Close())
		},
	}
	c.Flags().Var(newChoice(&format, names[0], names...), "format", "of the files")
	c.Flags().StringVar(&model.model, "model", "", "let a language model write the lessons: openai:NAME (key: $OPENAI_API_KEY), ollama:NAME or folder:DIR (of Hugging Face's)")
	c.Flags().StringVar(&model.baseURL, "base-url", "", "where the model is served, if not at its usual place")
	return c
}

// lessonWriter is the model that writes lessons, nil if there is none: then rules
// do.
func lessonWriter(ctx context.Context, o policyOptions) (*llm.Abstracter, error) {
	if o.model == "" {
		if o.baseURL != "" {
			return nil, usagef("--base-url %s: needs --model", o.baseURL)
		}
		return nil, nil
	}
	m, err := o.languageModel(ctx, 1)
	if err != nil {
		return nil, err
	}
	return llm.New(m, lesson.Default{}, llm.Options{})
}

// reportWriter says whose lessons were kept.
func (a *app) reportWriter(model string, w *llm.Abstracter) {
	c := w.Counts()
	fmt.Fprintf(a.notes(), "%s wrote the lessons of %d failures in %d calls, rules those of %d\n", model, c.Model, c.Calls, c.Fallback+c.Outside)
	if err := w.Warning(); err != nil {
		fmt.Fprintf(a.err, "warning: model %s: %v\n", model, err)
	}
}

// openOrMakeStore opens the memory under --store, or makes it.
func (a *app) openOrMakeStore(o memory.Options) (*memory.Store, error) {
	if _, err := os.Stat(filepath.Join(a.store, storeFile)); err == nil {
		return a.openStoreWith(o)
	}
	s, err := memory.Open(a.store, o)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", a.store, err)
	}
	return s, nil
}

// importAll imports files one after another and says what was new.
func (a *app) importAll(cmd *cobra.Command, s *memory.Store, f importer.Format, files []string) error {
	for _, name := range files {
		before, err := s.EpisodeHeads(cmd.Context(), memory.EpisodeFilter{})
		if err != nil {
			return err
		}
		read, won, err := importFile(cmd, s, f, name)
		after, e := s.EpisodeHeads(cmd.Context(), memory.EpisodeFilter{})
		if e == nil {
			fmt.Fprintf(a.notes(), "%s: %d episodes, %d successes; %d were there already\n", name, read, won, read-(len(after)-len(before)))
		}
		if err := errors.Join(err, e); err != nil {
			return err
		}
	}
	return nil
}

// importFile records what it reads of one file, and returns how many episodes
// that were, and how many of them successes.
func importFile(cmd *cobra.Command, s *memory.Store, f importer.Format, name string) (read, won int, err error) {
	var in io.Reader = cmd.InOrStdin()
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return 0, 0, err
		}
		defer file.Close()
		in = file
	}
	if in, err = unzipped(in); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", name, err)
	}
	for e, err := range f.Read(in, filepath.Base(name)) {
		if err != nil {
			return read, won, err
		}
		err := s.Record(cmd.Context(), e)
		if errors.Is(err, memory.ErrConflict) && strings.HasPrefix(e.ID, f.Name+"-") {
			err = nil // the ID is that of the record: it was there in another file
		}
		if err != nil {
			return read, won, fmt.Errorf("%s: record %d: %w", name, e.Origin.Record, err)
		}
		read++
		if e.Outcome.Success {
			won++
		}
	}
	return read, won, nil
}

// unzipped is r, unpacked if it is gzip'ed.
func unzipped(r io.Reader) (io.Reader, error) {
	in := bufio.NewReader(r)
	if head, err := in.Peek(2); err != nil || !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return in, nil // what is shorter is not packed, and another error comes again
	}
	return gzip.NewReader(in)
}

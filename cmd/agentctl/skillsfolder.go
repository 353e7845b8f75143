package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
	"github.com/surefoot-ai/surefoot/skills/skillmd"
)

// folderOf is a skill and the folder that it was written to or read from.
type folderOf struct {
	ID       string   `json:"id"`
	Folder   string   `json:"folder"`
	Warnings []string `json:"warnings,omitempty"`
}

func newSkillsExport(a *app) *cobra.Command {
	var out string
	var most int
	c := &cobra.Command{
		Use:   "export ID... --out DIR",
		Short: "Write skills as folders with a SKILL.md, the Agent Skills format",
		Long: fmt.Sprintf(`Write skills as folders in the Agent Skills format, one below DIR for each: a SKILL.md, and in references/ the
trajectories of successes that the skill rests on, but for those that make it more than %d KiB. A failure is never written.
'agentctl skills import' gives the same skill again; one that was imported is written as it came.`, skillmd.MaxBytes>>10),
		Example: "  agentctl skills export ID --store DIR --out skills",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{err: fmt.Errorf("%s: skill ID is missing", cmd.CommandPath())}
			}
			return nil
		},
		RunE: a.withExperience(func(ctx context.Context, e experience, args []string) error {
			if out == "" {
				return usagef("agentctl skills export: --out is missing")
			}
			l, err := e.library(ctx)
			if err != nil {
				return err
			}
			written := []folderOf{}
			for _, id := range args {
				s, err := l.Show(id)
				if err != nil {
					return err
				}
				trajectories, err := e.trajectories(ctx, s, most)
				if err != nil {
					return err
				}
				files, err := skillmd.Export(s, trajectories)
				if err != nil {
					return err
				}
				dir := filepath.Join(out, skillmd.Name(s))
				if err := skillmd.WriteFolder(dir, files); err != nil {
					return fmt.Errorf("skill %s: %w", s.ID, err)
				}
				written = append(written, folderOf{ID: s.ID, Folder: dir})
			}
			return a.show(written, func(w io.Writer) { writeFolders(w, written) })
		}),
	}
	c.Flags().StringVar(&out, "out", "", "folder to make the skills' folders in")
	c.Flags().Var(newCount(&most, 2, 0), "trajectories", "that are written with a skill at most")
	return c
}

// trajectories are the first successes that s rests on; mistakes rest on none.
func (e experience) trajectories(ctx context.Context, s agent.Skill, most int) ([]agent.Episode, error) {
	var out []agent.Episode
	for _, id := range s.For {
		if len(out) == most {
			break
		}
		episode, err := e.Episode(ctx, id)
		if errors.Is(err, memory.ErrNotFound) {
			continue // of another memory
		}
		if err != nil {
			return nil, err
		}
		if episode.Outcome.Success && episode.Task.Scope == s.Scope {
			out = append(out, episode)
		}
	}
	return out, nil
}

func writeFolders(w io.Writer, all []folderOf) {
	for _, f := range all {
		fmt.Fprintf(w, "%s: %s\n", f.ID, f.Folder)
	}
}

func newSkillsImport(a *app) *cobra.Command {
	var to skillmd.Target
	c := &cobra.Command{
		Use:   "import DIR...",
		Short: "Read folders with a SKILL.md into quarantine, until they are promoted",
		Long: fmt.Sprintf(`Read folders in the Agent Skills format. What is read is kept in the memory in quarantine, and no agent sees it before
'agentctl skills promote'. A folder may have %d files and %d KiB; one with a symbolic link in it is refused.`, skillmd.MaxFiles, skillmd.MaxBytes>>10),
		Example: "  agentctl skills import skills/pdf-tools --store DIR --suite office",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{err: fmt.Errorf("%s: folder is missing", cmd.CommandPath())}
			}
			return nil
		},
		RunE: a.withExperience(func(ctx context.Context, e experience, args []string) error {
			to.Scope = e.Scope
			found, read, err := a.readSkills(args, to)
			if err != nil {
				return err
			}
			if err := e.lacks(ctx, found, read); err != nil {
				return err
			}
			if err := e.KeepSkills(ctx, found, fmt.Sprintf("skills: %s imported", counted(len(found), "skill"))); err != nil {
				return err
			}
			return a.show(read, func(w io.Writer) { writeFolders(w, read) })
		}),
	}
	c.Flags().StringVar(&to.Suite, "suite", "", "of tasks that they are for, if they are from elsewhere")
	c.Flags().StringVar(&to.Kind, "kind", "", "of tasks that they are for, if they are from elsewhere; without it they are general")
	return c
}

// readSkills reads the folders of skills, and says what of them is not as the
// format has it.
func (a *app) readSkills(dirs []string, to skillmd.Target) (found []agent.Skill, read []folderOf, err error) {
	for _, dir := range dirs {
		s, warnings, err := readSkill(dir, to)
		if err != nil {
			return nil, nil, err
		}
		f := folderOf{ID: s.ID, Folder: dir}
		for _, w := range warnings {
			f.Warnings = append(f.Warnings, w.Error())
			fmt.Fprintf(a.err, "warning: %s: %s\n", dir, oneLine(w.Error()))
		}
		found, read = append(found, s), append(read, f)
	}
	return found, read, nil
}

// lacks returns an error that names the first of the skills read that is in the
// memory, or among those before.
func (e experience) lacks(ctx context.Context, found []agent.Skill, read []folderOf) error {
	kept, err := e.Skills(ctx)
	if err != nil {
		return err
	}
	for i, s := range found {
		for _, k := range kept {
			if k.ID == s.ID {
				return fmt.Errorf("%s: skill %s is in the memory already, %s", read[i].Folder, s.ID, k.State)
			}
		}
		for k, before := range found[:i] {
			if before.ID == s.ID {
				return fmt.Errorf("%s: skill %s is what %s is", read[i].Folder, s.ID, read[k].Folder)
			}
		}
	}
	return nil
}

func readSkill(dir string, to skillmd.Target) (agent.Skill, []error, error) {
	files, err := skillmd.ReadFolder(dir)
	if err != nil {
		return agent.Skill{}, nil, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return agent.Skill{}, nil, err
	}
	return skillmd.Import(filepath.Base(abs), files, to)
}

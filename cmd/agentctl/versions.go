package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/dataset"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

func newPolicy(a *app) *cobra.Command {
	return newNoun("policy", "Versions of the local policy, and which one is current",
		newPolicyList(a), newPolicyShow(a), newPolicyDiff(a), newPolicyPromote(a), newPolicyRollback(a), newPolicyExport(a))
}

// withVersions makes a command's RunE of what is to be done with the folder of
// versions that c's flag --dir names, which must be there.
func withVersions(c *cobra.Command, do func(f *versions.Folder, args []string) error) {
	var dir string
	c.Flags().StringVar(&dir, "dir", "policies", "folder of the versions")
	c.RunE = func(_ *cobra.Command, args []string) error {
		f, err := openVersions(dir, "--dir")
		if err != nil {
			return err
		}
		return do(f, args)
	}
}

// openVersions opens a folder of versions that is there, and that flag names.
func openVersions(dir, flag string) (*versions.Folder, error) {
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, usagef("%s %s: there is no such folder; 'agentctl update' makes one", flag, dir)
	}
	return versions.Open(dir, versions.Options{})
}

func newPolicyList(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the versions in the order they were made; * is current",
		Example: "  agentctl policy list --dir policies",
		Args:    noArgs,
	}
	withVersions(c, func(f *versions.Folder, _ []string) error {
		all, err := f.Versions()
		if err != nil {
			return err
		}
		return a.show(all, func(w io.Writer) {
			cells := make([][]string, len(all))
			for i, v := range all {
				mark := ""
				if v.Current {
					mark = "*"
				}
				cells[i] = []string{
					mark, v.Version, orDash(v.Parent), orDash(v.Objective), strconv.Itoa(v.Data.Episodes),
					scoreText(v.Before) + " → " + scoreText(v.After), string(v.State),
				}
			}
			rows(w, []string{"", "version", "parent", "objective", "episodes", "score", "state"}, cells)
		})
	})
	return c
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// scoreText is the mean of a score in percent.
func scoreText(s policy.Score) string {
	if len(s) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*s.Mean())
}

func newPolicyShow(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "show VERSION",
		Short:   "Show one version: what it was made of, its scores, what was done with it",
		Example: "  agentctl policy show 0123456789ab --dir policies",
		Args:    oneArg("version"),
	}
	withVersions(c, func(f *versions.Folder, args []string) error {
		v, err := findVersion(f, args[0])
		if err != nil {
			return err
		}
		return a.show(v, func(w io.Writer) { fields(w, versionFields(v)...) })
	})
	return c
}

// findVersion returns the version that is named in full.
func findVersion(f *versions.Folder, version string) (versions.Version, error) {
	all, err := f.Versions()
	if err != nil {
		return versions.Version{}, err
	}
	for _, v := range all {
		if v.Version == version {
			return v, nil
		}
	}
	return versions.Version{}, usagef("version %s: %w; 'agentctl policy list' names them", version, versions.ErrNotFound)
}

// versionFields are the names and values of v.
func versionFields(v versions.Version) []string {
	state := string(v.State)
	if v.Current {
		state += ", current"
	}
	return []string{
		"version", v.Version,
		"number", strconv.Itoa(v.Number),
		"parent", v.Parent,
		"created", timeText(v.Created),
		"state", state,
		"objective", v.Objective,
		"episodes", strconv.Itoa(v.Data.Episodes),
		"dropped", strconv.Itoa(v.Data.Dropped),
		"first", v.Data.First,
		"last", v.Data.Last,
		"digest", v.Data.Digest,
		"cursor", v.Data.Cursor,
		"updates", strconv.Itoa(v.Updates),
		"before", scoreText(v.Before),
		"after", scoreText(v.After),
		"drift", strconv.FormatFloat(v.Drift, 'g', 4, 64),
		"guard", v.Guard,
		"note", v.Note,
	}
}

// move is a change of the current version as it is shown.
type move struct {
	From string `json:"from,omitempty"`
	To   string `json:"to"`
}

func (a *app) showMove(m move) error {
	return a.show(m, func(w io.Writer) { fmt.Fprintf(w, "%s → %s\n", orDash(m.From), m.To) })
}

func newPolicyPromote(a *app) *cobra.Command {
	var note string
	c := &cobra.Command{
		Use:     "promote VERSION",
		Short:   "Make a version current",
		Example: "  agentctl policy promote 0123456789ab --dir policies --note 'tried by hand'",
		Args:    oneArg("version"),
	}
	withVersions(c, func(f *versions.Folder, args []string) error {
		v, err := findVersion(f, args[0])
		if err != nil {
			return err
		}
		from, err := f.Current()
		if err != nil && !errors.Is(err, versions.ErrNone) {
			return err
		}
		if err := f.Promote(v.Version, from, note); err != nil {
			return err
		}
		return a.showMove(move{from, v.Version})
	})
	c.Flags().StringVar(&note, "note", "", "why; kept")
	return c
}

func newPolicyRollback(a *app) *cobra.Command {
	var note string
	c := &cobra.Command{
		Use:   "rollback",
		Short: "Make the version current that was so before",
		Long: `Make the version current that was so before the current one was promoted. An
update that is under way keeps its result as a candidate, and goes on from the
version that is current then.`,
		Example: "  agentctl policy rollback --dir policies --note 'loops at the fridge'",
		Args:    noArgs,
	}
	withVersions(c, func(f *versions.Folder, _ []string) error {
		from, to, err := f.Rollback(note)
		if err != nil {
			return err
		}
		return a.showMove(move{from, to})
	})
	c.Flags().StringVar(&note, "note", "", "why; kept")
	return c
}

func newPolicyExport(a *app) *cobra.Command {
	var out string
	var force bool
	c := &cobra.Command{
		Use:   "export VERSION --out FILE",
		Short: "Write a version as a policy file, for --policy",
		Example: `  agentctl policy export 0123456789ab --dir policies --out policy.safetensors
  agentctl eval --policy policy.safetensors`,
		Args: oneArg("version"),
	}
	withVersions(c, func(f *versions.Folder, args []string) error {
		if out == "" {
			return usagef("agentctl policy export: --out is missing")
		}
		if _, err := os.Lstat(out); err == nil && !force {
			return usagef("--out %s: exists; --force replaces it", out)
		}
		v, err := findVersion(f, args[0])
		if err != nil {
			return err
		}
		data, err := f.Policy(v.Version)
		if err != nil {
			return err
		}
		err = dataset.WriteFile(out, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			return err
		}
		return a.show(map[string]string{"version": v.Version, "file": out}, func(w io.Writer) {
			fmt.Fprintf(w, "%s: version %s\n", out, v.Version)
		})
	})
	c.Flags().StringVar(&out, "out", "", "file to write")
	c.Flags().BoolVar(&force, "force", false, "replace --out if it exists")
	return c
}

func newPolicyDiff(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "diff VERSION VERSION",
		Short:   "Compare two versions: lineage, and how far the weights moved",
		Example: "  agentctl policy diff 0123456789ab ba9876543210 --dir policies",
		Args:    twoArgs("versions"),
	}
	withVersions(c, func(f *versions.Folder, args []string) error {
		d, err := diffVersions(f, args[0], args[1])
		if err != nil {
			return err
		}
		return a.show(d, func(w io.Writer) {
			cells := make([][]string, len(d.Fields))
			for i, c := range d.Fields {
				cells[i] = []string{c.Name, orDash(c.From), orDash(c.To)}
			}
			rows(w, []string{"field", args[0], args[1]}, cells)
			fmt.Fprintln(w)
			cells = make([][]string, len(d.Weights))
			for i, m := range d.Weights {
				cells[i] = []string{m.Kind, strconv.Itoa(m.Parameters), fmt.Sprintf("%.4g", m.Change)}
			}
			rows(w, []string{"weights", "parameters", "relative change"}, cells)
		})
	})
	return c
}

// twoArgs accepts exactly two positional arguments, which what names.
func twoArgs(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 2 {
			return &usageError{err: fmt.Errorf("%s: needs two %s, not %d", cmd.CommandPath(), what, len(args))}
		}
		return nil
	}
}

// kindOf is what a parameter is, in whatever layer: its name without numbers.
func kindOf(name string) string {
	var parts []string
	for p := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(name, "model."), ".weight"), ".") {
		if _, err := strconv.Atoi(p); err != nil {
			parts = append(parts, p)
		}
	}
	return strings.TrimPrefix(strings.Join(parts, "."), "layers.")
}

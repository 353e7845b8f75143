package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// settingRow is a setting as 'agentctl config' shows it.
type settingRow struct {
	Key    string   `json:"key"`
	Value  string   `json:"value"`
	Source string   `json:"source"`         // flag, env, file or default
	From   string   `json:"from,omitempty"` // name of the flag, the variable or the file
	Env    []string `json:"env"`            // the variables that set it
}

func newConfig(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "config [KEY...]",
		Short: "Show each setting, its value and where it came from",
		Long: `Show each setting, its value and where it came from.

A flag wins over the environment, the environment over the config file, the
file over the default. A key of the config file is a flag's name, after the
name of its command and a dot if the flag belongs to one command:

    store: /data/agent
    eval:
      trials: 5

The environment variable of eval.trials is AGENTCTL_EVAL_TRIALS; an empty
variable counts as not set. The file is --config, else $AGENTCTL_CONFIG, else
` + "`agentctl/config.yaml` under $XDG_CONFIG_HOME, which is ~/.config if not set.",
		Example: "  agentctl config\n  agentctl config eval.trials -o json",
		RunE: func(cmd *cobra.Command, keys []string) error {
			list := []settingRow{}
			for _, e := range a.settings.all {
				if len(keys) > 0 && !slices.Contains(keys, e.key) {
					continue
				}
				value, from := a.settings.resolve(e)
				list = append(list, settingRow{e.key, value, from.kind, from.name, e.env})
			}
			for _, k := range keys {
				if !slices.ContainsFunc(list, func(r settingRow) bool { return r.Key == k }) {
					return usagef("unknown key %s; 'agentctl config' lists the known ones", k)
				}
			}
			return a.show(list, func(w io.Writer) {
				cells := make([][]string, len(list))
				for i, r := range list {
					cells[i] = []string{r.Key, r.Value, strings.TrimSpace(r.Source + " " + r.From)}
				}
				rows(w, []string{"key", "value", "source"}, cells)
			})
		},
	}
}

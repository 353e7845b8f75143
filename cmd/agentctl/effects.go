package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory"
)

func newMemoryEffects(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "effects",
		Short: "Show of memory as a whole and of each item whether recalling it helps",
		Long: `Show how often tasks succeeded with memory and when all of it was withheld by chance; then of each item how often what it was recalled for succeeded when it was shown
and when it was withheld by chance, with an interval for the difference, in points. The interval of memory as a whole,
and all those of items at once, hold at all times with a probability of 95%, however often they are looked at. An item that harms is not recalled any more, one that helps comes first.`,
		Example: "  agentctl memory effects --store DIR",
		Args:    noArgs,
		RunE: a.withStore(func(cmd *cobra.Command, s *memory.Store, _ []string) error {
			all, err := s.Effects(cmd.Context())
			if err != nil {
				return err
			}
			if all == nil {
				all = []memory.MeasuredEffect{} // an empty list, not null
			}
			overall, err := s.Overall(cmd.Context())
			if err != nil {
				return err
			}
			data := struct {
				Overall memory.OverallEffect    `json:"overall"`
				Items   []memory.MeasuredEffect `json:"items"`
			}{overall, all}
			return a.show(data, func(w io.Writer) {
				cells := [][]string{effectRow("all of it", "-", memory.MeasuredEffect{
					Effect: agent.Effect{Shown: overall.Shown, Withheld: overall.Withheld}, Difference: overall.Difference, Verdict: overall.Verdict})}
				for _, m := range all {
					cells = append(cells, effectRow(m.ID, string(m.Kind), m))
				}
				rows(w, strings.Fields("id kind shown withheld difference effect"), cells)
			})
		}),
	}
}

// effectRow is a row of the table.
func effectRow(id, kind string, m memory.MeasuredEffect) []string {
	arm := func(x agent.Arm) string { return fmt.Sprintf("%d of %d", x.Successes, x.N) }
	d := m.Difference
	return []string{
		id, kind, arm(m.Shown), arm(m.Withheld),
		fmt.Sprintf("%+.1f [%+.1f, %+.1f]", 100*d.Estimate, 100*d.Low, 100*d.High), cmp.Or(string(m.Verdict), "not known"),
	}
}

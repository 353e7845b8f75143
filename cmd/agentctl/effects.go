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
		Short: "Show of each item whether recalling it helps",
		Long: `Show of each item how often what it was recalled for succeeded when it was shown and
when it was withheld by chance, and an interval for the difference, in points. All the
intervals hold at once and at all times with a probability of 95%, however often they are
looked at. An item that harms is not recalled any more, one that helps comes first.`,
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
			return a.show(all, func(w io.Writer) {
				arm := func(x agent.Arm) string { return fmt.Sprintf("%d of %d", x.Successes, x.N) }
				cells := make([][]string, len(all))
				for i, m := range all {
					d := m.Difference
					cells[i] = []string{
						m.ID, string(m.Kind), arm(m.Shown), arm(m.Withheld),
						fmt.Sprintf("%+.1f [%+.1f, %+.1f]", 100*d.Estimate, 100*d.Low, 100*d.High), cmp.Or(string(m.Verdict), "not known"),
					}
				}
				rows(w, strings.Fields("id kind shown withheld difference effect"), cells)
			})
		}),
	}
}

// Package terminal shows a memory on a terminal: the lists of package browse,
// each thing in detail, and the links between them, by keys.
package terminal

import (
	"context"
	"fmt"
	"io"

	tea "charm.land/bubbletea/v2"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
)

// Run shows what r reads on the terminal that in and out are, until its user
// ends it or ctx does. It leaves signals to the caller.
func Run(ctx context.Context, r *browse.Reader, in io.Reader, out io.Writer) error {
	p := tea.NewProgram(newModel(ctx, r), tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	if _, err := p.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return nil
}

package versions

import (
	"fmt"
	"slices"
	"time"
)

// Move is a change of the current version.
type Move struct {
	At   time.Time `json:"at"`
	From string    `json:"from,omitempty"` // empty: there was none
	To   string    `json:"to"`
	Back bool      `json:"back,omitempty"` // a rollback
	Note string    `json:"note,omitempty"`
}

// stack returns the versions that were promoted and not rolled back, the
// current one last. A list of moves that cannot have happened is an error.
func stack(moves []Move) ([]string, error) {
	var s []string
	top := func() string {
		if len(s) == 0 {
			return ""
		}
		return s[len(s)-1]
	}
	for i, m := range moves {
		if m.From != top() || !versionPattern().MatchString(m.To) {
			return nil, fmt.Errorf("move %d leads from %q to %q, but %q was current", i, m.From, m.To, top())
		}
		if !m.Back {
			s = append(s, m.To)
			continue
		}
		if len(s) > 0 {
			s = s[:len(s)-1]
		}
		if m.To != top() {
			return nil, fmt.Errorf("move %d goes back to %q, but %q was before", i, m.To, top())
		}
	}
	return s, nil
}

// stateOf is the state of l after moves, which have led to stack.
func stateOf(l Lineage, moves []Move, stack []string) State {
	switch {
	case slices.Contains(stack, l.Version):
		return Promoted
	case slices.ContainsFunc(moves, func(m Move) bool { return m.To == l.Version }):
		return RolledBack
	case l.Guard != "":
		return Rejected
	}
	return Candidate
}

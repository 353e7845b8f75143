package policy

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/dataset"
)

// shown is an episode to be imitated.
type shown struct {
	Episode agent.Episode  `json:"episode"`
	Advice  []agent.Action `json:"advice,omitempty"` // one a step, to be imitated in place of what was done; nil: what was done
}

// plainly are episodes in which what was done is to be imitated.
func plainly(es []agent.Episode) []shown {
	out := make([]shown, len(es))
	for i, e := range es {
		out[i] = shown{Episode: e}
	}
	return out
}

// trajectory is the episode as l learns from it.
func (s shown) trajectory(l *LM) (Trajectory, error) {
	if s.Advice == nil {
		return l.Trajectory(s.Episode)
	}
	return l.Advised(s.Episode, s.Advice)
}

// writeShown writes a file that is whole or absent: gzip of JSON, a line each.
func writeShown(name string, all []shown) error {
	return dataset.WriteFile(name, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		e := json.NewEncoder(z)
		for i := range all {
			if err := e.Encode(all[i]); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// readShown reads what writeShown wrote.
func readShown(name string) (all []shown, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for d := json.NewDecoder(z); ; {
		var s shown
		if err := d.Decode(&s); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: episode %d: %w", name, len(all)+1, err)
		}
		all = append(all, s)
	}
}

package methods

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// Experiment puts one paper's claim to the test.
type Experiment struct {
	Name  string
	About string // in a line
	Run   func(l *Lab, ctx context.Context) (report.Study, error)
}

// Experiments are all there are, in the order in which they are run.
func Experiments() []Experiment {
	return []Experiment{
		{"nsr", "suppressing wrong answers against PPO, GRPO and reinforcing right ones", (*Lab).NSR},
		{"skillrl", "memory that keeps successes and failures differently against uniform ones", (*Lab).SkillRL},
		{"rlcr", "rewarding how true a stated confidence is against rewarding right answers alone", (*Lab).RLCR},
		{"critique", "refining wrong answers after step-wise critiques against verdicts, and against GRPO", (*Lab).Critique},
		{"omni", "tasks in an order found by transfer against joint training and merging", (*Lab).Omni},
		{"rlag", "answering as with documents in view, and learning these, against fine-tuning and continued training", (*Lab).RLAG},
	}
}

// ErrOtherLab: the folder of a lab holds work of another scale.
var ErrOtherLab = errors.New("holds experiments of another scale")

// Open makes sure that the folder holds no work of another scale. Work of other
// seeds is another matter: it is used by those who ask for it.
func (l *Lab) Open() error {
	name := filepath.Join(l.Dir, "scale.json")
	want, err := json.MarshalIndent(l.Scale, "", "\t")
	if err != nil {
		return err
	}
	got, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Keep(name, want)
	case err != nil:
		return err
	case !bytes.Equal(got, want):
		return fmt.Errorf("%s: %w", l.Dir, ErrOtherLab)
	}
	return nil
}

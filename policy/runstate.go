package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// A run is kept in Reinforcement.Dir as one folder, "state", of safetensors of
// 32 bits: start, best, model, and the optimiser's moments, first and second;
// those of a critic, too. The metadata of model, which is written last, is the
// rest of the run. A new state is written beside the old one and takes its place
// by renames, so that after a crash there is a whole one: state, or state.new if
// the crash was between the renames.
const (
	stateDir  = "state"
	stateNew  = "state.new"
	stateOld  = "state.old"
	stateFile = "model.safetensors"
	keyRun    = "run" // of its metadata: JSON of a runState
)

// runState is what is not a tensor.
type runState struct {
	Settings  runSettings `json:"settings"`
	Done      int         `json:"done"` // iterations
	Rate      float64     `json:"rate"`
	BestScore Score       `json:"best_score"`
	Steps     int         `json:"steps"` // of the optimiser
	Critic    int         `json:"critic_steps,omitempty"`
}

// runSettings are what must be the same for a run to go on.
type runSettings struct {
	Phase        string        `json:"phase"`
	Objective    string        `json:"objective"`
	Iterations   int           `json:"iterations"`
	Epochs       int           `json:"epochs"`
	Groups       int           `json:"groups"`
	LearningRate float64       `json:"learning_rate"`
	Guard        Guard         `json:"guard"`
	Trainer      Config        `json:"trainer"`
	Critic       *CriticConfig `json:"critic,omitempty"`
	Imitate      *Imitate      `json:"imitate,omitempty"`
}

// settings of g. The number of threads does not matter.
func (g *guardian) settings() runSettings {
	s := runSettings{
		g.Phase, g.Objective(0).Spec().Name, g.Iterations, g.Epochs, g.Groups, g.LearningRate, g.Guard, g.Trainer, nil, nil,
	}
	if g.Kept != nil {
		s.Imitate = &g.Imitate
	}
	s.Trainer.Threads = 0
	if g.Critic != nil {
		c := *g.Critic
		c.Trainer.Threads = 0
		s.Critic = &c
	}
	return s
}

// models are the files of a state that hold weights.
func (g *guardian) models() map[string]*transformer.Model {
	files := map[string]*transformer.Model{"start": g.start, "model": g.lm.model, "best": g.best}
	if g.critic != nil {
		files["critic"] = g.critic.model
	}
	return files
}

// save keeps the run as it is after the iteration under way.
func (g *guardian) save() error {
	if g.Dir == "" {
		return nil
	}
	to := filepath.Join(g.Dir, stateNew)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	files := g.models()
	own := g.trainer.optimizer.State()
	s := runState{Settings: g.settings(), Rate: g.rate, BestScore: g.bestScore, Steps: own.Steps}
	files["first"], files["second"] = moments(g.lm.model, own.M), moments(g.lm.model, own.V)
	if g.started {
		s.Done = g.done + 1
	}
	if g.critic != nil {
		o := g.critic.optimizer.State()
		s.Critic = o.Steps
		files["critic-first"], files["critic-second"] = moments(g.critic.model, o.M), moments(g.critic.model, o.V)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	delete(files, "model")
	for name, m := range files {
		if err := transformer.SaveFile(filepath.Join(to, name+".safetensors"), m, transformer.F32, nil); err != nil {
			return err
		}
	}
	err = transformer.SaveFile(filepath.Join(to, stateFile), g.lm.model, transformer.F32, map[string]string{keyRun: string(text)})
	if err != nil {
		return err
	}
	return g.replaceState()
}

// moments is values in the shape of m.
func moments(m *transformer.Model, values [][]float32) *transformer.Model {
	out := m.Clone()
	for i, p := range out.Parameters() {
		copy(p.Data, values[i])
	}
	return out
}

// replaceState puts the new state into the place of the old.
func (g *guardian) replaceState() error {
	at := func(name string) string { return filepath.Join(g.Dir, name) }
	if err := os.RemoveAll(at(stateOld)); err != nil {
		return err
	}
	if err := os.Rename(at(stateDir), at(stateOld)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(at(stateNew), at(stateDir)); err != nil {
		return err
	}
	if err := syncFolder(g.Dir); err != nil {
		return err
	}
	return os.RemoveAll(at(stateOld))
}

// syncFolder makes the names in dir durable.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // which cannot sync a folder
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// load goes on with the run in Dir, if there is one, and says so. A state that
// was cut off while it was written is not one.
func (g *guardian) load() (found bool, err error) {
	if g.Dir == "" {
		return false, nil
	}
	for _, name := range []string{stateDir, stateNew, stateOld} {
		dir := filepath.Join(g.Dir, name)
		_, meta, err := transformer.LoadFile(filepath.Join(dir, stateFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = g.restore(dir, meta[keyRun])
		}
		if err != nil {
			return false, fmt.Errorf("run in %s: %w", dir, err)
		}
		return true, nil
	}
	return false, nil
}

// restore reads the state in dir, whose run is text.
func (g *guardian) restore(dir, text string) error {
	var s runState
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return fmt.Errorf("%s: metadata %q: %w", stateFile, keyRun, err)
	}
	if want := g.settings(); !reflect.DeepEqual(s.Settings, want) {
		return fmt.Errorf("%w: it has %+v, asked for is %+v", ErrOtherRun, s.Settings, want)
	}
	g.best = g.lm.model.Clone()
	for name, m := range g.models() {
		read, err := readState(dir, name)
		if err != nil {
			return err
		}
		if err := m.CopyFrom(read); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	g.done, g.rate, g.bestScore, g.started = s.Done, s.Rate, s.BestScore, true
	if err := g.restart(); err != nil {
		return err
	}
	if g.critic != nil {
		if err := setMoments(g.critic.optimizer, dir, "critic-", s.Critic); err != nil {
			return err
		}
	}
	return setMoments(g.trainer.optimizer, dir, "", s.Steps)
}

func readState(dir, name string) (*transformer.Model, error) {
	m, _, err := transformer.LoadFile(filepath.Join(dir, name+".safetensors"))
	return m, err
}

// setMoments makes o go on after so many steps with the moments in dir.
func setMoments(o *transformer.AdamW, dir, prefix string, steps int) error {
	first, err := readState(dir, prefix+"first")
	if err != nil {
		return err
	}
	second, err := readState(dir, prefix+"second")
	if err != nil {
		return err
	}
	return o.SetState(transformer.AdamWState{Steps: steps, M: values(first), V: values(second)})
}

// values is the inverse of moments.
func values(m *transformer.Model) [][]float32 {
	var out [][]float32
	for _, p := range m.Parameters() {
		out = append(out, p.Data)
	}
	return out
}

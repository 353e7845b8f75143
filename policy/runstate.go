package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/surefoot-ai/surefoot/policy/transformer"
)

// A run is kept in Reinforcement.Dir as one folder, "state", with model.*,
// best.*, first.* and second.* in safetensors of 32 bits (the last two are the
// optimiser's moments), those of a critic, and run.json. A new one is written
// beside it and takes its place by renames, so that after a crash there is a
// whole one: state, or state.new if the crash was between the renames.
const (
	stateDir  = "state"
	stateNew  = "state.new"
	stateOld  = "state.old"
	stateFile = "run.json"
)

// runState is run.json.
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
}

// settings of g. The number of threads does not matter.
func (g *guardian) settings() runSettings {
	s := runSettings{
		g.Phase, g.Objective(0).Spec().Name, g.Iterations, g.Epochs, g.Groups, g.LearningRate, g.Guard, g.Trainer, nil,
	}
	s.Trainer.Threads = 0
	if g.Critic != nil {
		c := *g.Critic
		c.Trainer.Threads = 0
		s.Critic = &c
	}
	return s
}

// tensors are the files of a state.
func (g *guardian) tensors() map[string]*transformer.Model {
	own := g.trainer.optimizer.State()
	files := map[string]*transformer.Model{
		"start": g.start, "model": g.lm.model, "best": g.best,
		"first": moments(g.lm.model, own.M), "second": moments(g.lm.model, own.V),
	}
	if g.critic != nil {
		s := g.critic.optimizer.State()
		files["critic"] = g.critic.model
		files["critic-first"], files["critic-second"] = moments(g.critic.model, s.M), moments(g.critic.model, s.V)
	}
	return files
}

// moments is values in the shape of m.
func moments(m *transformer.Model, values [][]float32) *transformer.Model {
	out := m.Clone()
	for i, p := range out.Parameters() {
		copy(p.Data, values[i])
	}
	return out
}

// save keeps the run as it is after the iteration under way.
func (g *guardian) save() error {
	if g.Dir == "" {
		return nil
	}
	s := runState{Settings: g.settings(), Rate: g.rate, BestScore: g.bestScore, Steps: g.trainer.optimizer.State().Steps}
	if g.started {
		s.Done = g.done + 1
	}
	if g.critic != nil {
		s.Critic = g.critic.optimizer.State().Steps
	}
	to := filepath.Join(g.Dir, stateNew)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for name, m := range g.tensors() {
		if err := transformer.SaveFile(filepath.Join(to, name+".safetensors"), m, transformer.F32, nil); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(to, stateFile), text); err != nil {
		return err
	}
	return g.replaceState()
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

// writeSynced writes a file that is there after a crash.
func writeSynced(name string, data []byte) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
		if err == nil {
			err = syncFolder(filepath.Dir(name))
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// syncFolder makes the names in dir durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // opened to be read
	return f.Sync()
}

// load goes on with the run in Dir, if there is one, and says so. A state that
// was cut off while it was written is not one.
func (g *guardian) load() (found bool, err error) {
	if g.Dir == "" {
		return false, nil
	}
	for _, name := range []string{stateDir, stateNew, stateOld} {
		dir := filepath.Join(g.Dir, name)
		text, err := os.ReadFile(filepath.Join(dir, stateFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return false, err
		}
		if err := g.restore(dir, text); err != nil {
			return false, fmt.Errorf("run in %s: %w", dir, err)
		}
		return true, nil
	}
	return false, nil
}

// restore reads the state in dir.
func (g *guardian) restore(dir string, text []byte) error {
	var s runState
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("%s: %w", stateFile, err)
	}
	if want := g.settings(); !reflect.DeepEqual(s.Settings, want) {
		return fmt.Errorf("%w: it has %+v, asked for is %+v", ErrOtherRun, s.Settings, want)
	}
	g.best = g.lm.model.Clone()
	var critic *transformer.Model
	names := []string{"start", "model", "best", "first", "second"}
	into := []*transformer.Model{g.start, g.lm.model, g.best, nil, nil}
	if g.critic != nil {
		critic = g.critic.model
		names = append(names, "critic", "critic-first", "critic-second")
		into = append(into, critic, nil, nil)
	}
	read := make([]*transformer.Model, len(names))
	for i, name := range names {
		m, _, err := transformer.LoadFile(filepath.Join(dir, name+".safetensors"))
		if err != nil {
			return err
		}
		if m.Config() != g.lm.model.Config() {
			return fmt.Errorf("%s: %w", name, transformer.ErrMismatch)
		}
		read[i] = m
	}
	for i, m := range into {
		if m == nil {
			continue
		}
		if err := m.CopyFrom(read[i]); err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
	}
	g.done, g.rate, g.bestScore, g.started = s.Done, s.Rate, s.BestScore, true
	if err := g.restart(); err != nil {
		return err
	}
	if critic != nil {
		if err := g.critic.optimizer.SetState(optimizerState(s.Critic, read[6], read[7])); err != nil {
			return err
		}
	}
	return g.trainer.optimizer.SetState(optimizerState(s.Steps, read[3], read[4]))
}

// optimizerState is the inverse of moments.
func optimizerState(steps int, first, second *transformer.Model) transformer.AdamWState {
	s := transformer.AdamWState{Steps: steps}
	for i, p := range first.Parameters() {
		s.M = append(s.M, p.Data)
		s.V = append(s.V, second.Parameters()[i].Data)
	}
	return s
}

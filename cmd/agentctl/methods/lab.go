package methods

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/dataset"
)

// Lab is where experiments are made.
type Lab struct {
	Dir     string   // of finished work, made if absent
	Seeds   []uint64 // ≥ 1; each has a base model of its own, which all methods begin with
	Workers int      // runs made at once, > 0; the results do not depend on it
	Scale   Scale    // how large

	// Household plays so many generated household games under each seed, with
	// no memory and with each kind of it, and keeps what it did below Dir.
	Household func(ctx context.Context, seeds []uint64, tasks int) (*report.Result, error)

	// Games are those of a seed, to learn from own play; nil: what needs them is
	// left out.
	Games func(seed uint64) (Games, error)

	Progress func(string) // told of each piece of work that is finished, by one goroutine at a time

	mu sync.Mutex // held while Progress is told
}

// done says that a piece of work is finished.
func (l *Lab) done(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Progress != nil {
		l.Progress(what)
	}
}

// Once returns what work returned when it was first done under the key, a
// relative path, in this or an earlier process. A result is JSON.
func Once[T any](l *Lab, key string, work func() (T, error)) (T, error) {
	var result T
	name := filepath.Join(l.Dir, filepath.FromSlash(key)+".json")
	text, err := os.ReadFile(name)
	if err == nil {
		if err := json.Unmarshal(text, &result); err != nil {
			return result, fmt.Errorf("%s: %w", name, err)
		}
		return result, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return result, err
	}
	if result, err = work(); err != nil {
		return result, fmt.Errorf("%s: %w", key, err)
	}
	text, err = json.MarshalIndent(result, "", "\t")
	if err != nil {
		return result, fmt.Errorf("%s: %w", key, err)
	}
	if err := Keep(name, text); err != nil {
		return result, err
	}
	l.done(key)
	return result, nil
}

// Keep writes a file that is whole or absent, whatever happens.
func Keep(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return dataset.WriteFile(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Spend adds the time that a process has worked on a method, and returns the
// seconds that all have.
func (l *Lab) Spend(method string, d time.Duration) (seconds float64, err error) {
	name := filepath.Join(l.Dir, "seconds", method+".json")
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, &seconds)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	seconds += d.Seconds()
	if text, err = json.Marshal(seconds); err != nil {
		return 0, err
	}
	return seconds, Keep(name, text)
}

// Each calls f with every index below n, Workers at a time.
func (l *Lab) Each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(l.Workers)
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return f(ctx, i)
		})
	}
	return g.Wait()
}

// Model returns the model that train made when it was first asked for under the
// key, in this or an earlier process. It is the caller's own.
func (l *Lab) Model(key string, train func() (*policy.LM, error)) (*policy.LM, error) {
	name := filepath.Join(l.Dir, filepath.FromSlash(key)+".safetensors")
	lm, _, err := policy.LoadFile(name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return lm, err
	}
	if lm, err = train(); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	if err := lm.SaveFile(name, nil); err != nil {
		return nil, err
	}
	l.done(key)
	lm, _, err = policy.LoadFile(name) // in 16 bits, as a later process finds it
	return lm, err
}

package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/memory"
)

// The conditions whose names are not those of forms of memory.
const (
	conditionNone    = "none"
	conditionSwapped = "swapped"
	conditionFrozen  = "frozen"
	conditionSkills  = "skills"
)

// defaultConditions are the conditions that are run unless told, in their order:
// the first is what the others are compared to.
func defaultConditions() []string {
	return []string{conditionNone, string(memory.UniformVerbatim), string(memory.UniformAbstract), string(memory.Asymmetric)}
}

// condition is the memory of that name, which begins with b; nil: empty.
func (o evalOptions) condition(name string, countTokens func(string) int, b *bank) eval.Condition {
	if name == conditionNone {
		return eval.Condition{Name: name}
	}
	mo := memory.Options{Form: memory.Form(name), CountTokens: countTokens}
	switch name {
	case conditionSwapped, conditionFrozen:
		mo.Form = memory.Asymmetric
	case conditionSkills:
		mo.Form, mo.SkillTokens = memory.Asymmetric, o.skills
	}
	return eval.Condition{
		Name:    name,
		Swapped: name == conditionSwapped,
		Open: func(ctx context.Context, dir string) (eval.Memory, error) {
			s, err := b.fill(ctx, dir, steady(mo))
			if err != nil || name != conditionFrozen {
				return s, err
			}
			return frozen{s}, nil
		},
	}
}

// frozen is a memory that learns nothing more.
type frozen struct{ *memory.Store }

// Record implements agent.Recorder.
func (frozen) Record(context.Context, agent.Episode) error { return nil }

// bank is a memory that others begin with.
type bank struct {
	dir    string
	writes int64     // its generation
	last   time.Time // when that was made; zero: not known
	hash   string
}

// openBank looks at the bank in dir before suite is played with it; "": there is
// none, nil. A memory of the very games to be played would know how they end.
func openBank(ctx context.Context, dir string, suite *gameSuite) (b *bank, err error) {
	if dir == "" {
		return nil, nil
	}
	s, err := memory.Open(dir, memory.Options{ReadOnly: true})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("--bank: %w", noStore(dir, err))
	case errors.Is(err, memory.ErrForm):
		return nil, usagef("--bank %w", err)
	case err != nil:
		return nil, fmt.Errorf("--bank %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	heads, err := s.EpisodeHeads(ctx, memory.EpisodeFilter{})
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		if suite.byID[h.Task] != nil {
			return nil, usagef("--bank %s: holds an episode of %s, which is to be played", dir, h.Task)
		}
	}
	b = &bank{dir: dir}
	if _, b.writes, err = s.History(ctx); err != nil {
		return nil, err
	}
	if b.last, err = s.CommitTime(ctx, b.writes); err != nil {
		return nil, err
	}
	b.hash, err = hashOf(ctx, s)
	return b, err
}

// hashOf is a hash of what s can recall.
func hashOf(ctx context.Context, s *memory.Store) (string, error) {
	lessons, err := s.Lessons(ctx, memory.LessonFilter{})
	if err != nil {
		return "", err
	}
	demos, err := s.DemonstrationHeads(ctx, memory.DemonstrationFilter{})
	if err != nil {
		return "", err
	}
	skills, err := s.Skills(ctx, memory.SkillFilter{})
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if err := json.NewEncoder(h).Encode([]any{lessons, demos, skills}); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:6]), nil
}

// fill opens a memory in dir, which is empty, that begins with a copy of b.
func (b *bank) fill(ctx context.Context, dir string, o memory.Options) (*memory.Store, error) {
	if b == nil {
		return memory.Open(dir, o)
	}
	if err := memory.Backup(ctx, b.dir, filepath.Join(dir, storeFile), memory.BackupOptions{}); err != nil {
		return nil, fmt.Errorf("--bank %s: %w", b.dir, err)
	}
	// The bank may have IDs of the same maker, of fewer writes. Time stands still
	// where the bank ends, so that what had expired by then stays so.
	next := o.NewID
	o.NewID = func() string { return fmt.Sprintf("%s-after-%d", next(), b.writes) }
	if !b.last.IsZero() {
		o.Clock = func() time.Time { return b.last }
	}
	s, err := memory.Open(dir, o)
	if err != nil {
		return nil, err
	}
	hash, err := hashOf(ctx, s)
	if err == nil && hash != b.hash {
		err = fmt.Errorf("--bank %s: was written to meanwhile", b.dir)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

package memory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/surefoot-ai/surefoot/memory/archive"
)

// ErrExists: there is a file, or a memory, that is not to be replaced.
var ErrExists = fs.ErrExist

// OpenAny is Open for a folder of any form.
func OpenAny(dir string, o Options) (*Store, error) {
	for _, o.Form = range []Form{Asymmetric, UniformVerbatim, UniformAbstract} {
		s, err := Open(dir, o)
		if !errors.Is(err, ErrForm) {
			return s, err
		}
	}
	return nil, fmt.Errorf("%s: %w", dir, ErrForm)
}

// Verify reads all of the memory in dir and writes nothing. It returns
// ErrCorrupt with all that is wrong.
func Verify(ctx context.Context, dir string) error {
	a, err := archive.OpenReadOnly(ctx, filepath.Join(dir, fileName))
	if err != nil {
		return err
	}
	if err := errors.Join(a.Check(ctx), a.Close()); err != nil {
		return err
	}
	s, err := OpenAny(dir, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(s.Check(ctx), s.Close())
}

// Health is what a look at a memory shows without reading all of it.
type Health struct {
	archive.Stat
	Store     string    `json:"store"`
	FileBytes int64     `json:"file_bytes"`
	LogBytes  int64     `json:"log_bytes"` // of SQLite's write-ahead log
	Embedder  string    `json:"embedder"`  // of the options
	LastWrite time.Time `json:"last_write"`
	Problems  []string  `json:"problems"`
	Next      []string  `json:"next"` // commands of agentctl memory that help, with why
}

// longLog is the size from which a write-ahead log is one that nobody empties.
const longLog = 64 << 20

// Examine looks at the memory in dir and writes nothing. What is damaged is a
// problem of the result, not an error.
func Examine(ctx context.Context, dir string, o Options) (Health, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Health{}, err
	}
	path := filepath.Join(dir, fileName)
	h := Health{Store: dir, Embedder: o.Embedder.ID(), Problems: []string{}, Next: []string{}}
	if h.FileBytes, h.LogBytes, err = archive.Sizes(path); err != nil {
		return h, err
	}
	for _, name := range []string{path, path + "-wal"} {
		if st, err := os.Stat(name); err == nil && st.Size() > 0 && st.ModTime().After(h.LastWrite) {
			h.LastWrite = st.ModTime().UTC()
		}
	}
	a, err := archive.OpenReadOnly(ctx, path)
	if err == nil {
		h.Stat, err = a.Stat(ctx)
		err = errors.Join(err, a.Close())
	}
	if ctx.Err() != nil {
		return h, ctx.Err()
	}
	h.judge(err)
	return h, h.leftovers(dir)
}

// leftovers names what a backup, restore or repair that was killed left beside
// the memory: copies that are not whole.
func (h *Health) leftovers(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		for _, prefix := range []string{".backup-", ".restore-", ".repair-"} {
			if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
				h.Problems = append(h.Problems, fmt.Sprintf("folder %s was left by a command that was cut off, or one is at work", e.Name()))
				h.Next = append(h.Next, "once none is at work, remove that folder: it holds a copy that is not whole")
			}
		}
	}
	return err
}

// judge says what is wrong and what helps. Damage is what could not be read.
func (h *Health) judge(damage error) {
	say := func(problem, next string) {
		h.Problems, h.Next = append(h.Problems, problem), append(h.Next, next)
	}
	if damage != nil {
		say(damage.Error(), "repair: copies what verifies into a new file and names what is lost")
		return
	}
	items := int64(0)
	for _, n := range h.Items {
		items += n
	}
	have := int64(0) // of the embedder that made most: the program that writes may have another than this one
	for _, n := range h.Vectors {
		have = max(have, n)
	}
	if have < items {
		say(fmt.Sprintf("%d of %d items have no vector", items-have, items), "reindex: makes the vectors anew")
	}
	if h.LogBytes > longLog || h.SpareBytes > h.FileBytes/2 && h.SpareBytes > longLog {
		say(fmt.Sprintf("the log has %d bytes, the file %d to spare", h.LogBytes, h.SpareBytes), "compact: gives room back to the disk")
	}
	if len(h.Problems) == 0 {
		h.Next = append(h.Next, "verify: reads everything, which this did not")
	}
}

// CompactOptions say what Compact may drop.
type CompactOptions struct {
	KeepCommits int64 // drop the history but for the latest so many commits; 0: keep all
}

// Compact gives the room of what was replaced back to the disk.
func Compact(ctx context.Context, dir string, o CompactOptions) (before, after int64, err error) {
	if o.KeepCommits < 0 {
		return 0, 0, fmt.Errorf("memory: CompactOptions.KeepCommits is %d, must not be negative", o.KeepCommits)
	}
	path := filepath.Join(dir, fileName)
	sizes := func() (int64, error) {
		file, log, err := archive.Sizes(path)
		return file + log, err
	}
	if before, err = sizes(); err != nil {
		return 0, 0, err
	}
	a, err := archive.Open(ctx, path)
	if err != nil {
		return before, before, err
	}
	if o.KeepCommits > 0 {
		err = a.Write(ctx, func(tx *archive.Tx) error {
			dropped, err := tx.Forget(ctx, o.KeepCommits)
			tx.Describe(time.Time{}, note{Done: fmt.Sprintf("history of %d %s dropped", dropped, plural(int(dropped), "commit"))}.text())
			return err
		})
	}
	if err == nil {
		err = a.Compact(ctx)
	}
	if err := errors.Join(err, a.Close()); err != nil {
		return before, before, err
	}
	after, err = sizes()
	return before, after, err
}

// Reindex makes the vectors of the options' embedder anew out of the items, and
// returns how many items there are.
func Reindex(ctx context.Context, dir string, o Options) (items int64, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return 0, err
	}
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil {
		return 0, err
	}
	a, err := archive.Open(ctx, path)
	if err != nil {
		return 0, err
	}
	items, err = a.Reindex(ctx, o.Embedder.ID())
	if err := errors.Join(err, a.Close()); err != nil {
		return 0, err
	}
	s, err := OpenAny(dir, o) // embeds what has no vector
	if err != nil {
		return 0, err
	}
	return items, s.Close()
}

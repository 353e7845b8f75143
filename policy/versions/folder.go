package versions

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Files of a folder, beside those of versions.
const (
	currentFile = "current.json"
	lockFile    = "lock"

	policySuffix  = ".safetensors"
	lineageSuffix = ".json"
)

// Options are for Open; the zero value is the default.
type Options struct {
	Clock func() time.Time // nil: time.Now
}

// Folder is a folder of versions. It is safe for concurrent use, by several
// processes too.
type Folder struct {
	dir   string
	clock func() time.Time
	sync  func(*os.File) error  // makes a file or folder durable
	crash func(operation) error // of tests; nil: none
}

// Open returns the folder dir, which is made if it is not there.
func Open(dir string, o Options) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Folder{dir: dir, clock: o.Clock, sync: (*os.File).Sync}, nil
}

// Add keeps a policy file with its lineage, of which the folder fills in some
// fields, and returns it. A policy that is there is ErrExists, a parent that is
// not ErrNotFound.
func (f *Folder) Add(policy []byte, l Lineage) (Lineage, error) {
	l.Version = Of(policy)
	err := f.locked(func() error {
		all, err := f.lineages()
		if err != nil {
			return err
		}
		l.Number, l.Created = 1, f.clock().UTC()
		known := l.Parent == ""
		for _, other := range all {
			if other.Version == l.Version {
				return fmt.Errorf("%s: %w", l.Version, ErrExists)
			}
			known = known || other.Version == l.Parent
			l.Number = max(l.Number, other.Number+1)
		}
		if !known {
			return fmt.Errorf("parent %s: %w", l.Parent, ErrNotFound)
		}
		text, err := seal(l)
		if err != nil {
			return err
		}
		if err := f.put(l.Version+policySuffix, policy); err != nil {
			return err
		}
		return f.put(l.Version+lineageSuffix, text)
	})
	return l, err
}

// Promote makes version current. It returns ErrMoved if the current version is
// not over ("": none), ErrNotFound if version is not there, and a CorruptError
// if its policy file is damaged. To promote the current version changes
// nothing.
func (f *Folder) Promote(version, over, note string) error {
	return f.locked(func() error {
		moves, s, err := f.moves()
		if err != nil {
			return err
		}
		if now := last(s); now != over {
			return fmt.Errorf("promote %s over %q, but %q is current: %w", version, over, now, ErrMoved)
		}
		if version == over {
			return nil
		}
		if _, err := f.Policy(version); err != nil {
			return err
		}
		return f.move(moves, Move{From: over, To: version, Note: note})
	})
}

// Rollback makes the version current that was so before the current one was
// promoted, and returns both. It returns ErrNone if there was none.
func (f *Folder) Rollback(note string) (from, to string, err error) {
	err = f.locked(func() error {
		moves, s, err := f.moves()
		if err != nil {
			return err
		}
		if len(s) < 2 {
			return fmt.Errorf("roll back from %q: %w", last(s), ErrNone)
		}
		from, to = s[len(s)-1], s[len(s)-2]
		if _, err := f.Policy(to); err != nil {
			return err
		}
		return f.move(moves, Move{From: from, To: to, Back: true, Note: note})
	})
	return from, to, err
}

// Current returns the current version, or ErrNone.
func (f *Folder) Current() (string, error) {
	_, s, err := f.moves()
	if err == nil && len(s) == 0 {
		err = ErrNone
	}
	return last(s), err
}

// CurrentAt returns the version that was current at a time, or ErrNone.
func (f *Folder) CurrentAt(at time.Time) (string, error) {
	moves, _, err := f.moves()
	if err != nil {
		return "", err
	}
	then := ""
	for _, m := range moves {
		if !m.At.After(at) {
			then = m.To
		}
	}
	if then == "" {
		return "", ErrNone
	}
	return then, nil
}

// Moves returns all promotions and rollbacks, oldest first.
func (f *Folder) Moves() ([]Move, error) {
	moves, _, err := f.moves()
	return moves, err
}

// Versions returns all versions in the order they were added.
func (f *Folder) Versions() ([]Version, error) {
	all, err := f.lineages()
	if err != nil {
		return nil, err
	}
	moves, s, err := f.moves()
	if err != nil {
		return nil, err
	}
	out := make([]Version, len(all))
	for i, l := range all {
		out[i] = Version{l, stateOf(l, moves, s), l.Version == last(s)}
	}
	return out, nil
}

// Policy returns the policy file of a version, or ErrNotFound, or a
// CorruptError if it is not the file that was added.
func (f *Folder) Policy(version string) ([]byte, error) {
	if _, err := f.lineage(version); err != nil {
		return nil, err
	}
	path := filepath.Join(f.dir, version+policySuffix)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &CorruptError{path, "missing, but its lineage is there"}
	} else if err != nil {
		return nil, err
	}
	if Of(data) != version {
		return nil, &CorruptError{path, "its SHA-256 begins with " + Of(data)}
	}
	return data, nil
}

// Check reads everything and returns what is damaged, joined.
func (f *Folder) Check() error {
	names, err := f.names()
	if err != nil {
		return err
	}
	var found []error
	for _, version := range names {
		_, err := f.Policy(version)
		found = append(found, err)
	}
	_, s, err := f.moves()
	found = append(found, err)
	for _, version := range s {
		if !slices.Contains(names, version) {
			found = append(found, &CorruptError{filepath.Join(f.dir, currentFile), "names " + version + ", which is not there"})
		}
	}
	return errors.Join(found...)
}

// locked calls do as the only writer.
func (f *Folder) locked(do func() error) (err error) {
	l, err := lock(filepath.Join(f.dir, lockFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := f.clean(); err != nil {
		return err
	}
	return do()
}

// moves reads all moves and the stack they lead to.
func (f *Folder) moves() ([]Move, []string, error) {
	path := filepath.Join(f.dir, currentFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	return decodeMoves(path, data)
}

func decodeMoves(path string, data []byte) ([]Move, []string, error) {
	var moves []Move
	if err := unseal(path, data, &moves); err != nil {
		return nil, nil, err
	}
	s, err := stack(moves)
	if err != nil {
		return nil, nil, &CorruptError{path, err.Error()}
	}
	return moves, s, nil
}

// move appends m.
func (f *Folder) move(moves []Move, m Move) error {
	m.At = f.clock().UTC()
	text, err := seal(append(slices.Clone(moves), m))
	if err != nil {
		return err
	}
	return f.put(currentFile, text)
}

// names returns the versions that have a lineage, sorted.
func (f *Folder) names() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), lineageSuffix); ok && versionPattern().MatchString(name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// lineages reads the lineages of all versions in the order of their numbers.
func (f *Folder) lineages() ([]Lineage, error) {
	names, err := f.names()
	if err != nil {
		return nil, err
	}
	out := make([]Lineage, len(names))
	for i, version := range names {
		if out[i], err = f.lineage(version); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b Lineage) int { return cmp.Or(a.Number-b.Number, cmp.Compare(a.Version, b.Version)) })
	return out, nil
}

func (f *Folder) lineage(version string) (Lineage, error) {
	if !versionPattern().MatchString(version) {
		return Lineage{}, fmt.Errorf("%q: %w", version, ErrNotFound)
	}
	path := filepath.Join(f.dir, version+lineageSuffix)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Lineage{}, fmt.Errorf("%s: %w", version, ErrNotFound)
	} else if err != nil {
		return Lineage{}, err
	}
	return decodeLineage(path, data)
}

func decodeLineage(path string, data []byte) (Lineage, error) {
	var l Lineage
	if err := unseal(path, data, &l); err != nil {
		return Lineage{}, err
	}
	if reason := l.valid(strings.TrimSuffix(filepath.Base(path), lineageSuffix)); reason != "" {
		return Lineage{}, &CorruptError{path, reason}
	}
	return l, nil
}

// last is the last of s, or "".
func last(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[len(s)-1]
}

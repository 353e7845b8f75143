package eval

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Files of a run folder.
const (
	logFile     = "episodes.jsonl"
	resultsFile = "results.json"
	timingFile  = "timing.json"
	lockFile    = "lock"
	memoryDir   = "memory"
)

// MemoryDir is where the memory of c.Conditions[condition] under seed is kept in
// the run folder.
func (c Config) MemoryDir(condition int, seed uint64) string {
	// '.' is the one character that PathEscape leaves and a path gives meaning.
	name := strings.ReplaceAll(url.PathEscape(c.Conditions[condition].Name), ".", "%2E")
	return filepath.Join(c.Dir, memoryDir, fmt.Sprintf("%d-%s", condition, name), fmt.Sprintf("seed-%d", seed))
}

// openLog opens the log of the run h in dir, making it if there is none. torn
// is the length of an unfinished last line, which is cut off. check judges each
// episode found.
func openLog(dir string, h header, fsync bool, check func(logged) error) (l *episodeLog, torn int64, err error) {
	path := filepath.Join(dir, logFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		line, err := encodeLine(record{Run: &h})
		if err != nil {
			return nil, 0, fmt.Errorf("%s: encode: %w", path, err)
		}
		if err := writeFile(path, line, fsync); err != nil {
			return nil, 0, err
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, 0, err
	}
	l = &episodeLog{path: path, fsync: fsync, file: f, episodes: map[key]entry{}, memories: map[unit]bool{}}
	l.size, torn, err = scan(f, path, func(e entry, rec record) error {
		l.lines = e.line
		if (e.line == 1) != (rec.Run != nil) {
			return errors.New("the record of the run's config is the first and only the first")
		}
		if rec.Run != nil {
			if err := h.differs(*rec.Run); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		if rec.Episode != nil {
			if err := check(*rec.Episode); err != nil {
				return err
			}
		}
		return l.index(e, rec)
	})
	if err == nil && l.size == 0 {
		err = &CorruptError{File: path, Line: 1, Reason: "no record of the run's config"}
	}
	if err == nil && torn > 0 {
		err = f.Truncate(l.size)
		l.dirty = true
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return l, torn, nil
}

// writeFile puts data at path, all of it or nothing.
func writeFile(path string, data []byte, fsync bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && fsync {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), os.Remove(f.Name()))
	}
	if !fsync || runtime.GOOS == "windows" { // which cannot sync a folder
		return nil
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

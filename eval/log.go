package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"github.com/surefoot-ai/surefoot/agent"
)

// key names one episode of a run.
type key struct {
	condition string
	seed      uint64
	trial     int
	task      string
}

// unit is a condition under one seed: the life of one memory.
type unit struct {
	Condition string `json:"condition"`
	Seed      uint64 `json:"seed"`
}

func (u unit) key(trial int, task string) key { return key{u.Condition, u.Seed, trial, task} }

// record is one line of the log; exactly one field is set.
type record struct {
	Run     *header `json:"run,omitempty"` // the first line, and only that
	Episode *logged `json:"episode,omitempty"`
	Memory  *unit   `json:"memory,omitempty"` // all episodes of the unit are in its memory, which is closed
}

// logged is a finished episode with what is not part of it.
type logged struct {
	unit
	Seconds float64       `json:"seconds"` // to play it
	Shared  bool          `json:"shared,omitempty"`
	Episode agent.Episode `json:"episode"`
}

func (l logged) key() key { return l.unit.key(l.Episode.Trial, l.Episode.Task.ID) }

// entry is what is kept in memory of a logged episode.
type entry struct {
	offset  int64 // of its line
	length  int   // of its line, newline included
	line    int   // its number, from 1
	seconds float64
	sample  sample
}

// episodeLog is the durable record of a run: one line a record, appended. A line
// is {"sum":"c","record":r}, c the CRC-32C of the bytes of r in hexadecimal, so
// that damage is seen wherever it is: a flipped bit in 1 MB goes unseen with
// probability 0, a random overwrite with 2^-32.
type episodeLog struct {
	path  string
	fsync bool

	mu       sync.Mutex // guards all below; never held across an fsync
	file     *os.File
	size     int64
	lines    int
	dirty    bool // written since the last fsync
	err      error
	episodes map[key]entry
	memories map[unit]bool
}

// Line framing; the record lies between the two.
const (
	lineHead = `{"sum":"00000000","record":`
	lineTail = "}\n"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encodeLine is the line of r.
func encodeLine(r record) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(lineHead)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, err
	}
	line := b.Bytes()
	line = line[:len(line)-1] // the encoder's newline
	sum := fmt.Sprintf("%08x", crc32.Checksum(line[len(lineHead):], castagnoli))
	copy(line[len(`{"sum":"`):], sum)
	return append(line, lineTail...), nil
}

// decodeLine is the inverse of encodeLine. line ends in a newline.
func decodeLine(line []byte) (record, error) {
	if len(line) < len(lineHead)+len(lineTail) {
		return record{}, errors.New("line too short for a record")
	}
	const at = len(`{"sum":"`)
	head, body, tail := line[:len(lineHead)], line[len(lineHead):len(line)-len(lineTail)], line[len(line)-len(lineTail):]
	if string(head[:at]) != lineHead[:at] || string(head[at+8:]) != lineHead[at+8:] || string(tail) != lineTail {
		return record{}, errors.New("not a record")
	}
	if sum := fmt.Sprintf("%08x", crc32.Checksum(body, castagnoli)); sum != string(head[at:at+8]) {
		return record{}, fmt.Errorf("checksum %s, want %s", sum, head[at:at+8])
	}
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		return record{}, err
	}
	n := 0
	for _, set := range []bool{r.Run != nil, r.Episode != nil, r.Memory != nil} {
		if set {
			n++
		}
	}
	if n != 1 {
		return record{}, fmt.Errorf("%d kinds of record in one", n)
	}
	return r, nil
}

// scan reads all records from the start, calling f with each line's
// place, and returns the length of the whole lines and of a torn last one.
func scan(r io.Reader, name string, f func(e entry, rec record) error) (whole, torn int64, err error) {
	br := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if err == io.EOF {
			return whole, int64(len(line)), nil
		}
		if err != nil {
			return whole, 0, fmt.Errorf("%s: %w", name, err)
		}
		rec, err := decodeLine(line)
		if err == nil {
			err = f(entry{offset: whole, length: len(line), line: n}, rec)
		}
		if err != nil {
			if errors.Is(err, ErrOtherRun) {
				return whole, 0, err
			}
			return whole, 0, &CorruptError{File: name, Line: n, Offset: whole, Reason: err.Error()}
		}
		whole += int64(len(line))
	}
}

// index takes rec, found at e, into the maps. l.mu is held, or l not yet shared.
func (l *episodeLog) index(e entry, rec record) error {
	switch {
	case rec.Memory != nil:
		l.memories[*rec.Memory] = true
	case rec.Episode != nil:
		k := rec.Episode.key()
		if _, ok := l.episodes[k]; ok {
			return fmt.Errorf("episode %s is logged twice", rec.Episode.Episode.ID)
		}
		e.seconds, e.sample = rec.Episode.Seconds, sampleOf(*rec.Episode)
		l.episodes[k] = e
	}
	return nil
}

// append writes rec. It is durable after the next sync.
func (l *episodeLog) append(rec record) error {
	line, err := encodeLine(rec)
	if err != nil {
		return fmt.Errorf("%s: encode: %w", l.path, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err // a line after a torn one would be damage
	}
	l.lines++
	e := entry{offset: l.size, length: len(line), line: l.lines}
	n, err := l.file.Write(line)
	l.size += int64(n)
	l.dirty = true
	if err != nil {
		l.err = fmt.Errorf("%s: %w", l.path, err)
		return l.err
	}
	return l.index(e, rec)
}

// sync makes all appended records durable.
func (l *episodeLog) sync() error {
	l.mu.Lock()
	dirty, err := l.dirty, l.err
	l.dirty = false
	l.mu.Unlock()
	if err != nil || !dirty || !l.fsync {
		return err
	}
	if err := l.file.Sync(); err != nil {
		err = fmt.Errorf("%s: %w", l.path, err)
		l.mu.Lock()
		l.err = err // what the kernel dropped will not be written by trying again
		l.mu.Unlock()
		return err
	}
	return nil
}

// entry is what is known of the episode k, if it is logged.
func (l *episodeLog) entry(k key) (entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.episodes[k]
	return e, ok
}

// closed tells whether u's memory holds all its episodes.
func (l *episodeLog) closed(u unit) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.memories[u]
}

// load reads the episode k back. What memory records always went through the
// log, so that a resumed run records the very same bytes.
func (l *episodeLog) load(k key) (logged, error) {
	e, ok := l.entry(k)
	if !ok {
		panic(fmt.Sprintf("eval: internal error: episode %+v is not logged", k))
	}
	line := make([]byte, e.length)
	if _, err := l.file.ReadAt(line, e.offset); err != nil {
		return logged{}, fmt.Errorf("%s: byte %d: %w", l.path, e.offset, err)
	}
	rec, err := decodeLine(line)
	if err == nil && rec.Episode == nil {
		err = errors.New("not an episode")
	}
	if err != nil {
		return logged{}, &CorruptError{File: l.path, Line: e.line, Offset: e.offset, Reason: err.Error()}
	}
	return *rec.Episode, nil
}

// close syncs and closes.
func (l *episodeLog) close() error {
	return errors.Join(l.sync(), l.file.Close())
}

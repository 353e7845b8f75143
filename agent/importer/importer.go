package importer

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/surefoot-ai/surefoot/agent"
)

// Format is a kind of file.
type Format struct {
	Name  string // "tau-bench", say
	About string // in a line

	decode func(record json.RawMessage) (agent.Episode, error)
}

// Formats are all there are.
func Formats() []Format {
	return []Format{
		{"episodes", "this program's own episodes, as JSON, one after another", decodeEpisode},
		{"knowagent", "KnowAgent's transcripts of ALFWorld games (name, result, traj), one after another", decodeKnowAgent},
		{"tau-bench", "tau-bench's tool-use conversations (task_id, reward, traj), in an array", decodeTauBench},
	}
}

// ErrFormat: a record is not of the format.
var ErrFormat = errors.New("not of the format")

// Read returns the episodes of r, JSON values one after another or in one array,
// in order. Source names r in their Origin. The last pair has the error that
// ended the reading early, if one did: of r, or one that wraps ErrFormat and
// names the record, counted from 1.
func (f Format) Read(r io.Reader, source string) iter.Seq2[agent.Episode, error] {
	return func(yield func(agent.Episode, error) bool) {
		n := 0
		for record, err := range records(r) {
			n++
			var e agent.Episode
			if err == nil {
				e, err = f.decode(record)
			}
			if err != nil {
				yield(agent.Episode{}, fmt.Errorf("%s: record %d: %w", source, n, err))
				return
			}
			if e.ID == "" {
				sum := sha256.Sum256(record)
				e.ID = f.Name + "-" + hex.EncodeToString(sum[:8])
			}
			if e.Origin == (agent.Origin{}) {
				e.Origin = agent.Origin{Format: f.Name, Source: source, Record: n}
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// records returns the JSON values of r, or those of the one array that it is.
func records(r io.Reader) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		in := bufio.NewReader(r)
		d := json.NewDecoder(in)
		more := func() bool { return true }
		if array, err := opensArray(in); err != nil {
			if err != io.EOF {
				yield(nil, err)
			}
			return
		} else if array {
			if _, err := d.Token(); err != nil {
				yield(nil, err)
				return
			}
			more = d.More
		}
		for more() {
			var record json.RawMessage
			err := d.Decode(&record)
			if err == io.EOF {
				return
			}
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				var syntax *json.SyntaxError
				if errors.As(err, &syntax) {
					err = fmt.Errorf("%w: %w", ErrFormat, err)
				}
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// opensArray reports whether the first byte that is no space opens an array, and
// leaves it to be read.
func opensArray(in *bufio.Reader) (bool, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return false, err
		}
		switch b {
		case ' ', '\t', '\r', '\n':
			continue
		}
		return b == '[', in.UnreadByte()
	}
}

// into decodes a record, whose fields that v lacks are left out.
func into(record json.RawMessage, v any) error {
	if err := json.Unmarshal(record, v); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return nil
}

// decodeEpisode reads this program's own.
func decodeEpisode(record json.RawMessage) (agent.Episode, error) {
	var e agent.Episode
	if err := into(record, &e); err != nil {
		return e, err
	}
	if e.ID == "" || e.Task.Goal == "" {
		return e, fmt.Errorf("%w: an episode without id or task.goal", ErrFormat)
	}
	return e, nil
}

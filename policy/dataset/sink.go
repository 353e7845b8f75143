package dataset

import (
	"bufio"
	"encoding/json"
	"io"
)

// sink takes the records of one format.
type sink interface {
	write(record any) error
	close() error // ends the file but does not close what is under it
}

func newSink(w io.Writer, f Format) sink {
	if f == Verl {
		return newVerlSink(w)
	}
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return &lines{b, e}
}

// lines writes a record a line, as JSON.
type lines struct {
	w *bufio.Writer
	e *json.Encoder
}

func (l *lines) write(record any) error { return l.e.Encode(record) }
func (l *lines) close() error           { return l.w.Flush() }

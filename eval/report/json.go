package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes r as indented JSON. Samples and Timing are not in it.
func JSON(w io.Writer, r *Result) error { return writeJSON(w, r) }

// JSON writes t as indented JSON.
func (t Timing) JSON(w io.Writer) error { return writeJSON(w, t) }

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// StudiesJSON writes the studies as one indented JSON array. Its errors are
// those of [StudiesHTML].
func StudiesJSON(w io.Writer, studies []Study) error {
	if err := checkStudies(studies); err != nil {
		return err
	}
	return writeJSON(w, studies)
}

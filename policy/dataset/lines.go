package dataset

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// WriteLines writes a file that is whole or absent: gzip of JSON, a line each.
func WriteLines[T any](name string, all []T) error {
	return WriteFile(name, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		e := json.NewEncoder(z)
		for i := range all {
			if err := e.Encode(all[i]); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// ReadLines reads what WriteLines wrote.
func ReadLines[T any](name string) (all []T, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for d := json.NewDecoder(z); ; {
		var one T
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, len(all)+1, err)
		}
		all = append(all, one)
	}
}

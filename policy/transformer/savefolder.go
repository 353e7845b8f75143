package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// SaveFolder writes m to a new folder in Hugging Face's layout, so that Python
// programs can go on with it: config.json, and model.safetensors with numbers
// of the given type, which [LoadFile] reads as well. Fields are added to
// config.json; an error names one that is not among those [LoadFolder] returns,
// and a finite weight that is too large for dtype. It is an error too if m has
// both biases and norms of queries and keys, which no model of Hugging Face's
// has.
//
// The folder appears whole or not at all, and is durable once SaveFolder has
// returned nil; one that exists is left alone, and the error wraps fs.ErrExist.
// The tokenizer's files are the caller's to add.
func SaveFolder(dir string, m *Model, dtype DType, fields map[string]json.RawMessage) error {
	config, err := encodeFolderConfig(m.config, dtype, fields)
	if err != nil {
		return fmt.Errorf("model folder %s: %w", dir, err)
	}
	err = newFolder(dir, func(temp string) error {
		if err := writeSynced(filepath.Join(temp, configFile), config); err != nil {
			return err
		}
		// "format" is what Hugging Face's loader asks for; PyTorch's layout is ours.
		return SaveFile(filepath.Join(temp, weightsFile), m, dtype, map[string]string{"format": "pt"})
	})
	if err != nil {
		return fmt.Errorf("model folder %s: %w", dir, err)
	}
	return nil
}

// newFolder makes a folder that fill fills, under another name until it is
// whole. What fill writes it syncs.
func newFolder(dir string, fill func(temp string) error) (err error) {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return err
	}
	parent := filepath.Dir(dir)
	temp, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(temp)
		}
	}()
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := fill(temp); err != nil {
		return err
	}
	if err := syncDir(temp); err != nil {
		return err
	}
	if err := os.Rename(temp, dir); err != nil {
		return err
	}
	return syncDir(parent)
}

// writeSynced writes a new file and syncs it.
func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

package huggingface

import (
	"errors"
	"fmt"
)

// Sentinels wrapped by every error of this package that is not the operating
// system's.
var (
	// ErrInvalid: the file contradicts itself or its format.
	ErrInvalid = errors.New("huggingface: invalid")

	// ErrUnsupported: the file says something that this package does not know.
	ErrUnsupported = errors.New("huggingface: unsupported")

	// ErrMessages: a chat template does not allow these messages.
	ErrMessages = errors.New("huggingface: messages do not fit the chat template")
)

func invalid(path, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrInvalid, path, fmt.Sprintf(format, args...))
}

func unsupported(path, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrUnsupported, path, fmt.Sprintf(format, args...))
}

// quote quotes s, of a long one the beginning.
func quote(s string) string {
	const most = 600 // the patterns of pre-tokenizers have about 120 bytes
	if len(s) > most {
		return fmt.Sprintf("%q… (%d bytes)", s[:most], len(s))
	}
	return fmt.Sprintf("%q", s)
}

package transformer

import "errors"

var (
	// ErrTooLong says that a sequence exceeds Config.MaxTokens or its cache.
	ErrTooLong = errors.New("transformer: sequence too long")

	// ErrNotFinite says that a gradient is NaN or infinite.
	ErrNotFinite = errors.New("transformer: gradient not finite")

	// ErrMismatch says that two models, or a model and a state, differ in shape.
	ErrMismatch = errors.New("transformer: shapes differ")

	// ErrFormat says that bytes are not a checkpoint of this package.
	ErrFormat = errors.New("transformer: bad checkpoint")
)

package langchain

import (
	"errors"
	"fmt"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/policy"
)

// ErrUnsupported: a message or an option is of a kind that a local model cannot
// honour.
var ErrUnsupported = errors.New("langchain: not supported by a local model")

// provider names this package in errors.
const provider = "surefoot"

// unsupported refuses a thing by name.
func unsupported(format string, args ...any) error {
	err := fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
	return llms.NewError(llms.ErrCodeNotImplemented, provider, err.Error()).WithCause(err)
}

// invalid is an error about what is wrong in itself.
func invalid(err error) error {
	return llms.NewError(llms.ErrCodeInvalidRequest, provider, err.Error()).WithCause(err)
}

// failure is an error of a ChatModel as langchaingo has them. Those of the
// context, the streaming function and the files stay as they are.
func failure(err error) error {
	switch {
	case errors.Is(err, policy.ErrPromptTooLong):
		return llms.NewError(llms.ErrCodeTokenLimit, provider, err.Error()).WithCause(err)
	case errors.Is(err, policy.ErrMessages):
		return invalid(err)
	}
	return err
}

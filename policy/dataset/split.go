package dataset

import (
	"crypto/sha256"
	"encoding/binary"
)

// Split is a part of the tasks.
type Split string

const (
	Train      Split = "train"
	Validation Split = "validation"
	All        Split = "all" // both
)

// Splits lists every Split, in the order of their definition.
func Splits() []Split { return []Split{Train, Validation, All} }

// SplitOf returns the part, Train or Validation, to which all episodes of a
// task belong, when share of the tasks, in [0,1], is to be for validation. It
// depends on nothing else, so that a task stays where it is when others come;
// one that is for validation remains so when share grows.
func SplitOf(suite, task string, share float64) Split {
	sum := sha256.Sum256([]byte(suite + "\x00" + task))
	// 53 bits, all that a float64 holds, so that the quotient is below 1.
	if float64(binary.BigEndian.Uint64(sum[:])>>11)/(1<<53) < share {
		return Validation
	}
	return Train
}

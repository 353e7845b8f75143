package stat

import "errors"

var (
	// ErrNoValues is returned for an estimate from nothing.
	ErrNoValues = errors.New("stat: no values")

	// ErrNotFinite is returned when a value is NaN or infinite.
	ErrNotFinite = errors.New("stat: value is not finite")

	// ErrRange is returned when an argument is outside its documented range.
	ErrRange = errors.New("stat: argument out of range")

	// ErrTooFewAttempts is returned when k of n attempts are asked for, n < k.
	ErrTooFewAttempts = errors.New("stat: fewer attempts than k")

	// ErrUnpaired is returned when two samples that must be paired differ in
	// length.
	ErrUnpaired = errors.New("stat: samples differ in length")

	// ErrOneValue is returned for an interval from a single value.
	ErrOneValue = errors.New("stat: one value has no interval")

	// ErrOneClass is returned when right is to be told from wrong and there is
	// only one of them.
	ErrOneClass = errors.New("stat: all outcomes are the same")

	// ErrNotReached is returned for a point that a curve never passes.
	ErrNotReached = errors.New("stat: curve never gets there")
)

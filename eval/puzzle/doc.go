// Package puzzle makes problems that one line of text answers, and checks the
// answers.
//
// Prompts and answers are short enough for a decoder of half a million
// parameters to learn them from single bytes in about a minute: no prompt
// ends but in ':', and no answer holds a line break. A [Domain] draws
// [Problem] values, writes right answers to imitate, and judges any text.
//
//   - [Countdown]: reach a target from three or four numbers; many answers are right.
//   - [Chains]: work along a sum from left to right; its length is its level.
//
// The sets to train, tune and test on are disjoint by construction: the hash of
// what a problem is about decides its [Split]. See [SplitOf].
//
// All domains are values that nothing writes to: use them from any goroutine.
package puzzle

// Package puzzle makes problems that one line of text answers, and checks the
// answers.
//
// Prompts and answers are short, for small decoders that read single bytes: a
// prompt is one line that ends in ':', and no right answer is longer than 60
// bytes or holds a line break. A [Domain] draws
// [Problem] values, writes right answers to imitate, and judges any text.
//
//   - [Countdown]: reach a target from three or four numbers; many answers are right.
//   - [Chains]: work along a sum from left to right; its length is its level.
//   - [Facts]: recall an invented world, some of which no document tells.
//   - [Verse]: write a line of one grammar; a rule-based judge pays for rare words.
//
// The sets to train, tune and test on are disjoint by construction: the hash of
// what a problem is about decides its [Split]. See [SplitOf].
//
// All domains are values that nothing writes to: use them from any goroutine.
package puzzle

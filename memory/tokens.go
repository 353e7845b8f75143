package memory

import "unicode"

// CountWords counts the words and the punctuation marks of s: a run of letters
// and digits is one, every other visible character is one. For English text
// and the tokenizers of large models it is low by about a quarter; give
// Options.CountTokens where the budget must hold exactly.
func CountWords(s string) int {
	n := 0
	in := false
	for _, r := range s {
		word := unicode.IsLetter(r) || unicode.IsDigit(r)
		if (word && !in) || (!word && !unicode.IsSpace(r)) {
			n++
		}
		in = word
	}
	return n
}

// Package tokenizer turns text into the tokens a transformer reads: byte-level
// byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909) trained on the
// domain, lossless for any bytes.
//
// Text is first cut into pieces (see [Boundary]): a word with the space before
// it, a run of digits, of punctuation, of white space, or one newline. Merges
// never cross a piece, so that a frequent word is one token wherever it stands
// and texts can be encoded one after the other.
//
// The vocabulary is the special tokens in the order given, then the 256 bytes,
// then one token a merge in the order learned.
package tokenizer

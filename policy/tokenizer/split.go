package tokenizer

// maxPieceBytes bounds a piece, so that the quadratic work of merging one is
// bounded too. A longer run of one class is cut.
const maxPieceBytes = 128

type class uint8

const (
	classLetter class = iota // ASCII letters and every byte of a non-ASCII rune
	classDigit
	classPunctuation // everything else that can be seen, and control bytes
	classSpace       // space, tab, carriage return, form feed, vertical tab
	classNewline
)

func classOf(b byte) class {
	switch {
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b >= 0x80:
		return classLetter
	case '0' <= b && b <= '9':
		return classDigit
	case b == '\n':
		return classNewline
	case b == ' ', b == '\t', b == '\r', b == '\f', b == '\v':
		return classSpace
	}
	return classPunctuation
}

// piece returns the length in bytes of the piece with which s, not empty,
// begins.
func piece(s string) int {
	c := classOf(s[0])
	if c == classNewline {
		return 1
	}
	start := 0
	if s[0] == ' ' && len(s) > 1 {
		if next := classOf(s[1]); next != classSpace && next != classNewline {
			c, start = next, 1
		}
	}
	n := start + 1
	for n < len(s) && n < maxPieceBytes && classOf(s[n]) == c {
		n++
	}
	if c != classSpace || n == len(s) || s[n-1] != ' ' || n == 1 {
		return n
	}
	if next := classOf(s[n]); next != classSpace && next != classNewline {
		return n - 1 // the last space belongs to what follows
	}
	return n
}

// Boundary reports whether a piece is sure to end between a and b, so that for
// every tokenizer the tokens of a+b are those of a followed by those of b.
// That is so if a or b is empty, if a ends or b begins with a newline, and if
// the last byte of a is no white space and the first of b is of another class:
// letters (with all bytes beyond ASCII), digits, white space, and the rest.
// Hence a text that begins with a newline, or with a space after a text that
// does not end in white space, can always be appended.
func Boundary(a, b string) bool {
	if a == "" || b == "" {
		return true
	}
	x, y := classOf(a[len(a)-1]), classOf(b[0])
	return x == classNewline || y == classNewline || x != y && x != classSpace
}

package huggingface

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitter returns the length of the first word of s, which is not empty.
type splitter func(s string) int

// The patterns known here, as the files have them. Go's regexp has no
// lookahead, so each is a function; (?!\S) only ever means that a run of white
// space leaves its last character to what follows.
const (
	patternGPT2   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// patterns are the splitters of the patterns.
func patterns(pattern string) (splitter, bool) {
	switch pattern {
	case patternGPT2:
		return splitGPT2, true
	case patternLlama3:
		return func(s string) int { return splitTiktoken(s, 3) }, true
	case patternQwen2:
		return func(s string) int { return splitTiktoken(s, 1) }, true
	}
	return nil, false
}

type class uint8

const (
	other  class = iota // neither of the below, a byte that is not UTF-8 too
	letter              // \p{L}
	number              // \p{N}
	space               // \s
)

// classAt returns the class of the first character of s and its length; space
// and 0 of the end, so that a run of anything else ends there.
func classAt(s string) (class, int) {
	if s == "" {
		return space, 0
	}
	if b := s[0]; b < utf8.RuneSelf {
		return asciiClass[b], 1
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case unicode.IsLetter(r):
		return letter, n
	case unicode.IsNumber(r):
		return number, n
	case unicode.IsSpace(r):
		return space, n
	}
	return other, n
}

var asciiClass = func() (c [utf8.RuneSelf]class) {
	for b := range rune(utf8.RuneSelf) {
		switch {
		case unicode.IsLetter(b):
			c[b] = letter
		case unicode.IsNumber(b):
			c[b] = number
		case unicode.IsSpace(b):
			c[b] = space
		}
	}
	return c
}()

// run returns where the characters of class c end that begin at s[i], of at
// most the given number.
func run(s string, i int, c class, most int) int {
	for ; most > 0; most-- {
		k, n := classAt(s[i:])
		if k != c || n == 0 {
			break
		}
		i += n
	}
	return i
}

const unbounded = int(^uint(0) >> 1)

func splitGPT2(s string) int {
	if n := contraction(s); n > 0 && strings.ToLower(s[:n]) == s[:n] && s[1] < utf8.RuneSelf {
		return n
	}
	c, n := classAt(s)
	if s[0] == ' ' {
		if k, _ := classAt(s[1:]); k != space {
			c, n = k, 1
		}
	}
	if c == space {
		return blanks(s)
	}
	return max(n, run(s, n, c, unbounded))
}

// splitTiktoken is the pattern of Llama 3 and Qwen 2, with at most so many
// digits in a word.
func splitTiktoken(s string, digits int) int {
	if n := contraction(s); n > 0 {
		return n
	}
	c, n := classAt(s)
	if c == letter {
		return run(s, n, letter, unbounded)
	}
	if c == number {
		return run(s, n, number, digits-1)
	}
	if s[0] != '\r' && s[0] != '\n' {
		if end := run(s, n, letter, unbounded); end > n {
			return end
		}
	}
	start := 0
	if s[0] == ' ' {
		start = 1
	}
	if end := run(s, start, other, unbounded); end > start {
		for end < len(s) && (s[end] == '\r' || s[end] == '\n') {
			end++
		}
		return end
	}
	if c == space {
		end := run(s, 0, space, unbounded)
		if last := strings.LastIndexAny(s[:end], "\r\n"); last >= 0 {
			return last + 1
		}
	}
	return blanks(s)
}

// blanks is \s+(?!\S)|\s+.
func blanks(s string) int {
	end := run(s, 0, space, unbounded)
	if end == len(s) {
		return end
	}
	_, last := utf8.DecodeLastRuneInString(s[:end])
	if last == end {
		return end
	}
	return end - last
}

// contraction returns the length of 's, 't, 're, 've, 'm, 'll or 'd with which s
// begins, in capitals or not, else 0. The long s, U+017F, is a small S too.
func contraction(s string) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	switch s[1] | 0x20 {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v':
		if len(s) > 2 && s[2]|0x20 == 'e' {
			return 3
		}
	case 'l':
		if len(s) > 2 && s[2]|0x20 == 'l' {
			return 3
		}
	}
	if strings.HasPrefix(s[1:], "ſ") {
		return 1 + len("ſ")
	}
	return 0
}

// splitDigits makes a word of every digit, and of what is between digits.
func splitDigits(s string) int {
	c, n := classAt(s)
	if c == number {
		return n
	}
	return beforeNumber(s)
}

// splitNumbers makes a word of every run of digits, and of what is between.
func splitNumbers(s string) int {
	if c, _ := classAt(s); c == number {
		return run(s, 0, number, unbounded)
	}
	return beforeNumber(s)
}

func beforeNumber(s string) int {
	for i := 0; ; {
		c, n := classAt(s[i:])
		if c == number || n == 0 {
			return i
		}
		i += n
	}
}

// splitAfter ends a word after every end.
func splitAfter(end string) splitter {
	return func(s string) int {
		if i := strings.Index(s, end); i >= 0 {
			return i + len(end)
		}
		return len(s)
	}
}

// everyMark begins a word at every mark.
func everyMark(mark string) splitter {
	return func(s string) int {
		skip := 0
		if strings.HasPrefix(s, mark) {
			skip = len(mark)
		}
		if i := strings.Index(s[skip:], mark); i >= 0 && skip+i > 0 {
			return skip + i
		}
		return len(s)
	}
}

// beforeMark begins a word at every run of marks.
func beforeMark(mark string) splitter {
	return func(s string) int {
		i := 0
		for strings.HasPrefix(s[i:], mark) {
			i += len(mark)
		}
		if j := strings.Index(s[i:], mark); j >= 0 {
			return i + j
		}
		return len(s)
	}
}

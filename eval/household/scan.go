package household

import "strings"

// scanner reads PDDL: parentheses and words, in lower case, with comments from
// ';' to the end of the line left out.
type scanner struct {
	text string
	at   int // next byte to read

	word  string // the token last read: "(", ")" or a word; "" at the end
	start int    // where it begins
}

func newScanner(text string) *scanner { return &scanner{text: asciiLower(text)} }

// asciiLower keeps byte offsets, which strings.ToLower does not.
func asciiLower(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

func space(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
}

// next reads a token and returns it; "" at the end of the text.
func (s *scanner) next() string {
	for s.at < len(s.text) {
		c := s.text[s.at]
		if c == ';' {
			n := strings.IndexByte(s.text[s.at:], '\n')
			if n < 0 {
				s.at = len(s.text)
				break
			}
			s.at += n
		} else if !space(c) {
			break
		}
		s.at++
	}
	s.start = s.at
	if s.at == len(s.text) {
		s.word = ""
		return ""
	}
	if c := s.text[s.at]; c == '(' || c == ')' {
		s.at++
	} else {
		for s.at < len(s.text) {
			if c := s.text[s.at]; c == '(' || c == ')' || c == ';' || space(c) {
				break
			}
			s.at++
		}
	}
	s.word = s.text[s.start:s.at]
	return s.word
}

// skip reads up to the parenthesis that closes the one already read. It
// reports whether there was one.
func (s *scanner) skip() bool {
	for depth := 1; depth > 0; {
		switch s.next() {
		case "":
			return false
		case "(":
			depth++
		case ")":
			depth--
		}
	}
	return true
}

// isWord reports whether the token last read is a word.
func (s *scanner) isWord() bool { return s.word != "" && s.word != "(" && s.word != ")" }

// error is an error at the token last read.
func (s *scanner) error(reason string) error {
	return &FormatError{Section: "pddl_problem", Line: 1 + strings.Count(s.text[:s.start], "\n"), Offset: s.start, Reason: reason}
}

// unexpected is the error that the token last read is not what.
func (s *scanner) unexpected(what string) error {
	if s.word == "" {
		return s.error("the text ends where " + what + " should be")
	}
	word := s.word
	if len(word) > 40 {
		word = word[:40] + "…"
	}
	return s.error("\"" + word + "\" where " + what + " should be")
}

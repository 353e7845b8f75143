package transformer

import "fmt"

// stopper looks for stop strings in bytes that come piece by piece, and holds
// back those that may be the beginning of one. The first byte that completes a
// stop string ends the text; if it completes several, the longest counts. So
// the result does not depend on how the bytes are cut into pieces, and of a
// stop string that begins with another one it is the shorter that is found.
//
// It runs the automaton of Knuth, Morris and Pratt (1977,
// doi:10.1137/0206024) for each stop string.
type stopper struct {
	stops   []*stopString
	matched []int  // of each stop string: how much of it the bytes so far end with
	held    []byte // not released: as many as the longest of matched
}

// stopString is one with its automaton. It does not change.
type stopString struct {
	text string
	// border[i]: the length of the longest proper prefix of text[:i+1] that is
	// a suffix of it too.
	border []int
}

func newStopStrings(texts []string) ([]*stopString, error) {
	var out []*stopString
	for i, text := range texts {
		if text == "" {
			return nil, fmt.Errorf("transformer: stop string %d is empty", i)
		}
		s := &stopString{text: text, border: make([]int, len(text))}
		for j := 1; j < len(text); j++ {
			s.border[j] = s.next(s.border[j-1], text[j])
		}
		out = append(out, s)
	}
	return out, nil
}

// next is how much of s bytes end with that ended with n of it, less than all,
// before b was added.
func (s *stopString) next(n int, b byte) int {
	for n > 0 && s.text[n] != b {
		n = s.border[n-1]
	}
	if s.text[n] == b {
		n++
	}
	return n
}

func newStopper(stops []*stopString) *stopper {
	return &stopper{stops: stops, matched: make([]int, len(stops))}
}

// push appends to dst what is released now that bytes b have come, and reports
// whether they complete a stop string. If so, what is before it has been
// released, and it and what follows it is dropped.
func (s *stopper) push(dst, b []byte) ([]byte, bool) {
	for _, c := range b {
		s.held = append(s.held, c)
		longest, complete := 0, 0
		for i, stop := range s.stops {
			n := stop.next(s.matched[i], c)
			s.matched[i] = n
			longest = max(longest, n)
			if n == len(stop.text) {
				complete = max(complete, n)
			}
		}
		if complete > 0 {
			dst = append(dst, s.held[:len(s.held)-complete]...)
			s.held = s.held[:0]
			return dst, true
		}
		free := len(s.held) - longest
		dst = append(dst, s.held[:free]...)
		s.held = append(s.held[:0], s.held[free:]...)
	}
	return dst, false
}

// flush appends what is held back to dst: nothing follows.
func (s *stopper) flush(dst []byte) []byte {
	dst = append(dst, s.held...)
	s.held = s.held[:0]
	return dst
}

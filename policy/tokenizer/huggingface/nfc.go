package huggingface

import "unicode/utf8"

// composer holds the tables of normalisation form C (Unicode Standard Annex
// 15) in the form in which they are looked up. Characters that were added to
// Unicode after the tables' version are left as they are.
//
// golang.org/x/text/unicode/norm would not do: after 30 combining characters in
// a row it puts in U+034F, which the reference does not.
type composer struct {
	class map[rune]uint8
	apart map[rune][2]rune
	whole map[[2]rune]rune
	check map[rune]bool // what is not sure to be in form C whatever is around it
}

// Hangul syllables are composed by arithmetic (The Unicode Standard, version
// 15.0, section 3.12).
const (
	hangulS, hangulL, hangulV, hangulT = 0xac00, 0x1100, 0x1161, 0x11a7
	hangulLs, hangulVs, hangulTs       = 19, 21, 28
)

func newComposer() *composer {
	c := &composer{map[rune]uint8{}, map[rune][2]rune{}, map[[2]rune]rune{}, map[rune]bool{}}
	for _, r := range combiningClasses {
		for k := r[0]; k <= r[1]; k++ {
			c.class[k] = uint8(r[2])
			c.check[k] = true
		}
	}
	for _, r := range compositions {
		pair := [2]rune{r[1], r[2]}
		c.apart[r[0]], c.whole[pair] = pair, r[0]
		c.check[r[2]] = true
	}
	for _, r := range decompositions {
		c.apart[r[0]] = [2]rune{r[1], r[2]}
		c.check[r[0]] = true
	}
	for v := range rune(hangulVs) {
		c.check[hangulV+v] = true
	}
	for t := range rune(hangulTs) {
		c.check[hangulT+t] = true
	}
	return c
}

// broken is the first of the 256 numbers above Unicode by which nfc holds bytes
// that are not UTF-8.
const broken = utf8.MaxRune + 1

// nfc returns text in form C. Bytes that are not UTF-8 stay, and what is on
// their two sides is not composed.
//
// A character that need not be checked is in form C and composes with nothing
// before it, so that only the runs of others change, each with the one before.
func (c *composer) nfc(text string) string {
	var out []byte
	var runes []rune
	base, done := 0, 0 // the last character that need not be checked; text before done is out
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !c.doubtful(r) {
			base = i
			i += n
			continue
		}
		end := i + n
		for end < len(text) {
			r, n := utf8.DecodeRuneInString(text[end:])
			if !c.doubtful(r) {
				break
			}
			end += n
		}
		out = append(out, text[done:base]...)
		runes = c.decomposeAll(runes[:0], text[base:end])
		c.order(runes)
		for _, r := range c.compose(runes) {
			if r >= broken {
				out = append(out, byte(r-broken))
			} else {
				out = utf8.AppendRune(out, r)
			}
		}
		done, i = end, end
	}
	if done == 0 {
		return text
	}
	return string(append(out, text[done:]...))
}

// doubtful reports whether r must be checked. All below U+0300 and the most
// frequent blocks above it need not be.
func (c *composer) doubtful(r rune) bool {
	if r < 0x300 || 0x4e00 <= r && r <= 0x9fff || hangulS <= r && r < 0xd7a4 {
		return false
	}
	return c.check[r]
}

func (c *composer) decomposeAll(dst []rune, text string) []rune {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			r = broken + rune(text[i])
		}
		dst = c.decompose(dst, r)
		i += n
	}
	return dst
}

// decompose appends the full canonical decomposition of r.
func (c *composer) decompose(dst []rune, r rune) []rune {
	if s := r - hangulS; 0 <= s && s < hangulLs*hangulVs*hangulTs {
		dst = append(dst, hangulL+s/(hangulVs*hangulTs), hangulV+s%(hangulVs*hangulTs)/hangulTs)
		if t := s % hangulTs; t > 0 {
			dst = append(dst, hangulT+t)
		}
		return dst
	}
	pair, ok := c.apart[r]
	if !ok {
		return append(dst, r)
	}
	dst = c.decompose(dst, pair[0])
	if pair[1] != 0 {
		dst = c.decompose(dst, pair[1])
	}
	return dst
}

// order sorts each run of characters whose class is not 0 by class.
func (c *composer) order(runes []rune) {
	for i := 0; i < len(runes); {
		if c.class[runes[i]] == 0 {
			i++
			continue
		}
		end := i + 1
		for end < len(runes) && c.class[runes[end]] != 0 {
			end++
		}
		if end-i > 1 {
			c.sort(runes[i:end])
		}
		i = end
	}
}

// sort sorts runes by class, stably. It counts, so that a run of any length
// takes linear time.
func (c *composer) sort(runes []rune) {
	var at [257]int
	for _, r := range runes {
		at[int(c.class[r])+1]++
	}
	for k := range 256 {
		at[k+1] += at[k]
	}
	sorted := make([]rune, len(runes))
	for _, r := range runes {
		k := c.class[r]
		sorted[at[k]] = r
		at[k]++
	}
	copy(runes, sorted)
}

// compose replaces runes, which are decomposed and in order, by their
// compositions, in place.
func (c *composer) compose(runes []rune) []rune {
	starter, out := -1, runes[:0]
	last := uint8(0) // class of the character before, if one is between it and the starter
	for _, r := range runes {
		class := c.class[r]
		blocked := len(out) > 0 && starter < len(out)-1 && (last == 0 || last >= class)
		if starter >= 0 && !blocked {
			if whole, ok := c.pair(out[starter], r); ok {
				out[starter] = whole
				continue
			}
		}
		if class == 0 {
			starter = len(out)
		}
		last = class
		out = append(out, r)
	}
	return out
}

// pair returns the character that a and b compose.
func (c *composer) pair(a, b rune) (rune, bool) {
	if l, v := a-hangulL, b-hangulV; 0 <= l && l < hangulLs && 0 <= v && v < hangulVs {
		return hangulS + (l*hangulVs+v)*hangulTs, true
	}
	if s, t := a-hangulS, b-hangulT; 0 <= s && s < hangulLs*hangulVs*hangulTs && s%hangulTs == 0 && 0 < t && t < hangulTs {
		return a + t, true
	}
	whole, ok := c.whole[[2]rune{a, b}]
	return whole, ok
}

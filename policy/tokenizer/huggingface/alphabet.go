package huggingface

// alphabet is the characters by which a byte-level vocabulary writes the 256
// bytes: those of Latin-1 that can be seen are themselves, and the others are
// the characters from U+0100 on, in order (Radford et al. 2019, encoder.py).
var alphabet = func() (a [256]rune) {
	next := rune(256)
	for b := range rune(256) {
		if '!' <= b && b <= '~' || 0xa1 <= b && b <= 0xac || 0xae <= b {
			a[b] = b
		} else {
			a[b] = next
			next++
		}
	}
	return a
}()

// byteOf is the inverse of alphabet, -1 for what is not in it.
var byteOf = func() (inverse [256 + 68]int) {
	for i := range inverse {
		inverse[i] = -1
	}
	for b, r := range alphabet {
		inverse[r] = b
	}
	return inverse
}()

// fromAlphabet returns the bytes that s stands for, and whether each of its
// characters stands for one.
func fromAlphabet(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if int(r) >= len(byteOf) || byteOf[r] < 0 {
			return "", false
		}
		b = append(b, byte(byteOf[r]))
	}
	return string(b), true
}

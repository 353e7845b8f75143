package lesson

import (
	"slices"
	"strings"
	"unicode"
)

// Entities are the things a text names: a word with a number after it
// ("cabinet 3"), or one token that looks like an identifier or a path
// ("HAT123", "user_id", "src/main.go").

// token is a word of a text without the punctuation around it.
type token struct {
	text  string
	ended bool // punctuation followed
}

const punctuation = ".,;:!?()[]{}<>\"'`"

func tokens(s string) []token {
	var out []token
	for f := range strings.FieldsSeq(s) {
		left := strings.TrimLeft(f, punctuation)
		t := strings.TrimRight(left, punctuation)
		if t != "" {
			out = append(out, token{t, len(t) < len(left)})
		}
	}
	return out
}

// part is a piece of a text: one entity, or one other word.
type part struct {
	text   string
	entity bool
}

// parts splits s into entities and other words, the words in lower case.
func parts(s string) []part {
	ts := tokens(s)
	var out []part
	for i := 0; i < len(ts); i++ {
		t := ts[i]
		switch {
		case !t.ended && i+1 < len(ts) && isNumber(ts[i+1].text) && isWord(t.text) && !isGrammar(strings.ToLower(t.text)):
			out = append(out, part{strings.ToLower(t.text) + " " + ts[i+1].text, true})
			i++
		case isIdentifier(t.text):
			out = append(out, part{t.text, true})
		default:
			out = append(out, part{strings.ToLower(t.text), false})
		}
	}
	return out
}

// entities are the distinct entities of s in order, the first maxEntities of
// them.
func entities(s string) []string {
	var out []string
	for _, p := range parts(clipBytes(s)) {
		if p.entity && len(out) < maxEntities && !slices.Contains(out, p.text) {
			out = append(out, p.text)
		}
	}
	return out
}

// Bounds of what is read of one text, so that the work on an episode grows no
// faster than its number of steps.
const (
	maxBytes     = 16 << 10
	maxEntities  = 200
	maxGoalWords = 24
)

func clipBytes(s string) string { return s[:min(len(s), maxBytes)] }

// maxName bounds the length of an entity's name in bytes. What is longer is
// data, not a name.
const maxName = 40

func isNumber(s string) bool {
	return len(s) <= 4 && s != "" && strings.Trim(s, "0123456789") == ""
}

func isWord(s string) bool {
	return len(s) <= maxName && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '_' }) < 0
}

// isIdentifier: letters together with a digit, an underscore or a slash, or
// with a dot between letters; but not words of grammar with a slash between
// ("in/on").
func isIdentifier(s string) bool {
	if a, b, ok := strings.Cut(strings.ToLower(s), "/"); ok && isGrammar(a) && isGrammar(b) {
		return false
	}
	letter, mark := false, false
	for i, r := range s {
		switch {
		case unicode.IsLetter(r):
			letter = true
		case unicode.IsDigit(r), r == '_', r == '/', r == '.' && i > 0:
			mark = true
		case r != '-':
			return false
		}
	}
	return letter && mark && len(s) <= maxName
}

// typeOf is what an entity is one of: its word, or an identifier with "#" for
// its digits.
func typeOf(entity string) string {
	if w, n, ok := strings.Cut(entity, " "); ok && isNumber(n) {
		return w
	}
	var b strings.Builder
	for _, r := range entity {
		if unicode.IsDigit(r) {
			r = '#'
		}
		if r != '#' || !strings.HasSuffix(b.String(), "#") {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// singular is a crude singular, the same for both forms of most nouns.
func singular(w string) string {
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case len(w) > 4 && (strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "sses")):
		return w[:len(w)-2]
	case len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss"):
		return w[:len(w)-1]
	}
	return w
}

// isGrammar: a word that names nothing.
func isGrammar(w string) bool { return strings.Contains(grammarWords, " "+w+" ") }

// isCommon: a word of grammar, or one that in a goal says what to do with the
// things or how they shall be, not what things.
func isCommon(w string) bool { return isGrammar(w) || strings.Contains(taskWords, " "+w+" ") }

const (
	grammarWords = " a about after all an and any are as at be before but by can do for from has have how i if in inside into is it its me must my near no not of off on one onto or out over see so some that the their them then there these they this those three to two under until up use used using was we were what when where which while will with without you your "
	taskWords    = " add again answer bring buy change check chill chilled clean cleaned close cold cook cooked cool cooled create cut delete examine exactly fetch fill find finish first fix get give go heat heated hot inspect keep last look look make microwaved move new next old open pick place please put rinse rinsed run second send set show slice sliced step switch take task test toggle turn update want warm warmed wash washed write "
)

// byName orders entities by type and then by number, so that the wording does
// not hang on the order of events.
func byName(a, b string) int {
	aw, an, _ := strings.Cut(a, " ")
	bw, bn, _ := strings.Cut(b, " ")
	if c := strings.Compare(aw, bw); c != 0 {
		return c
	}
	if len(an) != len(bn) {
		return len(an) - len(bn)
	}
	return strings.Compare(an, bn)
}

package skills

import (
	"slices"
	"strings"
	"unicode"
)

// A thing is what a text names: a word and a number ("drawer 3"), or one token
// that looks like an identifier, a value or a path ("HAT123", "src/main.go").
type thing struct {
	name       string // in lower case if a word and a number
	sort       string // what it is one of: the word; an identifier itself
	start, end int    // bytes of the text
}

// maxNameBytes bounds a thing's name. What is longer is data.
const maxNameBytes = 48

// things returns what text names, in order, with repetitions.
func things(text string) []thing {
	ts := tokens(text)
	var out []thing
	for i := 0; i < len(ts); i++ {
		t := ts[i]
		word := text[t.start:t.end]
		if i+1 < len(ts) && isWord(word) && !isGrammar(strings.ToLower(word)) {
			next := ts[i+1]
			if number := text[next.start:next.end]; isNumber(number) && strings.Trim(text[t.end:next.start], " ") == "" {
				w := strings.ToLower(word)
				out = append(out, thing{w + " " + number, singular(w), t.start, next.end})
				i++
				continue
			}
		}
		if isIdentifier(word) {
			out = append(out, thing{word, word, t.start, t.end})
		}
	}
	return out
}

// numbered reports whether a name is a word and a number.
func numbered(name string) bool {
	_, n, ok := strings.Cut(name, " ")
	return ok && isNumber(n)
}

// sortOf is what the thing of a name is one of.
func sortOf(name string) string {
	if w, _, _ := strings.Cut(name, " "); numbered(name) {
		return singular(w)
	}
	return name
}

// names are the distinct names of the things in text, in order.
func names(text string) []string {
	var out []string
	seen := map[string]bool{} // a text may name tens of thousands
	for _, t := range things(text) {
		if !seen[t.name] {
			seen[t.name] = true
			out = append(out, t.name)
		}
	}
	return out
}

type token struct{ start, end int }

// tokens are the runs of letters, digits and _ - . /, without marks at their
// ends.
func tokens(s string) []token {
	var out []token
	start := -1
	for i, r := range s + " " {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-./", r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			t := strings.TrimRight(s[start:i], "-./")
			end := start + len(t)
			if t = strings.TrimLeft(strings.TrimPrefix(t, "./"), "-."); t != "" {
				out = append(out, token{end - len(t), end})
			}
			start = -1
		}
	}
	return out
}

func isNumber(s string) bool { return s != "" && len(s) <= 4 && strings.Trim(s, "0123456789") == "" }

func isWord(s string) bool {
	return len(s) <= maxNameBytes && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '_' }) < 0
}

// isIdentifier: a digit together with a letter or with a mark between digits,
// or a dot between letters.
func isIdentifier(s string) bool {
	if len(s) > maxNameBytes {
		return false
	}
	letter, digit, dot, mark := false, false, false, false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letter = true
		case unicode.IsDigit(r):
			digit = true
		case r == '.':
			dot = true
		default:
			mark = true
		}
	}
	return letter && (digit || dot) || digit && mark
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
func isGrammar(w string) bool { return strings.Contains(grammar, " "+w+" ") }

const grammar = " a about after all an and any are as at be before but by can do for from has have in inside into is it its me must my near no not of off on one onto or out over some that the their them then there these they this those to under until up using was were when which while will with without you your "

// goalThings are the sorts of things that a goal names among the candidates, in
// the goal's order: those that stand in it, in the singular or the plural,
// in one word or two ("desk lamp" for a desklamp), and identifiers word for
// word.
func goalThings(goal string, candidates []string) []string {
	var words []string
	for _, t := range tokens(goal) {
		words = append(words, goal[t.start:t.end])
	}
	var out []string
	note := func(sort string) {
		if slices.Contains(candidates, sort) && !slices.Contains(out, sort) {
			out = append(out, sort)
		}
	}
	for i, w := range words {
		note(w)
		note(singular(strings.ToLower(w)))
		if i+1 < len(words) {
			note(singular(strings.ToLower(w + words[i+1])))
		}
	}
	return out
}

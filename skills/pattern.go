package skills

import (
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// again ends what a plan does over and over, however often.
const again = "again"

// pattern is what the plan of a success does to the world, one word a step:
// "take clean put". Things are left out of it, and so are steps that only look,
// what was said, and steps that make way for a later one: they are about
// nothing but some of its things, as "go to desk 1" before "take mug 2 from
// desk 1". What is done several times in a row is in it once, with "again" after
// it. Where nothing is left, it is what was looked up last, or else nothing.
func pattern(chain []event) string {
	var does []string
	read := ""
	for i, e := range chain {
		word := operation(e.action)
		switch {
		case word == "" || makesWay(e, chain[i+1:]):
		case readsOnly(word):
			read = word
		default:
			does = append(does, word)
		}
	}
	if len(does) == 0 {
		return read
	}
	return strings.Join(folded(does), " ")
}

// The words from which on an action that is no call is something said: always,
// and if it begins or is marked as a sentence.
const (
	minSaidWords     = 16
	minSentenceWords = 4
)

// operation is the first word of a command, or the name of what is called;
// "" of what is said.
func operation(action string) string {
	v := verb(action)
	rest := strings.TrimLeft(strings.TrimPrefix(strings.ToLower(action), v), " ")
	if rest != "" && strings.Contains("{[(", rest[:1]) {
		return v
	}
	n := len(tokens(action))
	if n >= minSaidWords || n >= minSentenceWords && (isGrammar(v) || v == "i" || strings.ContainsAny(action, "?!")) {
		return ""
	}
	return v
}

// withoutTalk drops what was said, which is about one case. A world that lists its
// actions has no talk.
func withoutTalk(e agent.Episode, es []event) []event {
	if slices.ContainsFunc(e.Steps, func(s agent.Step) bool { return len(s.Observation.Admissible) > 0 }) {
		return es
	}
	return slices.DeleteFunc(slices.Clone(es), func(v event) bool { return operation(v.action) == "" })
}

// readVerbs begin names of what reads, in addition to lookVerbs.
const readVerbs = " get list read fetch find query show lookup calculate count check "

// readsOnly reports whether an operation changes nothing, by its first word:
// "get_user".
func readsOnly(operation string) bool {
	first, _, _ := strings.Cut(operation, "_")
	return strings.Contains(lookVerbs+readVerbs, " "+first+" ")
}

// makesWay reports whether all things of e are things of a later event that has
// more.
func makesWay(e event, later []event) bool {
	if len(e.names) == 0 {
		return false
	}
	return slices.ContainsFunc(later, func(l event) bool {
		return len(l.names) > len(e.names) && !slices.ContainsFunc(e.names, func(n string) bool { return !slices.Contains(l.names, n) })
	})
}

// folded is words with each run that follows itself written once, the shortest
// runs first, and "again" after it.
func folded(words []string) []string {
	words = slices.Clone(words)
	for n := 1; 2*n <= len(words); n++ {
		for i := 0; i+2*n <= len(words); {
			if !slices.Equal(words[i:i+n], words[i+n:i+2*n]) {
				i++
				continue
			}
			end := i + 2*n
			for end+n <= len(words) && slices.Equal(words[i:i+n], words[end:end+n]) {
				end += n
			}
			words = slices.Replace(words, i+n, end, again)
			i += n + 1
		}
	}
	return words
}

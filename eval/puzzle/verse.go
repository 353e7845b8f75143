package puzzle

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// Verse asks for a line about two nouns, "fox tower:", in one grammar:
// "the ADJECTIVE fox VERB the ADJECTIVE tower". Some words are plain, and the
// judge pays for the others: for one problem 29·28·29 lines are worth the full
// score, and no Fault names one, so that a policy which turns to them may become
// less certain while it improves. Words outside the lists are worth nothing, nor
// is any line out of the grammar.
type Verse struct{ rich float64 }

// NewVerse returns the domain, in whose demonstrations the given share of
// lines, in [0,1], is drawn uniformly from all words; the others have plain
// words only. What is above 1 is as 1, what is below 0, or NaN, as 0.
func NewVerse(rich float64) Verse { return Verse{rich: rich} }

// Draw implements Domain. Nouns are uniform and differ; every level is 1.
func (v Verse) Draw(s Split, n int, rng *rand.Rand) []Problem {
	return draw(s, n, func() Problem {
		i, j := rng.IntN(len(nouns)), rng.IntN(len(nouns)-1)
		if j >= i {
			j++
		}
		id := nouns[i] + " " + nouns[j]
		return Problem{Domain: "verse", ID: id, Prompt: id + ":", Level: 1, Subject: nouns[i], Object: nouns[j]}
	})
}

// Demonstrate implements Domain. Unlike the other domains', a demonstration is
// well-formed, and seldom worth the full score.
func (v Verse) Demonstrate(p Problem, rng *rand.Rand) string {
	adjective, verb := plain, plain
	if rng.Float64() < v.rich {
		adjective, verb = len(adjectives), len(verbs)
	}
	return strings.Join([]string{
		"the", adjectives[rng.IntN(adjective)], p.Subject, verbs[rng.IntN(verb)],
		"the", adjectives[rng.IntN(adjective)], p.Object,
	}, " ")
}

// Check implements Domain. The score of a line in the grammar is the share of
// its two adjectives and its verb that are neither plain nor repeated; a line
// is Correct if that is all of them, and not even WellFormed out of the grammar.
// The Fault of a line in the grammar is at its first word not paid for; Steps
// count words.
func (v Verse) Check(p Problem, answer string) Verdict {
	slots := [...]struct {
		fixed string
		words []string
	}{
		{fixed: "the"}, {words: adjectives[:]}, {fixed: p.Subject}, {words: verbs[:]},
		{fixed: "the"}, {words: adjectives[:]}, {fixed: p.Object},
	}
	out := Verdict{WellFormed: true}
	var paid, first int // the count of words paid for; 1 + the index of the first adjective
	rest, more, offset := answer, true, 0
	for i, slot := range slots {
		if !more {
			return Verdict{Fault: Fault{Kind: Incomplete, Step: i + 1, Offset: len(answer)}}
		}
		var word string
		word, rest, more = strings.Cut(rest, " ")
		f := Fault{Step: i + 1, Offset: offset}
		offset += len(word) + 1
		if slot.words == nil {
			if word != slot.fixed {
				f.Kind = Malformed
				return Verdict{Fault: f}
			}
			continue
		}
		at := slices.Index(slot.words, word)
		switch {
		case at < 0:
			f.Kind = Malformed
			return Verdict{Fault: f}
		case at < plain:
			f.Kind = Plain
		case i == 5 && at+1 == first:
			f.Kind = Repeated
		default:
			paid++
		}
		if i == 1 {
			first = at + 1
		}
		if out.Fault.Kind == None && f.Kind != None {
			out.Fault = f
		}
	}
	if more {
		return Verdict{Fault: Fault{Kind: Surplus, Step: len(slots) + 1, Offset: offset}}
	}
	out.Score, out.Correct = float64(paid)/3, paid == 3
	return out
}

package langchain

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/surefoot-ai/surefoot/agent"
)

// maxActionBytes bounds an action that is no admissible one; more is cut off.
const maxActionBytes = 4096

// Match returns the action that a model's reply means, and whether it is an
// acceptable one.
//
// First what a model thought, between <think> and </think>, and what it
// repeats from memory, between <recalled> and </recalled>, is dropped. If
// nothing is admissible in particular, the rest is the action, acceptable
// unless it is empty. Otherwise the reply is read line by line, lines that
// begin with "Action:" first and the last of these before the others, and the
// first of these rules to find an admissible action decides:
//
//  1. a line is the action, word for word;
//  2. a line is the action but for letter case, white space, quotes, a bullet
//     or "Action:" before and punctuation after it;
//  3. the first line in that order differs from the action in at most a fifth
//     of its characters, has the same numbers, and no other action is as near.
//
// If none does, the first line in that order is returned, cut at 4096 bytes,
// and false.
func Match(reply string, admissible []agent.Action) (agent.Action, bool) {
	text := spoken(reply)
	if len(admissible) == 0 {
		return agent.Action(cutAt(text, maxActionBytes)), text != ""
	}
	lines := inOrder(text)
	for _, l := range lines {
		if slices.Contains(admissible, agent.Action(l)) {
			return agent.Action(l), true
		}
	}
	for _, l := range lines {
		for _, a := range admissible {
			if plain(l) == plain(string(a)) {
				return a, true
			}
		}
	}
	if len(lines) == 0 {
		return "", false
	}
	if a, ok := nearest(plain(lines[0]), admissible); ok {
		return a, true
	}
	return agent.Action(cutAt(lines[0], maxActionBytes)), false
}

// spoken is reply without what was thought or recalled.
func spoken(reply string) string {
	if i := strings.LastIndex(reply, "</think>"); i >= 0 {
		reply = reply[i+len("</think>"):]
	}
	for _, m := range [][2]string{{"<think>", "</think>"}, {openMark, closeMark}} {
		for {
			i := strings.Index(reply, m[0])
			if i < 0 {
				break
			}
			after := ""
			if j := strings.Index(reply[i:], m[1]); j >= 0 {
				after = reply[i+j+len(m[1]):]
			}
			reply = reply[:i] + after
		}
	}
	return strings.TrimSpace(strings.ToValidUTF8(reply, "\uFFFD"))
}

func cutAt(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

const actionLabel = "action:"

// inOrder lists the lines of text that are not blank, the last that begins
// with actionLabel first.
func inOrder(text string) []string {
	var labelled, rest []string
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		if len(l) >= len(actionLabel) && strings.EqualFold(l[:len(actionLabel)], actionLabel) {
			labelled = append(labelled, strings.TrimSpace(l[len(actionLabel):]))
		} else {
			rest = append(rest, l)
		}
	}
	slices.Reverse(labelled)
	return slices.DeleteFunc(append(labelled, rest...), func(l string) bool { return l == "" })
}

var bullet = regexp.MustCompile(`^([-*>•]|\d+[.)])\s+`)

// plain is s for rules 2 and 3.
func plain(s string) string {
	s = strings.Join(strings.Fields(strings.ToLower(s)), " ")
	s = bullet.ReplaceAllString(strings.TrimLeft(s, "\"'`*_"), "")
	s = strings.TrimSpace(strings.TrimPrefix(s, actionLabel))
	return strings.Trim(s, "\"'`*_.,;!>[] ")
}

// nearest applies rule 3.
func nearest(line string, admissible []agent.Action) (agent.Action, bool) {
	if len(line) > maxActionBytes {
		return "", false
	}
	type near struct {
		action   agent.Action
		distance int
	}
	var best []near // those at the least distance
	l, digits := []rune(line), numbers(line)
	for _, a := range admissible {
		p := plain(string(a))
		if !slices.Equal(numbers(p), digits) {
			continue
		}
		r := []rune(p)
		d := distance(l, r)
		if d*5 > len(r) {
			continue
		}
		if len(best) > 0 && d < best[0].distance {
			best = best[:0]
		}
		if len(best) == 0 || d == best[0].distance {
			best = append(best, near{a, d})
		}
	}
	if len(best) != 1 {
		return "", false
	}
	return best[0].action, true
}

func numbers(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
}

// distance is Levenshtein's: the least number of characters to insert, delete
// or replace.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			d := diagonal
			if x != y {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}

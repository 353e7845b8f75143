package browse

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/surefoot-ai/surefoot/agent"
)

// Line turns every run of white space and control characters into a space: a
// recorded text cannot break a table, or steer the terminal.
func Line(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || steers(r)
	}), " ")
}

// Lines drops the control characters of s but keeps its lines. A tab becomes
// four blanks.
func Lines(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\t", "    ")
	return strings.Map(func(r rune) rune {
		if r != '\n' && steers(r) {
			return -1
		}
		return r
	}, s)
}

// steers reports whether r moves a cursor, or turns the direction of the text
// around it.
func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// maxText is how many bytes of one recorded text are shown.
const maxText = 20_000

// passage is a recorded text as Lines, cut to maxText.
func passage(s string) string {
	if len(s) <= maxText {
		return Lines(s)
	}
	head := beginning(s, maxText)
	return Lines(head) + fmt.Sprintf("\n… %d more bytes", len(s)-len(head))
}

// maxLine is how many bytes of a text are shown in a line of a list.
const maxLine = 400

// brief is the beginning of s in one line.
func brief(s string) string {
	if len(s) <= maxLine {
		return Line(s)
	}
	return Line(beginning(s, maxLine)) + "…"
}

// beginning is at most so many bytes of s, which is longer, in whole characters.
func beginning(s string, most int) string {
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// About is the task that l is about, or else the kind of task.
func About(l agent.Lesson) string {
	if l.Task != "" {
		return "task " + l.Task
	}
	return "kind " + l.Kind
}

// Outcome is "success", or the cause of the failure.
func Outcome(o agent.Outcome) string {
	if o.Success {
		return "success"
	}
	return strings.TrimSuffix("failure: "+string(o.Cause), ": ")
}

// Time is t in UTC to the second, or nothing.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

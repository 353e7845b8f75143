package report

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/surefoot-ai/surefoot/agent"
)

// percent is a share as "62.1%".
func percent(x float64) string { return fmt.Sprintf("%.1f%%", 100*x) }

// bounds is iv's interval as "[55.0, 68.7]", in percent.
func bounds(iv Interval) string { return fmt.Sprintf("[%.1f, %.1f]", 100*iv.Low, 100*iv.High) }

// signed is a difference of shares in percentage points, as "+27.1"; a value
// that rounds to nothing has no sign.
func signed(x float64) string {
	s := fmt.Sprintf("%+.1f", 100*x)
	if s == "+0.0" || s == "-0.0" {
		return "0.0"
	}
	return s
}

// signedBounds is iv's interval as "[+20.0, +33.0]", in percentage points.
func signedBounds(iv Interval) string {
	return fmt.Sprintf("[%s, %s]", signed(iv.Low), signed(iv.High))
}

// pvalue is p to two digits, or a bound for what is smaller than print can tell.
func pvalue(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.2g", p)
}

// plural is n with the noun, "1 seed" or "3 seeds".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// budget is b in words.
func budget(b agent.Budget) string {
	steps := b.Steps
	if steps == 0 {
		steps = agent.DefaultSteps
	}
	parts := []string{plural(steps, "step")}
	if b.Tokens > 0 {
		parts = append(parts, plural(b.Tokens, "token"))
	}
	if b.Wall > 0 {
		parts = append(parts, b.Wall.String())
	}
	if b.Invalid > 0 {
		parts = append(parts, plural(b.Invalid, "inadmissible action")+" in a row")
	}
	return strings.Join(parts, ", ")
}

// seeds is the list, with runs of four or more shortened: "1-5, 9".
func seeds(list []uint64) string {
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		if j-i >= 3 {
			parts = append(parts, fmt.Sprintf("%d-%d", list[i], list[j]))
		} else {
			j = i
			parts = append(parts, fmt.Sprint(list[i]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// last is where c stood at the end; the zero Trial if it has none.
func (c Condition) last() Trial {
	if len(c.Trials) == 0 {
		return Trial{}
	}
	return c.Trials[len(c.Trials)-1]
}

// first is where c stood after one try; the zero Trial if it has none.
func (c Condition) first() Trial {
	if len(c.Trials) == 0 {
		return Trial{}
	}
	return c.Trials[0]
}

// seconds is the play time of the condition named name, or "–" if r has none:
// a Result read back from JSON does not.
func (r *Result) seconds(name string) string {
	for _, t := range r.Timing.Conditions {
		if t.Name == name {
			return fmt.Sprintf("%.1f", t.PlaySeconds)
		}
	}
	return "–"
}

// clean replaces each control character of a line with "?", one for one: a name
// must neither move a terminal's cursor nor break the XML of a picture.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
}

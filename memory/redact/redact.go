package redact

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// Rule is one form of secrets.
type Rule struct {
	Name string // what is said to have been there

	// Pattern finds the secret: its group "secret", or all of it if it has none.
	Pattern *regexp.Regexp

	// Hints are lower-case words one of which is in every text that Pattern
	// matches, in lower case: a text without any is not searched. Empty: all are.
	Hints []string

	// Secret says whether what was found is one; nil: it is.
	Secret func(found string) bool
}

// Validate names what is missing.
func (r Rule) Validate() error {
	if r.Name == "" || strings.ContainsAny(r.Name, "[]\n") || r.Pattern == nil {
		return fmt.Errorf("redact: rule %q must have a name without brackets and line breaks, and a pattern", r.Name)
	}
	return nil
}

// Text returns s with what the rules find replaced, the earlier rules first.
func Text(rules []Rule, s string) string {
	for _, r := range likely(rules, s) {
		s = r.replace(s)
	}
	return s
}

// likely are the rules that may find something in s.
func likely(rules []Rule, s string) []Rule {
	s = strings.ReplaceAll(strings.ToLower(s), "ſ", "s") // as the patterns fold it
	var out []Rule
	for _, r := range rules {
		if len(r.Hints) == 0 || slices.ContainsFunc(r.Hints, func(h string) bool { return strings.Contains(s, h) }) {
			out = append(out, r)
		}
	}
	return out
}

// mark begins what stands in the place of a secret.
const mark = "[redacted "

// replace replaces what the rule finds in s, until it finds nothing more.
func (r Rule) replace(s string) string {
	group := max(r.Pattern.SubexpIndex("secret"), 0)
	for {
		var out strings.Builder
		done := 0
		for _, at := range r.Pattern.FindAllStringSubmatchIndex(s, -1) {
			from, to := at[2*group], at[2*group+1]
			if from < 0 || marked(s, from, to) || r.Secret != nil && !r.Secret(s[from:to]) {
				continue
			}
			out.WriteString(s[done:from])
			out.WriteString(mark + r.Name + "]")
			done = to
		}
		if done == 0 {
			return s
		}
		out.WriteString(s[done:])
		s = out.String()
	}
}

// marked reports whether a part of s[from:to] was redacted already.
func marked(s string, from, to int) bool {
	before := strings.LastIndex(s[:min(from+len(mark), len(s))], mark)
	return before >= 0 && before+strings.IndexByte(s[before:], ']') >= from || strings.Contains(s[from:min(to+len(mark)-1, len(s))], mark)
}

// Episode returns e with every text in it redacted but its ID and its task's ID,
// scope, suite, kind and tags, which name it. A step whose action is changed
// loses its log-probabilities: they are of other tokens. e is not changed.
func Episode(rules []Rule, e agent.Episode) agent.Episode {
	var all strings.Builder
	each(&e, func(s *string) { all.WriteString(*s + "\n") })
	if rules = likely(rules, all.String()); len(rules) == 0 {
		return e
	}
	e.Steps, e.Context.Items = slices.Clone(e.Steps), slices.Clone(e.Context.Items)
	e.Final.Admissible = slices.Clone(e.Final.Admissible)
	actions := make([]agent.Action, len(e.Steps))
	for i := range e.Steps {
		o := &e.Steps[i].Observation
		o.Admissible = slices.Clone(o.Admissible)
		actions[i] = e.Steps[i].Action
	}
	each(&e, func(s *string) { *s = Text(rules, *s) })
	for i := range e.Steps {
		if e.Steps[i].Action != actions[i] {
			e.Steps[i].LogProbs = nil
		}
	}
	return e
}

// each calls f with every text of e that is not the name of something.
func each(e *agent.Episode, f func(*string)) {
	observation := func(o *agent.Observation) {
		f(&o.Text)
		for i := range o.Admissible {
			f((*string)(&o.Admissible[i]))
		}
	}
	f(&e.Task.Goal)
	for i := range e.Context.Items {
		f(&e.Context.Items[i].Text)
	}
	for i := range e.Steps {
		observation(&e.Steps[i].Observation)
		f((*string)(&e.Steps[i].Action))
	}
	observation(&e.Final)
	f(&e.Outcome.Feedback)
}

package lesson

import (
	"slices"
	"strings"
	"unicode"

	"github.com/surefoot-ai/surefoot/agent"
)

// calling begins the trigger of a lesson about a tool.
const calling = "calling "

// usesTools reports whether an episode of the list calls a tool.
func usesTools(lists ...[]agent.Episode) bool {
	for _, es := range lists {
		if slices.ContainsFunc(es, func(e agent.Episode) bool { return len(calls(e)) > 0 }) {
			return true
		}
	}
	return false
}

// difference is what a failure changed otherwise than a success of its task.
type difference struct {
	missing []call      // of the success
	extra   []call      // of the failure
	changed []departure // calls that both made, with other arguments
	success []call      // all changes of the success
	unread  []call      // what the success looked up and the failure never did
	rule    string      // why the success would not do more, in its words
}

// departure is a call in which a failure and a success differ.
type departure struct {
	step      int
	tool      string
	about     []arg // what says which of several calls of the tool it is
	was, want []arg
}

func (d difference) size() int { return len(d.missing) + len(d.extra) + len(d.changed) }

// compare pairs the changes of a success with those of a failure by the same
// tool that have most arguments in common.
func compare(failure, success []call) difference {
	d := difference{success: success}
	left := slices.DeleteFunc(slices.Clone(failure), func(f call) bool { return slices.ContainsFunc(success, f.same) })
	for _, s := range success {
		if slices.ContainsFunc(failure, s.same) {
			continue
		}
		best, common := -1, -1
		for i, f := range left {
			if n := agreeing(f, s); f.tool == s.tool && n > common {
				best, common = i, n
			}
		}
		if best < 0 {
			d.missing = append(d.missing, s)
			continue
		}
		f := left[best]
		d.changed = append(d.changed, departure{f.step, s.tool, telling(f, s, slices.Concat(failure, success)), only(f.args, s.args), only(s.args, f.args)})
		left = slices.Delete(left, best, best+1)
	}
	d.extra = left
	return d
}

// telling is the first ID that two calls have in common and that another of the
// same tool lacks.
func telling(a, b call, all []call) []arg {
	for _, x := range a.args {
		if order(x) == 0 && slices.Contains(b.args, x) &&
			slices.ContainsFunc(all, func(c call) bool { return c.tool == a.tool && !slices.Contains(c.args, x) }) {
			return []arg{x}
		}
	}
	return nil
}

func agreeing(a, b call) int { return len(a.args) - len(only(a.args, b.args)) }

// only are the arguments of a that b does not have.
func only(a, b []arg) []arg {
	var out []arg
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// nearest compares a failure to the success of the same task that it differs
// least from. ok is false if there is none.
func nearest(failure agent.Episode, successes []agent.Episode) (d difference, ok bool) {
	mine := changes(calls(failure))
	for _, s := range successes {
		if s.Task.ID != failure.Task.ID || s.Task.Suite != failure.Task.Suite {
			continue
		}
		if one := compare(mine, changes(calls(s))); !ok || one.size() < d.size() {
			d, ok = one, true
			d.rule, d.unread = rule(s), unread(calls(failure), calls(s))
		}
	}
	return d, ok
}

// toolTask is what a retry of a task with tools should know from the failures at
// it, oldest first: how the latest differs from a success, or else what was
// refused, and what was done that was not asked for.
func toolTask(failures, successes []agent.Episode) agent.Lesson {
	latest := failures[len(failures)-1]
	l := agent.Lesson{
		Suite: latest.Task.Suite, Kind: latest.Task.Kind, Task: latest.Task.ID, Trigger: trigger(request(latest.Task.Goal)),
		Cause: agent.CausePolicy, Confidence: 0.6,
	}
	var mistakes, remedies []string
	if d, ok := nearest(latest, successes); ok {
		mistakes, remedies = d.words()
	} else {
		mistakes, remedies = refused(failures)
		l.Confidence = 0.4
	}
	if len(mistakes) == 0 {
		mistakes, remedies = vain(latest, successes)
	}
	l.Mistake, l.Remedy = clauses(mistakes), clauses(remedies)
	return l
}

// clauses joins what was done, which may hold commas.
func clauses(all []string) string {
	if len(all) > maxActions {
		all = append(slices.Clone(all[:maxActions]), "…")
	}
	return strings.Join(all, "; ")
}

// words are the difference as mistakes and remedies.
func (d difference) words() (mistakes, remedies []string) {
	for _, c := range d.changed {
		mistakes = append(mistakes, phrase(c.tool, slices.Concat(c.about, c.was)))
		remedies = append(remedies, phrase(c.tool, slices.Concat(c.about, c.want)))
	}
	for _, c := range d.extra {
		mistakes = append(mistakes, c.String()+" (a success did not)")
	}
	var left []string
	for _, c := range d.missing {
		if !slices.Contains(left, c.tool) {
			left = append(left, c.tool)
		}
		remedies = append(remedies, c.String())
	}
	if len(left) > 0 {
		mistakes = append(mistakes, "ending without "+strings.Join(left, ", "))
		for _, c := range d.unread {
			mistakes = append(mistakes, "never calling "+c.tool)
		}
		remedies = append(strung(d.unread), remedies...)
	}
	switch {
	case d.size() == 0:
		return []string{"leaving out of the answer what was asked for (the calls were those of a success)"}, []string{"say all that was asked for before the end"}
	case len(remedies) == 0 && len(d.success) == 0:
		remedies = []string{"change nothing, as the success of this task"}
		if d.rule != "" {
			remedies[0] = `change nothing, as the success of this task, which said: "` + d.rule + `"`
		}
	case len(remedies) == 0:
		for _, c := range d.success {
			remedies = append(remedies, c.String())
		}
		remedies[0] = "change no more than the success of this task did: " + remedies[0]
	}
	return mistakes, remedies
}

// refused are the calls that tools refused, with the arguments that it hung on,
// and what got through after them.
func refused(failures []agent.Episode) (mistakes, remedies []string) {
	seen := map[string]bool{}
	for _, e := range failures {
		mine := calls(e)
		for _, c := range mine {
			key := c.tool + "\x00" + c.refusal
			if c.refusal == "" || seen[key] {
				continue
			}
			seen[key] = true
			args := mentioned(c.refusal, c.args)
			if f, ok := remedied(c, mine); ok {
				args = append(args, only(only(c.args, f.args), args)...)
				if r := instead(c, f); !slices.Contains(remedies, r) {
					remedies = append(remedies, r)
				}
			}
			if len(args) == 0 {
				args = blamed(c.refusal, c.args)
			}
			mistakes = append(mistakes, phrase(c.tool, args)+" ("+c.refusal+")")
		}
	}
	switch {
	case len(remedies) > 0:
		remedies[len(remedies)-1] += " (accepted, but the task failed all the same)"
	case len(mistakes) > 0:
		remedies = []string{"before a call look up what its message names, and do not repeat it unchanged"}
	}
	return mistakes, remedies
}

// instead is how the call f that got through differs from c.
func instead(c, f call) string {
	if more := only(f.args, c.args); len(more) > 0 {
		return phrase(c.tool, more)
	}
	return c.tool + " without " + names(only(c.args, f.args))
}

// remedied is the first call after c of the same tool that got through with
// other arguments. Where it has little in common with c it is about something
// else.
func remedied(c call, all []call) (call, bool) {
	for _, o := range all {
		if o.tool == c.tool && o.refusal == "" && o.step > c.step && !slices.Equal(o.args, c.args) && 3*agreeing(c, o) >= len(c.args)-1 {
			return o, true
		}
	}
	return call{}, false
}

// vain says of a failure without a refusal what it did, or that it did nothing.
func vain(e agent.Episode, successes []agent.Episode) (mistakes, remedies []string) {
	for _, c := range changes(calls(e)) {
		mistakes = append(mistakes, c.String())
	}
	if len(mistakes) > 0 {
		mistakes[len(mistakes)-1] += " (not, or not all, that was asked for)"
		return mistakes, []string{"repeat what is wanted, with its conditions, before changing anything"}
	}
	mistakes = []string{"ending without any change"}
	for _, s := range successes {
		for _, c := range changes(calls(s)) {
			if !slices.Contains(remedies, c.tool) {
				remedies = append(remedies, c.tool)
			}
		}
		if len(remedies) > 0 {
			return mistakes, []string{"do what like goals needed: " + chain(remedies)}
		}
	}
	return mistakes, []string{"do what is asked for as soon as it is allowed"}
}

// toolKind are what other tasks should know of tools, at most two lessons: what
// had to change after a refusal until a call got through, those first in which
// the refusal names it; and that a call repeated unchanged is refused again.
func toolKind(e agent.Episode, successes []agent.Episode) []agent.Lesson {
	mine := calls(e)
	known := mine
	for _, s := range successes {
		for _, c := range calls(s) {
			c.step += len(e.Steps) // after all of e
			known = append(known[:len(known):len(known)], c)
		}
	}
	var named, others []agent.Lesson
	for i, c := range mine {
		repeated := slices.ContainsFunc(mine[:i], c.same)
		if c.refusal == "" {
			continue
		}
		why := " (" + general(c.refusal) + ")"
		l := agent.Lesson{
			Suite: e.Task.Suite, Kind: e.Task.Kind, Cause: agent.CauseTool, Confidence: 0.4,
			Trigger: calling + c.tool, Mistake: "repeating it unchanged" + why,
		}
		f, ok := remedied(c, known)
		was, want := kinds(only(c.args, f.args)), kinds(only(f.args, c.args))
		was = mentioned(c.refusal, only(was, want))
		want = like(want, was)
		switch {
		case ok && len(was) > 0 && len(want) > 0:
			l.Mistake, l.Remedy = values(was)+why, values(want)
			named = append(named, l)
		case ok && f.step < len(e.Steps) && len(only(c.args, f.args)) > 0:
			which := names(blamed(c.refusal, only(c.args, f.args)))
			if !repeated {
				l.Mistake = "guessing at " + which + why
			}
			l.Remedy = "look up or work out " + which + " before the call"
			others = append(others, l)
		case repeated:
			l.Remedy = "look up what the message names, or say that it cannot be done"
			others = append(others, l)
		}
	}
	var out []agent.Lesson
	for _, l := range append(named, others...) {
		if len(out) < 2 && !slices.ContainsFunc(out, func(o agent.Lesson) bool { return o.Trigger == l.Trigger && o.Mistake == l.Mistake }) {
			out = append(out, l)
		}
	}
	return out
}

// mentioned are the arguments whose values a refusal has, as whole words.
func mentioned(refusal string, args []arg) []arg {
	plain := func(s string) string {
		return " " + strings.Join(strings.Fields(strings.NewReplacer("_", " ", "-", " ", "#", "").Replace(strings.ToLower(s))), " ") + " "
	}
	return slices.DeleteFunc(slices.Clone(args), func(a arg) bool { return !strings.Contains(plain(refusal), plain(a.value)) })
}

// blamed are the arguments of whose name a refusal has a word, else all.
func blamed(refusal string, args []arg) []arg {
	words := strings.Fields(strings.ToLower(refusal))
	some := slices.DeleteFunc(slices.Clone(args), func(a arg) bool {
		return !slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(name(a.path)), func(r rune) bool { return r == '_' || r == '-' }), func(w string) bool {
			return w != "id" && slices.Contains(words, w)
		})
	})
	if len(some) == 0 {
		return args
	}
	return some
}

// like are the arguments of a with the names of those of b.
func like(a, b []arg) []arg {
	return slices.DeleteFunc(slices.Clone(a), func(x arg) bool {
		return !slices.ContainsFunc(b, func(y arg) bool { return x.path == y.path })
	})
}

// general is a refusal without the names of things.
func general(refusal string) string {
	ps := parts(refusal)
	for i := range ps {
		if strings.ContainsAny(ps[i].text, "0123456789") {
			ps[i].text = typeOf(ps[i].text)
		}
		if isNumber(ps[i].text) {
			ps[i].text = "#"
		}
	}
	return join(ps)
}

// kinds are the arguments that say what kind of thing a value is, each once:
// words, and names that are a word and a number ("gift_card_123").
func kinds(args []arg) []arg {
	var out []arg
	for _, a := range args {
		k := arg{name(a.path), typeOf(a.value)}
		word := strings.TrimRight(k.value, "_-#")
		if word != "" && word != strings.ToUpper(word) && strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && r != '_' && r != '-' }) < 0 && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// wrongCalls are the steps of calls that were refused, and of changes that the
// nearest success of the task made otherwise or not, ascending.
func wrongCalls(failure agent.Episode, successes []agent.Episode) []int {
	d, _ := nearest(failure, successes)
	var out []int
	for _, c := range calls(failure) {
		if c.refusal != "" || slices.ContainsFunc(d.extra, c.same) || slices.ContainsFunc(d.changed, func(o departure) bool { return o.step == c.step }) {
			out = append(out, c.step)
		}
	}
	return out
}

// belies reports whether a success called the tool that a lesson about calls
// warns of, with what it warns of, and was not refused.
func belies(l agent.Lesson, success agent.Episode) bool {
	tool, ok := strings.CutPrefix(l.Trigger, calling)
	if !ok {
		return false
	}
	mistake, _, _ := strings.Cut(l.Mistake, " (")
	return slices.ContainsFunc(calls(success), func(c call) bool {
		return c.tool == tool && c.refusal == "" && slices.ContainsFunc(kinds(c.args), func(a arg) bool {
			return slices.Contains(strings.Split(mistake, ", "), a.path+" "+a.value)
		})
	})
}

package lesson

import (
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// Contrast reports whether a success, up to the step at which a failure went
// wrong by what a lesson about their kind says, did the same, and did otherwise
// there. step is the failure's, from 0; len(failure.Steps) if it ended there.
// "The same" is of a plan its key steps, see Abstract; of a loop and of a habit
// all steps, things of the same role being the same; of a tool its call.
// A search that ended too early has no contrast: that another one found its thing
// may be luck.
func Contrast(l agent.Lesson, failure, success agent.Episode) (step int, ok bool) {
	if l.Task != "" || Transient(failure) || failure.Outcome.Success || !success.Outcome.Success ||
		failure.Task.Suite != success.Task.Suite || failure.Task.Kind != success.Task.Kind {
		return 0, false
	}
	if strings.HasPrefix(l.Trigger, calling) {
		return contrastingCall(l, failure, success)
	}
	f, s := newTrace(failure), newTrace(success)
	k := kind{trace: f, letters: f.letters(), search: f.search(), successes: []trace{s}, craft: newCraft([]trace{s}, []trace{f})}
	if k.model, k.modelled = newModel(k.letters, k.successes); k.modelled {
		if mistake, _, _ := k.offPlan(); mistake == l.Mistake {
			if d := k.model.deviation(f, k.letters); d.event >= 0 {
				return d.event, true
			}
			return len(f.events), true
		}
	}
	at := k.wrongAt(l.Mistake)
	return at, at >= 0 && partsAt(f, s, at)
}

// wrongAt is the event with which the loop or the habit that mistake names
// begins to be one, or -1.
func (k kind) wrongAt(mistake string) int {
	if m, _ := k.looping(); m == mistake {
		l, _ := k.loop()
		return l.first + l.period
	}
	if m, _, _ := k.idling(); m != mistake {
		return -1
	}
	_, first, _ := k.habit()
	return first
}

// partsAt reports whether a and b do the same before event n and not at it.
func partsAt(a, b trace, n int) bool {
	if n >= len(a.events) || n >= len(b.events) {
		return false
	}
	v, w := newVariables(a.letters(), nil), newVariables(b.letters(), nil)
	for i := range n {
		if v.pattern(a.events[i].parts) != w.pattern(b.events[i].parts) {
			return false
		}
	}
	return v.pattern(a.events[n].parts) != w.pattern(b.events[n].parts)
}

// contrastingCall is Contrast for a lesson about a tool: the success called it as
// the lesson says, and was not refused, and the failure was.
func contrastingCall(l agent.Lesson, failure, success agent.Episode) (step int, ok bool) {
	tool := strings.TrimPrefix(l.Trigger, calling)
	mistake, why, _ := strings.Cut(l.Mistake, " (")
	wrong, right := strings.Split(mistake, ", "), strings.Split(l.Remedy, ", ")
	has := func(c call, words []string) bool {
		return slices.ContainsFunc(kinds(c.args), func(a arg) bool { return slices.Contains(words, a.path+" "+a.value) })
	}
	at := slices.IndexFunc(calls(failure), func(c call) bool {
		return c.tool == tool && c.refusal != "" && general(c.refusal)+")" == why && has(c, wrong)
	})
	if at < 0 || !slices.ContainsFunc(calls(success), func(c call) bool {
		return c.tool == tool && c.refusal == "" && has(c, right) && !has(c, wrong)
	}) {
		return 0, false
	}
	return calls(failure)[at].step, true
}

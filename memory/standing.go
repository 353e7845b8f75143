package memory

import (
	"fmt"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/effect"
)

// settle puts a lesson into the state in which its evidence puts it, and says why.
func (s *Store) settle(l *agent.Lesson) { l.State, l.Reason = standing(*l, s.o.Support) }

// standing is the state that a lesson's evidence gives it, and the reason in
// words, where need failures make a lesson about a kind active. It is a function
// of the evidence alone, so that what changed a state is undone by evidence to
// the contrary. What comes first decides:
//
//   - what was decided by hand, see Store.Decide;
//   - doubt about its origin quarantines it;
//   - what is measured counts before what is argued: a lesson that harms is
//     retired;
//   - a lesson that expires, as all do that come from outages, never becomes a
//     rule;
//   - one that is measured to help is active;
//   - more episodes against it than for it retire it, or as many if it is about
//     a task, where the same world comes back;
//   - about a task it is active from the first failure on, because it holds what
//     was seen there; about a kind it is a candidate until need failures support
//     it, or one does and a success is its contrast and none is against it.
func standing(l agent.Lesson, need int) (agent.LessonState, string) {
	verdict := verdictOf(l.Effect)
	against, support := len(l.Against), len(l.For)
	outweighed := against > support || l.Task != "" && against > 0 && against == support
	switch {
	case l.Override.State != "":
		return l.Override.State, fmt.Sprintf("by hand: %s, %s", l.Override.By, l.Override.At.UTC().Format(time.RFC3339))
	case l.Doubt != "":
		return agent.LessonQuarantined, l.Doubt
	case l.Harm.Order > 0:
		return agent.LessonRetired, "measured to harm: " + intervalText(l.Harm)
	case verdict == effect.Harms:
		return agent.LessonRetired, "measured to harm: " + intervalText(l.Effect)
	case !l.Expires.IsZero() && !outweighed:
		return agent.LessonCandidate, "it expires: what comes from outside is no rule"
	case verdict == effect.Helps && l.Expires.IsZero():
		return agent.LessonActive, "measured to help: " + intervalText(l.Effect)
	case outweighed:
		return agent.LessonRetired, fmt.Sprintf("%d %s against it, %d for it", against, plural(against, "episode"), support)
	case l.Task == "" && support < need && l.Contrast.Success != "" && against == 0:
		return agent.LessonActive, fmt.Sprintf("%s, and episode %s did otherwise at its step %d and succeeded", supportText(l), l.Contrast.Success, l.Contrast.Step+1)
	case l.Task == "" && support < need:
		return agent.LessonCandidate, fmt.Sprintf("%s, %d are needed", supportText(l), need)
	}
	return agent.LessonActive, supportText(l)
}

// supportText is "2 failures support it, 1 episode is against it".
func supportText(l agent.Lesson) string {
	one, more := "failure", "failures"
	if l.Mistake == "" { // it was made of successes
		one, more = "success", "successes"
	}
	text := fmt.Sprintf("%d %s support it", len(l.For), more)
	if len(l.For) == 1 {
		text = "1 " + one + " supports it"
	}
	if n := len(l.Against); n == 1 {
		text += ", 1 episode is against it"
	} else if n > 1 {
		text += fmt.Sprintf(", %d episodes are against it", n)
	}
	return text
}

// verdictOf is what was measured of an item.
func verdictOf(e agent.Effect) effect.Verdict {
	if e.Order == 0 {
		return effect.NotKnown
	}
	return effect.Counts(e).Verdict(effect.Level(effectAlpha, e.Order))
}

// intervalText is the difference of success rates that was measured, with its
// interval: "-0.21 [-0.30, -0.12]"; or what was counted, if it was so before
// chances were kept.
func intervalText(e agent.Effect) string {
	if len(e.Coins) == 0 {
		return effectText(e)
	}
	d := effect.Counts(e).Interval(effect.Level(effectAlpha, e.Order))
	return fmt.Sprintf("%+.2f [%+.2f, %+.2f]", d.Estimate, d.Low, d.High)
}

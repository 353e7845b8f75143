package memory

import (
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/effect"
)

// RetestAfter is how long after evidence retired a lesson, or after it expired,
// it is tested again; twice as long after each test that fails, up to 64 times.
const RetestAfter = 24 * time.Hour

const maxDoublings = 6

// retestInterval is the time until the next test after so many that failed.
func retestInterval(failed int) time.Duration { return RetestAfter << min(failed, maxDoublings) }

// onProbation reports whether a lesson that is retired or has expired is recalled
// all the same, every other time by chance, so that it is found out whether that
// is still right. Where nothing is withheld nothing could be found out, and
// nothing is on probation.
func (s *Store) onProbation(l agent.Lesson) bool {
	return s.o.HoldOut >= 0 && l.Override.State == "" && !l.Retest.IsZero() && !s.o.Clock().Before(l.Retest) &&
		(l.State == agent.LessonRetired || l.State == agent.LessonCandidate && s.expired(l))
}

func (s *Store) expired(l agent.Lesson) bool {
	return !l.Expires.IsZero() && !s.o.Clock().Before(l.Expires)
}

// change changes the evidence of l, and settles what follows: its state, and the
// time of its next test if evidence has retired it, or its probation ended badly.
// evidence reports whether it ended the probation badly, if l was on it.
func (s *Store) change(l *agent.Lesson, evidence func(probation bool) (failed bool)) {
	before, probation := l.State, s.onProbation(*l)
	failed := evidence(probation) && probation
	s.settle(l)
	if failed {
		l.Failed++
	}
	switch {
	case l.Override.State != "":
	case failed, l.State == agent.LessonRetired && before != agent.LessonRetired:
		l.Retest = s.o.Clock().Add(retestInterval(l.Failed))
	case l.State == agent.LessonRetired:
	case !l.Expires.IsZero() && !s.expired(*l):
		l.Retest = l.Expires.Add(retestInterval(l.Failed))
	case l.Expires.IsZero():
		l.Retest = time.Time{}
	}
}

// counted takes in that one more outcome is to be counted, by add, of a lesson
// that was recalled. A verdict of harm is kept, by the counts that gave it. On
// probation the counting begins anew, as of another item, so that all verdicts
// together keep their level; help ends it. What comes from outside was over when
// an episode was not hit by it.
func counted(l *agent.Lesson, probation bool, add func(*agent.Effect)) (failed bool) {
	if probation && l.Harm.Order > 0 && l.Effect.Order == l.Harm.Order {
		l.Effect = agent.Effect{}
	}
	add(&l.Effect)
	switch fresh := l.Effect.Order != l.Harm.Order; verdictOf(l.Effect) {
	case effect.Harms:
		if fresh {
			l.Harm = l.Effect
			return true
		}
	case effect.Helps:
		if fresh {
			l.Harm = agent.Effect{}
		}
	}
	return !l.Expires.IsZero()
}

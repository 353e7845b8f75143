package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/embed"
	"github.com/surefoot-ai/surefoot/memory/lesson"
	"github.com/surefoot-ai/surefoot/memory/redact"
)

// Form says what becomes of an episode. All forms but the default exist as
// control conditions for measuring it.
type Form string

const (
	// Asymmetric keeps successes verbatim and abstracts failures. The empty
	// Form means it.
	Asymmetric Form = "asymmetric"

	// UniformVerbatim shows successes and failures raw.
	UniformVerbatim Form = "uniform-verbatim"

	// UniformAbstract shows successes and failures as lessons.
	UniformAbstract Form = "uniform-abstract"
)

func (f Form) known() bool {
	return f == Asymmetric || f == UniformVerbatim || f == UniformAbstract
}

// Embedder turns texts into vectors.
type Embedder interface {
	// ID names the function exactly: vectors of equal IDs can be compared. It
	// is stored with every vector.
	ID() string

	// Dim is the width of the vectors.
	Dim() int

	// Embed returns one vector a text, in order. A vector of zeros means that
	// the text has no place among the others.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Abstracter makes lessons out of a failure.
type Abstracter interface {
	// Abstract fills Suite, Kind, Task, Trigger, Mistake, Remedy, Cause,
	// Confidence and, if the lesson is not to last, Expires. A lesson with Task
	// is about a retry of that task, one without is about the kind. The store
	// fills the rest. Successes are of the failure's kind, nearest goal first,
	// at most MaxSuccesses.
	Abstract(ctx context.Context, failure agent.Episode, successes []agent.Episode) ([]agent.Lesson, error)
}

// TaskAbstracter is an Abstracter that can make one lesson out of several
// failures of one task. Of any other Abstracter the latest lesson about a task
// replaces the one before.
type TaskAbstracter interface {
	// AbstractTask is like Abstract for the lesson about the task: failures
	// are of one task, oldest first, at least one and at most MaxTrials.
	AbstractTask(ctx context.Context, failures, successes []agent.Episode) (agent.Lesson, error)
}

// Options configures a store. The zero Options is usable.
type Options struct {
	Form        Form             // "": Asymmetric. A folder keeps the form it was made with
	CountTokens func(string) int // nil: CountWords. Must be safe for concurrent use
	Embedder    Embedder         // nil: embed.Hashed, which needs no model
	Abstracter  Abstracter       // nil: lesson.Default, which needs no model
	Clock       func() time.Time // nil: time.Now. Read for Created, Expires and what has expired
	NewID       func() string    // nil: UUIDv7. IDs of lessons and raw failures
	Redact      []redact.Rule    // of secrets that are not kept; nil: redact.Default, empty: none
	HoldOut     float64          // probability, at most 1/2, of withholding an item that would be recalled, see Store.Recall; 0: DefaultHoldOut, below 0: none, and no lesson is tested again
	HoldOutAll  float64          // probability, at most 1/2, of withholding the whole context; 0: DefaultHoldOutAll, below 0, or if HoldOut is: none
	Support     int              // failures that make a lesson about a kind active; 0: DefaultSupport. Or one, if a success did otherwise at the same step
	SkillTokens int              // that general skills may have of a context, and as many those of the task's kind; 0: skills are not recalled. They are not in the control conditions
	ReadOnly    bool             // Open and all else write nothing, so that a disk that cannot be written to will do; Record returns ErrReadOnly
	_           struct{}         // keyed fields only
}

// Bounds of what one Recall returns and of what an Abstracter is given. They
// are constants so that two stores with the same episodes recall the same.
const (
	MaxTaskLessons    = 2  // about the task itself
	MaxKindLessons    = 4  // about its kind
	MaxDemonstrations = 3  // raw failures count as well, where the form has them
	MaxCandidates     = 32 // from the vectors, and as many from BM25, for each class of item
	MaxSuccesses      = 8  // given to an Abstracter
	MaxContrasts      = 8  // candidates of the kind, the latest, with which a success is compared
	MaxTrials         = 8  // failures of one task that one lesson is made of; the latest
)

// DefaultHoldOut is how often an item is withheld to measure its effect, unless
// it may well harm: then more often, up to half of the time.
const DefaultHoldOut = 0.05

// DefaultHoldOutAll is how often the whole context is withheld to measure the
// effect of memory. Where memory raises success by d, it costs a fiftieth of d.
const DefaultHoldOutAll = 0.02

// effectAlpha is the probability that any item that has no effect is ever said to
// help or to harm, and that of memory as a whole.
const effectAlpha = 0.05

// DefaultSupport is how many failures make a lesson about a kind active.
const DefaultSupport = 2

// TransientLife is for how long a lesson from an outage is recalled.
const TransientLife = time.Hour

func (o Options) withDefaults() (Options, error) {
	if o.Form == "" {
		o.Form = Asymmetric
	}
	if !o.Form.known() {
		return o, fmt.Errorf("memory: Options.Form is %q, must be %q, %q or %q", o.Form, Asymmetric, UniformVerbatim, UniformAbstract)
	}
	if o.HoldOut == 0 {
		o.HoldOut = DefaultHoldOut
	}
	if !(o.HoldOut <= 0.5) {
		return o, fmt.Errorf("memory: Options.HoldOut is %v, must be at most 0.5", o.HoldOut)
	}
	if o.HoldOutAll == 0 {
		o.HoldOutAll = DefaultHoldOutAll
	}
	if !(o.HoldOutAll <= 0.5) {
		return o, fmt.Errorf("memory: Options.HoldOutAll is %v, must be at most 0.5", o.HoldOutAll)
	}
	if o.HoldOut < 0 {
		o.HoldOutAll = -1
	}
	if o.Support == 0 {
		o.Support = DefaultSupport
	}
	if o.Support < 0 {
		return o, fmt.Errorf("memory: Options.Support is %d, must be at least 1", o.Support)
	}
	if o.SkillTokens < 0 {
		return o, fmt.Errorf("memory: Options.SkillTokens is %d, must not be negative", o.SkillTokens)
	}
	if o.CountTokens == nil {
		o.CountTokens = CountWords
	}
	if o.Embedder == nil {
		o.Embedder = embed.Hashed{}
	}
	if o.Abstracter == nil {
		o.Abstracter = lesson.Default{}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Redact == nil {
		o.Redact = redact.Default()
	}
	for _, r := range o.Redact {
		if err := r.Validate(); err != nil {
			return o, fmt.Errorf("memory: Options.Redact: %w", err)
		}
	}
	if o.NewID == nil {
		o.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	return o, nil
}

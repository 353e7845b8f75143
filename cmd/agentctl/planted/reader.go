package planted

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/household"
)

// What the lessons advise instead of a mistake. The reader knows what the first
// two mean; of the others nothing follows for its games.
const (
	helpful = "look first where such things usually are"
	harmful = "act at once, leave shut what is shut and off what is off"
)

// useless are advices that are true and change nothing.
func useless() []string {
	return []string{"remember that a fridge is cold inside", "keep in mind that rooms have walls"}
}

// Reader is a policy that reads lessons: the expert of household games, careless
// and without knowledge of where things usually are, which heeds each of two
// advices with a probability of Heeds, drawn for each episode. With the helpful one
// it has that knowledge and is careful: the knowledge alone does harm in some sets
// of games. With the harmful one it is hasty, does not ask what it knows, and neither
// opens anything nor turns it on: opening nothing alone does hardly any harm where
// things lie about.
type Reader struct {
	Usual *household.Prior // of where things usually are
	Heeds float64          // in [0,1]
}

// Version names the probability; what is usual is the experiment's.
func (r Reader) Version() string { return fmt.Sprintf("household-reader-heeds%g", r.Heeds) }

// Begin starts an episode.
func (r Reader) Begin(ctx context.Context, b agent.Brief) (agent.Actor, error) {
	text := b.Context.Text()
	heeds := func(advice string) bool {
		heeded := b.Rand.Float64() < r.Heeds // drawn in any case: the same game with other lessons draws the same
		return heeded && strings.Contains(text, advice)
	}
	var prior *household.Prior
	noise := careless
	if heeds(helpful) {
		prior, noise = r.Usual, careful
	}
	rash := heeds(harmful)
	if rash {
		prior, noise = nil, hasty
	}
	actor, err := household.NewExpert(prior, household.ExpertOptions{RandomShare: noise}).Begin(ctx, b)
	if err != nil || !rash {
		return actor, err
	}
	return shut{actor}, nil
}

// Shares of the reader's actions that are random.
const (
	careless = 0.35
	careful  = 0
	hasty    = 0.6
)

// shut is an actor that does not think of opening anything or turning it on.
type shut struct{ agent.Actor }

// Act chooses an action.
func (s shut) Act(ctx context.Context, obs agent.Observation) (agent.Decision, error) {
	obs.Admissible = slices.DeleteFunc(slices.Clone(obs.Admissible), func(a agent.Action) bool {
		return strings.HasPrefix(string(a), "open ") || strings.HasPrefix(string(a), "use ")
	})
	return s.Actor.Act(ctx, obs)
}

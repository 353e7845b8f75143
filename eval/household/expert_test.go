package household

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// tally is what a policy reached on a set of games.
type tally struct {
	games, won50, won30 int
	steps               int // of won episodes
	words, admissible   int
	allSteps            int
	episodes            []agent.Episode
}

func (t tally) share50() float64   { return float64(t.won50) / float64(t.games) }
func (t tally) share30() float64   { return float64(t.won30) / float64(t.games) }
func (t tally) meanSteps() float64 { return float64(t.steps) / float64(max(1, t.won50)) }

func (t tally) log(tb testing.TB, name string) {
	tb.Helper()
	tb.Logf("%-24s %4d games: within 50 %.1f%%, within 30 %.1f%%, %.1f steps when won, %.0f words an episode, %.1f admissible a step",
		name, t.games, 100*t.share50(), 100*t.share30(), t.meanSteps(), float64(t.words)/float64(t.games), float64(t.admissible)/float64(t.allSteps))
}

// evaluate plays every game once.
func evaluate(tb testing.TB, games []*Game, policy func(*Game) agent.Policy) tally {
	tb.Helper()
	t := tally{games: len(games)}
	for i, g := range games {
		e, err := agent.Run(tb.Context(), g.Task(), agent.RunOptions{
			Policy: policy(g), Environment: NewEnvironment(g, Current), Seed: uint64(i), NewID: func() string { return g.Task().ID },
		})
		if err != nil {
			tb.Fatal(err)
		}
		if e.Outcome.Cause != "" && e.Outcome.Cause != agent.CauseBudget {
			tb.Fatalf("%s: %+v", g.Task().ID, e.Outcome)
		}
		t.words += len(strings.Fields(e.Final.Text))
		for _, s := range e.Steps {
			t.words += len(strings.Fields(s.Observation.Text)) + len(strings.Fields(string(s.Action)))
			t.admissible += len(s.Observation.Admissible)
			if s.Invalid {
				tb.Errorf("%s: inadmissible %q", g.Task().ID, s.Action)
			}
		}
		t.allSteps += len(e.Steps)
		if e.Outcome.Success {
			t.won50++
			t.steps += len(e.Steps)
			if len(e.Steps) <= 30 {
				t.won30++
			}
		}
		t.episodes = append(t.episodes, e)
	}
	return t
}

func generated(tb testing.TB, split string, n int) []*Game {
	tb.Helper()
	o := DefaultGenerateOptions()
	o.Split = split
	games := make([]*Game, n)
	for i := range games {
		g, err := Generate(uint64(i), o)
		if err != nil {
			tb.Fatal(err)
		}
		games[i] = g
	}
	return games
}

func TestExpertBracketOnGeneratedGames(t *testing.T) {
	prior := Count(generated(t, "train", 500))
	games := generated(t, "test", 200)
	random := evaluate(t, games, func(*Game) agent.Policy { return NewExpert(nil, ExpertOptions{RandomShare: 1}) })
	blind := evaluate(t, games, func(*Game) agent.Policy { return NewExpert(nil, ExpertOptions{}) })
	expert := evaluate(t, games, func(*Game) agent.Policy { return NewExpert(prior, ExpertOptions{}) })
	mixed := evaluate(t, games, func(*Game) agent.Policy { return NewExpert(prior, ExpertOptions{RandomShare: 0.2}) })
	informed := evaluate(t, games, func(*Game) agent.Policy {
		return NewExpert(prior, ExpertOptions{Seen: expert.episodes})
	})
	oracle := tally{games: len(games)}
	for _, g := range games {
		if play(t, NewEnvironment(g, Current), g.Walkthrough()) {
			oracle.won50++
			oracle.steps += len(g.Walkthrough())
		}
	}
	for _, r := range []struct {
		name string
		tally
	}{{"random", random}, {"no prior", blind}, {"expert", expert}, {"expert, 20% random", mixed}, {"informed", informed}} {
		r.log(t, r.name)
	}
	t.Logf("walkthrough: %d won, %.1f steps", oracle.won50, oracle.meanSteps())
	if oracle.won50 != len(games) {
		t.Errorf("%d of %d walkthroughs win", oracle.won50, len(games))
	}
	if random.share50() > 0.1 {
		t.Errorf("random play wins %.3f", random.share50())
	}
	if expert.share50() < 0.95 || expert.meanSteps() < 12 || expert.meanSteps() > 20 {
		t.Errorf("the expert wins %.3f in %.1f steps", expert.share50(), expert.meanSteps())
	}
	if informed.share50() < 0.95 || informed.meanSteps() > 9 {
		t.Errorf("the informed expert wins %.3f in %.1f steps", informed.share50(), informed.meanSteps())
	}
}

func TestExpertOnOfficialGames(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var train []*Game
	for _, p := range official(t, "train", 5) {
		train = append(train, load(t, p))
	}
	prior := Count(train)
	_ = rng
	for _, split := range []string{"valid_train", "valid_seen"} {
		var games []*Game
		for _, p := range official(t, split, 1) {
			games = append(games, load(t, p))
		}
		r := evaluate(t, games, func(*Game) agent.Policy { return NewExpert(prior, ExpertOptions{}) })
		r.log(t, split)
		again := evaluate(t, games, func(*Game) agent.Policy { return NewExpert(prior, ExpertOptions{Seen: r.episodes}) })
		again.log(t, split+" again")
		if r.share50() < 0.95 {
			t.Errorf("%s: the expert wins %.3f", split, r.share50())
		}
	}
}

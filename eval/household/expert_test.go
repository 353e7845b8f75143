package household

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
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

// TestExpertBracketOnGeneratedGames holds the difficulty of the default games:
// random play loses, and knowing where things are saves more than half the steps.
func TestExpertBracketOnGeneratedGames(t *testing.T) {
	prior := Count(generated(t, "train", 300))
	games := generated(t, "test", 200)
	with := func(p *Prior, o ExpertOptions) tally {
		return evaluate(t, games, func(*Game) agent.Policy { return NewExpert(p, o) })
	}
	random := with(nil, ExpertOptions{RandomShare: 1})
	blind := with(nil, ExpertOptions{})
	expert := with(prior, ExpertOptions{})
	mixed := with(prior, ExpertOptions{RandomShare: 0.2})
	informed := with(prior, ExpertOptions{Seen: expert.episodes})
	afterRandom := with(prior, ExpertOptions{Seen: random.episodes})
	oracle := tally{games: len(games)}
	for _, g := range games {
		if play(t, NewEnvironment(g, Current), g.Walkthrough()) {
			oracle.won50++
			oracle.steps += len(g.Walkthrough())
		}
	}
	random.log(t, "random")
	blind.log(t, "no prior")
	expert.log(t, "expert")
	mixed.log(t, "expert, 20% random")
	informed.log(t, "expert, 2nd time")
	afterRandom.log(t, "expert after random play")
	t.Logf("walkthrough: %d won, %.1f steps", oracle.won50, oracle.meanSteps())
	if oracle.won50 != len(games) {
		t.Errorf("%d of %d walkthroughs win", oracle.won50, len(games))
	}
	if random.share50() > 0.05 {
		t.Errorf("random play wins %.3f", random.share50())
	}
	for _, b := range []struct {
		name      string
		t         tally
		won       float64
		low, high float64 // mean steps
	}{
		{"no prior", blind, 0.95, expert.meanSteps() + 1, 25},
		{"expert", expert, 0.95, 13, 20},
		{"expert, 20% random", mixed, 0.9, expert.meanSteps() + 1, 25},
		{"expert, 2nd time", informed, 0.99, oracle.meanSteps() - 0.1, 8},
		{"expert after random play", afterRandom, 0.95, informed.meanSteps(), expert.meanSteps() - 1},
	} {
		if b.t.share50() < b.won || b.t.meanSteps() < b.low || b.t.meanSteps() > b.high {
			t.Errorf("%s: wins %.3f in %.1f steps, want %.2f in [%.1f,%.1f]", b.name, b.t.share50(), b.t.meanSteps(), b.won, b.low, b.high)
		}
	}
}

func TestExpertOnOfficialGames(t *testing.T) {
	var train []*Game
	for _, p := range official(t, "train", 10) {
		train = append(train, load(t, p))
	}
	prior := Count(train)
	for _, split := range []string{"valid_train", "valid_seen"} {
		var games []*Game
		for _, p := range official(t, split, 1) {
			games = append(games, load(t, p))
		}
		r := evaluate(t, games, func(*Game) agent.Policy { return NewExpert(prior, ExpertOptions{}) })
		r.log(t, split)
		again := evaluate(t, games, func(*Game) agent.Policy { return NewExpert(prior, ExpertOptions{Seen: r.episodes}) })
		again.log(t, split+" again")
		if r.share50() < 0.95 || again.share50() < 0.99 || again.meanSteps() > 7 {
			t.Errorf("%s: the expert wins %.3f, then %.3f in %.1f steps", split, r.share50(), again.share50(), again.meanSteps())
		}
	}
}

func TestExpertPlaysTheOldText(t *testing.T) {
	for _, g := range generated(t, "old", 30) {
		e, err := agent.Run(t.Context(), g.Task(), agent.RunOptions{Policy: NewExpert(nil, ExpertOptions{}), Environment: NewEnvironment(g, Old)})
		if err != nil || e.Outcome.Cause != "" && e.Outcome.Cause != agent.CauseBudget {
			t.Fatalf("%s: %+v, %v", g.id, e.Outcome, err)
		}
		if !e.Outcome.Success {
			t.Errorf("%s: lost", g.id)
		}
	}
}

// TestExpertIsDeterministic plays twice with the same seed.
func TestExpertIsDeterministic(t *testing.T) {
	x := NewExpert(Count(generated(t, "train", 20)), ExpertOptions{RandomShare: 0.3})
	games := generated(t, "test", 10)
	actions := func() (all []agent.Action) {
		for _, e := range evaluate(t, games, func(*Game) agent.Policy { return x }).episodes {
			for _, s := range e.Steps {
				all = append(all, s.Action)
				if p := math.Exp(s.LogProbs[0]); !(p > 0 && p <= 1.0000001) || len(s.LogProbs) != 1 {
					t.Fatalf("log-probabilities %v", s.LogProbs)
				}
			}
		}
		return all
	}
	if a, b := actions(), actions(); !slices.Equal(a, b) {
		t.Error("two runs differ")
	}
	other := NewExpert(Count(generated(t, "train", 21)), ExpertOptions{RandomShare: 0.3})
	if x.Version() == other.Version() || x.Version() != NewExpert(Count(generated(t, "train", 20)), ExpertOptions{RandomShare: 0.3}).Version() {
		t.Errorf("version %s", x.Version())
	}
}

func TestExpertRefusesAnotherSuite(t *testing.T) {
	for _, task := range []agent.Task{{Kind: "dig", Goal: "put some mug on desk."}, {Kind: KindPlace, Goal: "dig"}, {Kind: KindPlace, Goal: "put it in desk"}} {
		if _, err := NewExpert(nil, ExpertOptions{}).Begin(t.Context(), agent.Brief{Task: task}); err == nil {
			t.Errorf("%+v is accepted", task)
		}
	}
}

func TestGoalWords(t *testing.T) {
	for sentence, want := range map[string][2]string{
		"put some keychain on drawer.":               {"keychain", "drawer"},
		"find two cd and put them in safe":           {"cd", "safe"},
		"heat some mug and put it in coffeemachine.": {"mug", "coffeemachine"},
		"put a cool tomato in microwave.":            {"tomato", "microwave"},
		"look at bowl under the desklamp.":           {"bowl", "desklamp"},
		"examine the pen with the desklamp.":         {"pen", "desklamp"},
	} {
		if o, r, ok := goalWords(sentence); !ok || o != want[0] || r != want[1] {
			t.Errorf("%q: %q, %q, %v", sentence, o, r, ok)
		}
	}
}

// TestRecallUsesFirstSightings: what an earlier episode saw before it moved
// anything is where things are again.
func TestRecallUsesFirstSightings(t *testing.T) {
	e := NewEnvironment(small(t, twoApples), Current)
	obs, err := e.Reset(t.Context(), agent.Task{})
	if err != nil {
		t.Fatal(err)
	}
	var past agent.Episode
	for _, a := range []agent.Action{"go to shelf 1", "take apple 2 from shelf 1", "go to drawer 1", "go to desk 1", "move apple 2 to desk 1", "examine desk 1"} {
		past.Steps = append(past.Steps, agent.Step{Observation: obs, Action: a})
		r, err := e.Step(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		obs = r.Observation
	}
	past.Final = obs
	b := newBelief()
	b.recall(past)
	for name, want := range map[string]spot{
		"shelf 1":  {looked: true, contents: []string{"apple 2", "bowl 1"}},
		"desk 1":   {looked: true, contents: []string{"desklamp 1"}},
		"drawer 1": {openable: true, shut: true},
		"fridge 1": {},
	} {
		got := b.spots[name]
		if got == nil || got.looked != want.looked || got.openable != want.openable || got.shut != want.shut || !slices.Equal(got.contents, want.contents) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// TestBeliefKeepsOwnDoingsApart: what the agent put into a receptacle before it
// saw its contents did not start there.
func TestBeliefKeepsOwnDoingsApart(t *testing.T) {
	b := newBelief()
	b.observe("go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see a mug 1.")
	b.observe("take mug 1 from shelf 1", "You pick up the mug 1 from the shelf 1.")
	if b.holding != "mug 1" || len(b.spots["shelf 1"].contents) != 0 || b.here != "shelf 1" {
		t.Errorf("holding %q, shelf %+v", b.holding, b.spots["shelf 1"])
	}
	b.observe("move mug 1 to shelf 2", "You move the mug 1 to the shelf 2.")
	b.observe("examine shelf 2", "On the shelf 2, you see a mug 1, and a vase 1.")
	b.observe("go to shelf 3", "Nothing happens.")
	got := b.spots["shelf 2"]
	if b.holding != "" || !slices.Equal(got.start, []string{"vase 1"}) || !slices.Equal(got.contents, []string{"mug 1", "vase 1"}) || b.here != "shelf 1" {
		t.Errorf("%+v, here %q, holding %q", got, b.here, b.holding)
	}
}

// FuzzExpert shows the expert anything. It must choose an admissible action.
func FuzzExpert(f *testing.F) {
	f.Add("You are in the middle of a room. Looking quickly around you, you see a desk 1.\n\nYour task is to: x", "go to desk 1")
	f.Add("You arrive at desk 1. On the desk 1, you see a pen 1, and a mug 2.", "take mug 2 from desk 1")
	f.Add("You pick up the mug 2 from the desk 1.", "move mug 2 to desk 1")
	f.Add("You put the a in/on the b.", "open x")
	f.Add("You open the . The  is open. In it, you see ,,and a .", "use desklamp 1")
	f.Fuzz(func(t *testing.T, text, command string) {
		for _, kind := range Kinds() {
			task := agent.Task{ID: "t", Kind: kind, Goal: "put mug in desk"}
			seen := agent.Episode{Task: task, Steps: []agent.Step{
				{Observation: agent.Observation{Text: text}, Action: agent.Action(command)}, {Observation: agent.Observation{Text: text}, Action: "look"},
			}}
			a, err := NewExpert(nil, ExpertOptions{Seen: []agent.Episode{seen}}).Begin(t.Context(), agent.Brief{Task: task})
			if err != nil {
				t.Fatal(err)
			}
			for range 4 {
				d, err := a.Act(t.Context(), agent.Observation{Text: text, Admissible: []agent.Action{"look", agent.Action(command)}})
				if err != nil || d.Action != "look" && d.Action != agent.Action(command) {
					t.Fatalf("%q: %q, %v", text, d.Action, err)
				}
			}
		}
	})
}

// handover acts at random for some steps, of which it tells the expert, if at
// all; then the expert acts.
type handover struct {
	*Expert
	steps int
	tells bool
}

func (h handover) Begin(ctx context.Context, b agent.Brief) (agent.Actor, error) {
	a, err := h.Expert.Begin(ctx, b)
	return &handing{a.(*seeker), h, b.Rand}, err
}

type handing struct {
	*seeker
	handover
	rng *rand.Rand
}

func (h *handing) Act(ctx context.Context, obs agent.Observation) (agent.Decision, error) {
	d, err := h.seeker.Act(ctx, obs)
	if h.steps--; h.steps < 0 || err != nil {
		return d, err
	}
	d = agent.Decision{Action: obs.Admissible[h.rng.IntN(len(obs.Admissible))]}
	if h.tells {
		h.Took(d.Action)
	}
	return d, nil
}

// An expert that is told what was done knows where it is; one that is not
// believes in things that never happened.
func TestExpertFollows(t *testing.T) {
	prior := Count(generated(t, "train", 300))
	games := generated(t, "test", 100)
	told := evaluate(t, games, func(*Game) agent.Policy { return handover{NewExpert(prior, ExpertOptions{}), 15, true} })
	not := evaluate(t, games, func(*Game) agent.Policy { return handover{NewExpert(prior, ExpertOptions{}), 15, false} })
	told.log(t, "told")
	not.log(t, "not told")
	if told.share50() < 0.95 || not.share50() > told.share50()-0.1 {
		t.Errorf("told it wins %.3f, not told %.3f", told.share50(), not.share50())
	}
}

package household

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// same plays two games alike, by the first one's walkthrough and at random, and
// compares all that is seen.
func same(t *testing.T, a, b *Game, seed uint64) {
	t.Helper()
	for _, d := range []Dialect{Current, Old} {
		ea, eb := NewEnvironment(a, d), NewEnvironment(b, d)
		rng := rand.New(rand.NewPCG(seed, 3))
		script := a.Walkthrough()
		for range 40 {
			script = append(script, "")
		}
		oa, errA := ea.Reset(t.Context(), agent.Task{})
		ob, errB := eb.Reset(t.Context(), agent.Task{})
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		for _, act := range script {
			if oa.Text != ob.Text || !slices.Equal(oa.Admissible, ob.Admissible) {
				t.Fatalf("%s: %+v\nand %+v", a.id, oa, ob)
			}
			if act == "" {
				act = oa.Admissible[rng.IntN(len(oa.Admissible))]
			}
			ra, errA := ea.Step(t.Context(), act)
			rb, errB := eb.Step(t.Context(), act)
			if errA != nil || errB != nil || ra.Terminated != rb.Terminated {
				t.Fatalf("%s: %q: %v %v, %v %v", a.id, act, ra.Terminated, errA, rb.Terminated, errB)
			}
			oa, ob = ra.Observation, rb.Observation
		}
	}
}

// roundTrip encodes and parses a game, and checks that nothing is lost.
func roundTrip(t *testing.T, g *Game) {
	t.Helper()
	b, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(g.id+"/game.tw-pddl", b) // the ID of a generated game has no slash
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.Task(), g.Task()) || !slices.Equal(back.Walkthrough(), g.Walkthrough()) || back.help != g.help {
		t.Errorf("%s: comes back as %+v", g.id, back.Task())
	}
	if !slices.Equal(back.first, g.first) || !reflect.DeepEqual(back.contents, g.contents) || back.goal != g.goal {
		t.Errorf("%s: starts from another state", g.id)
	}
	same(t, g, back, 1)
	again, err := json.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, again) {
		t.Errorf("%s: encodes to other bytes the second time", g.id)
	}
}

func TestEncodedGamesPlayTheSame(t *testing.T) {
	for _, g := range generated(t, "encode", 60) {
		roundTrip(t, g)
	}
	for _, goal := range []string{appleInFridge, appleInLight, twoApples} {
		g := small(t, goal)
		g.id = "small"
		for i := range g.first {
			g.first[i] ^= trait(i * 619) // any traits
		}
		roundTrip(t, g)
	}
}

func TestEncodedOfficialGamesPlayTheSame(t *testing.T) {
	for _, p := range official(t, "valid_train", 10) {
		roundTrip(t, load(t, p))
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	o := DefaultGenerateOptions()
	for seed := range uint64(20) {
		a, errA := Generate(seed, o)
		b, errB := Generate(seed, o)
		o2 := o
		o2.Split = "other"
		c, errC := Generate(seed, o2)
		if err := errors.Join(errA, errB, errC); err != nil {
			t.Fatal(err)
		}
		ja, _ := a.Encode()
		jb, _ := b.Encode()
		jc, _ := c.Encode()
		if !bytes.Equal(ja, jb) || !reflect.DeepEqual(a.Task(), b.Task()) {
			t.Errorf("seed %d gives two games", seed)
		}
		if bytes.Equal(ja, jc) || a.Task().ID == c.Task().ID {
			t.Errorf("seed %d gives one game in two splits", seed)
		}
	}
	if g, err := Generate(7, o); err != nil || g.Task().ID != "gen-7" {
		t.Errorf("%v %v", g.Task(), err)
	}
	o.Split = "dev"
	if g, err := Generate(7, o); err != nil || g.Task().ID != "gen-dev-7" {
		t.Errorf("%v %v", g.Task(), err)
	}
}

func TestGenerateOptions(t *testing.T) {
	with := func(f func(*GenerateOptions)) GenerateOptions { o := DefaultGenerateOptions(); f(&o); return o }
	for _, tt := range []struct {
		o    GenerateOptions
		want string
	}{
		{GenerateOptions{}, "household: invalid options: Receptacles is 0, must be in [10,60]"},
		{with(func(o *GenerateOptions) { o.Objects = 101 }), "household: invalid options: Objects is 101, must be in [5,100]"},
		{with(func(o *GenerateOptions) { o.Kind = "juggle" }), `household: invalid options: Kind "juggle" is not a task kind`},
		{with(func(o *GenerateOptions) { o.Astray = -0.1 }), "household: invalid options: Astray is -0.1, must be in [0,1]"},
		{with(func(o *GenerateOptions) { o.Openable = 2 }), "household: invalid options: Openable is 2, must be in [0,1]"},
		{with(func(o *GenerateOptions) { o.Shared = math.NaN() }), "household: invalid options: Shared is NaN, must be in [0,1]"},
		{with(func(o *GenerateOptions) { o.Spare = math.Inf(1) }), "household: invalid options: Spare is +Inf, must be in [0,1]"},
	} {
		if _, err := Generate(1, tt.o); err == nil || err.Error() != tt.want || !errors.Is(err, ErrOptions) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	// Every corner of the options gives games that can be won.
	for i, o := range []GenerateOptions{
		with(func(o *GenerateOptions) {
			o.Receptacles, o.Objects, o.Astray, o.Openable, o.Shared, o.Spare = 10, 5, 0, 0, 0, 0
		}),
		with(func(o *GenerateOptions) {
			o.Receptacles, o.Objects, o.Astray, o.Openable, o.Shared, o.Spare = 60, 100, 1, 1, 1, 1
		}),
	} {
		for _, kind := range Kinds() {
			o.Kind = kind
			for seed := range uint64(5) {
				g, err := Generate(seed, o)
				if err != nil {
					t.Fatal(err)
				}
				if g.Task().Kind != kind || g.Receptacles() < o.Receptacles || g.Objects() != o.Objects {
					t.Errorf("options %d: %+v, %d receptacles, %d objects", i, g.Task(), g.Receptacles(), g.Objects())
				}
				if !play(t, NewEnvironment(g, Current), g.Walkthrough()) {
					t.Errorf("options %d, seed %d: the walkthrough does not win", i, seed)
				}
			}
		}
	}
}

// TestGeneratedMix compares how often each kind is drawn with ALFWorld's train
// split: 22, 9, 18, 13, 15 and 23 per cent.
func TestGeneratedMix(t *testing.T) {
	counts := map[string]int{}
	const n = 600
	for _, g := range generated(t, "mix", n) {
		counts[g.Task().Kind]++
		if _, _, ok := goalWords(g.Task().Goal); !ok {
			t.Errorf("goal %q", g.Task().Goal)
		}
	}
	for kind, want := range map[string]float64{KindPlace: 0.22, KindLight: 0.09, KindClean: 0.18, KindHeat: 0.13, KindCool: 0.15, KindTwo: 0.23} {
		// Four standard deviations.
		if got := float64(counts[kind]) / n; math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/n) {
			t.Errorf("%s: share %.3f, want %.2f", kind, got, want)
		}
	}
}

// TestPlacementTable holds our table together: every type of thing has a spot in
// every such room, and fits the receptacles named.
func TestPlacementTable(t *testing.T) {
	for _, r := range roomPlans() {
		stands := append(slices.Clone(r.always), names(r.fill)...)
		for _, th := range r.things {
			always := false
			for _, u := range th.usual {
				if !slices.Contains(stands, u.name) {
					t.Errorf("%s: %s is in a %s, which does not stand there", r.name, th.name, u.name)
				}
				always = always || slices.Contains(r.always, u.name)
			}
			if !always {
				t.Errorf("%s: %s may be without a usual spot", r.name, th.name)
			}
		}
	}
}

// TestGeneratedWordsAreTheOfficialOnes: a policy trained on generated games
// knows the names of everything in the official ones, and of nothing else.
func TestGeneratedWordsAreTheOfficialOnes(t *testing.T) {
	ours, theirs := map[string]bool{"desklamp": true}, map[string]bool{}
	for _, r := range roomPlans() {
		for _, s := range append(slices.Clone(r.always), names(r.fill)...) {
			ours[s] = true
		}
		for _, th := range r.things {
			ours[th.name] = true
		}
	}
	for _, p := range official(t, "train", 10) {
		g := load(t, p)
		for _, r := range g.receptacles {
			theirs[TypeOfName(r.name)] = true
		}
		for _, list := range g.contents {
			for _, o := range list {
				theirs[TypeOfName(g.objects[o].name)] = true
			}
		}
	}
	for w := range theirs {
		if !ours[w] {
			t.Errorf("%s is only in official games", w)
		}
	}
	for w := range ours {
		if !theirs[w] {
			t.Errorf("%s is only in generated games", w)
		}
	}
	t.Logf("%d types", len(ours))
}

func BenchmarkGenerate(b *testing.B) {
	o := DefaultGenerateOptions()
	seed := uint64(0)
	for b.Loop() {
		if _, err := Generate(seed, o); err != nil {
			b.Fatal(err)
		}
		seed++
	}
}

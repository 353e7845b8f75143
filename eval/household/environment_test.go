package household

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
)

// smallRoom is a game by hand: two drawers at one place, a shelf, a sink, a
// fridge, a microwave and a desk with a lamp.
const smallRoom = `(define (problem p) (:domain alfred)
(:objects agent1 - agent
  L0 L1 L2 L3 L4 L5 L6 - location
  Drawer_bar_a Drawer_bar_b Shelf_bar_a Sink_bar_a_bar_SinkBasin Fridge_bar_a Microwave_bar_a Desk_bar_a - receptacle
  DrawerType ShelfType SinkBasinType FridgeType MicrowaveType DeskType - rtype
  AppleType KnifeType BowlType DeskLampType - otype
  Apple_bar_a Apple_bar_b Knife_bar_a Bowl_bar_a DeskLamp_bar_a Chair - object)
(:init (atLocation agent1 L0)
  (receptacleAtLocation Drawer_bar_a L1) (receptacleAtLocation Drawer_bar_b L1) (receptacleAtLocation Shelf_bar_a L2)
  (receptacleAtLocation Sink_bar_a_bar_SinkBasin L3) (receptacleAtLocation Fridge_bar_a L4)
  (receptacleAtLocation Microwave_bar_a L5) (receptacleAtLocation Desk_bar_a L6)
  (receptacleType Drawer_bar_a DrawerType) (receptacleType Drawer_bar_b DrawerType) (receptacleType Shelf_bar_a ShelfType)
  (receptacleType Sink_bar_a_bar_SinkBasin SinkBasinType) (receptacleType Fridge_bar_a FridgeType)
  (receptacleType Microwave_bar_a MicrowaveType) (receptacleType Desk_bar_a DeskType)
  (openable Drawer_bar_a) (openable Drawer_bar_b) (openable Fridge_bar_a) (openable Microwave_bar_a)
  (canContain DrawerType KnifeType) (canContain ShelfType BowlType) (canContain FridgeType AppleType) (canContain DeskType AppleType)
  (objectType Apple_bar_a AppleType) (objectType Apple_bar_b AppleType) (objectType Knife_bar_a KnifeType)
  (objectType Bowl_bar_a BowlType) (objectType DeskLamp_bar_a DeskLampType)
  (pickupable Apple_bar_a) (pickupable Apple_bar_b) (pickupable Knife_bar_a) (pickupable Bowl_bar_a)
  (cleanable Apple_bar_a) (heatable Apple_bar_a) (coolable Apple_bar_a) (sliceable Apple_bar_a) (sliceable Apple_bar_b)
  (cleanable Knife_bar_a) (isReceptacleObject Bowl_bar_a) (toggleable DeskLamp_bar_a)
  (inReceptacle Apple_bar_a Shelf_bar_a) (objectAtLocation Apple_bar_a L2)
  (inReceptacle Apple_bar_b Fridge_bar_a) (objectAtLocation Apple_bar_b L4)
  (inReceptacle Knife_bar_a Drawer_bar_a) (objectAtLocation Knife_bar_a L1)
  (inReceptacle Bowl_bar_a Shelf_bar_a) (objectAtLocation Bowl_bar_a L2)
  (inReceptacleObject Chair Bowl_bar_a)
  (inReceptacle DeskLamp_bar_a Desk_bar_a) (objectAtLocation DeskLamp_bar_a L6))
(:goal GOAL))`

const (
	appleInFridge = "(exists (?r - receptacle ?o - object) (and (isClean ?o) (isHot ?o) (isSliced ?o) (objectType ?o AppleType) (receptacleType ?r FridgeType) (inReceptacle ?o ?r)))"
	appleInLight  = "(and (exists (?ot - object ?r - receptacle ?a - agent ?l - location) (and (objectType ?ot DeskLampType) (toggleable ?ot) (isToggled ?ot) (receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?ot ?r))) (exists (?o - object ?a - agent) (and (objectType ?o AppleType) (holds ?a ?o))))"
	coldApple     = "(exists (?r - receptacle ?o - object) (and (isCool ?o) (objectType ?o AppleType) (receptacleType ?r FridgeType) (inReceptacle ?o ?r)))"
	twoApples     = "(exists (?r - receptacle) (exists (?o1 - object) (and (objectType ?o1 AppleType) (receptacleType ?r FridgeType) (inReceptacle ?o1 ?r) (exists (?o2 - object) (and (not (= ?o1 ?o2)) (objectType ?o2 AppleType) (inReceptacle ?o2 ?r))))))"
)

func small(tb testing.TB, goal string) *Game {
	tb.Helper()
	g := &Game{text: "tidy up.", help: defaultHelp}
	if err := parseProblem(strings.Replace(smallRoom, "GOAL", goal, 1), g); err != nil {
		tb.Fatal(err)
	}
	return g
}

// TestRules plays through every rule of the world. A line is a command and the
// answer to it; a line of "!" lists actions that must be admissible then.
func TestRules(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect Dialect
		goal    string
		script  string
	}{
		{"current", Current, appleInFridge, `
look | You are in the middle of a room. Looking quickly around you, you see a desk 1, a drawer 2, a drawer 1, a fridge 1, a microwave 1, a shelf 1, and a sinkbasin 1.
! go to desk 1; go to drawer 1; go to drawer 2; go to fridge 1; go to microwave 1; go to shelf 1; go to sinkbasin 1; help; inventory; look
inventory | You are not carrying anything.
go to chair | Nothing happens.
go to drawer 2 | You arrive at drawer 2. The drawer 2 is closed.
! examine drawer 1; examine drawer 2; go to desk 1; go to fridge 1; go to microwave 1; go to shelf 1; go to sinkbasin 1; help; inventory; look; open drawer 1; open drawer 2
go to drawer 1 | Nothing happens.
take knife 1 from drawer 2 | Nothing happens.
open drawer 2 | You open the drawer 2. The drawer 2 is open. In it, you see a knife 1.
open drawer 2 | Nothing happens.
examine drawer 1 | The drawer 1 is closed.
look | You are facing the drawer 2, and drawer 1. Next to it, you see nothing.
examine knife 1 | Nothing happens.
take knife 1 from drawer 2 | You pick up the knife 1 from the drawer 2.
inventory | You are carrying: a knife 1.
! close drawer 2; examine drawer 1; examine drawer 2; examine knife 1; go to desk 1; go to fridge 1; go to microwave 1; go to shelf 1; go to sinkbasin 1; help; inventory; look; move knife 1 to drawer 2; open drawer 1
move knife 1 to drawer 1 | Nothing happens.
open drawer 1 | You open the drawer 1. The drawer 1 is open. In it, you see nothing.
move knife 1 to drawer 1 | You move the knife 1 to the drawer 1.
look | You are facing the drawer 2, and drawer 1. Next to it, you see a knife 1.
take knife 1 from drawer 1 | You pick up the knife 1 from the drawer 1.
move knife 1 to drawer 2 | You move the knife 1 to the drawer 2.
  take knife 1 from drawer 2	| You pick up the knife 1 from the drawer 2.
close drawer 2 | You close the drawer 2.
go to shelf 1 | You arrive at shelf 1. On the shelf 1, you see a apple 2, and a bowl 1.
! examine knife 1; examine shelf 1; go to desk 1; go to drawer 1; go to drawer 2; go to fridge 1; go to microwave 1; go to sinkbasin 1; help; inventory; look; slice apple 2 with knife 1
slice apple 2 with knife 1 | You sliced the apple 2 with the knife 1.
slice bowl 1 with knife 1 | Nothing happens.
go to fridge 1 | You arrive at fridge 1. The fridge 1 is closed.
slice apple 1 with knife 1 | You sliced the apple 1 with the knife 1.
go to sinkbasin 1 | You arrive at sinkbasin 1. On the sinkbasin 1, you see nothing.
clean knife 1 with sinkbasin 1 | You clean the knife 1 using the sinkbasin 1.
examine knife 1 | This is a clean knife 1.
go to drawer 1 | You arrive at drawer 1. The drawer 1 is open. In it, you see nothing.
move knife 1 to drawer 1 | You move the knife 1 to the drawer 1.
go to shelf 1 | You arrive at shelf 1. On the shelf 1, you see a apple 2, and a bowl 1.
take bowl 1 from shelf 1 | You pick up the bowl 1 from the shelf 1.
examine bowl 1 | This is a normal bowl 1. In it, you see a chair.
take apple 2 from shelf 1 | Nothing happens.
move bowl 1 to shelf 1 | You move the bowl 1 to the shelf 1.
take apple 2 from shelf 1 | You pick up the apple 2 from the shelf 1.
examine apple 2 | This is a sliced apple 2.
go to microwave 1 | You arrive at microwave 1. The microwave 1 is closed.
cool apple 2 with microwave 1 | Nothing happens.
heat apple 2 with microwave 1 | You heat the apple 2 using the microwave 1.
examine apple 2 | This is a hot sliced apple 2.
go to sinkbasin 1 | You arrive at sinkbasin 1. On the sinkbasin 1, you see nothing.
clean apple 2 with sinkbasin 1 | You clean the apple 2 using the sinkbasin 1.
examine apple 2 | This is a hot and clean sliced apple 2.
put apple 2 in/on sinkbasin 1 | Nothing happens.
go to fridge 1 | You arrive at fridge 1. The fridge 1 is closed.
cool apple 2 with fridge 1 | You cool the apple 2 using the fridge 1.
examine apple 2 | This is a cool and clean sliced apple 2.
open fridge 1 | You open the fridge 1. The fridge 1 is open. In it, you see a apple 1.
move apple 2 to fridge 1 | You move the apple 2 to the fridge 1.
take apple 2 from fridge 1 | You pick up the apple 2 from the fridge 1.
go to microwave 1 | You arrive at microwave 1. The microwave 1 is closed.
heat apple 2 with microwave 1 | You heat the apple 2 using the microwave 1.
go to fridge 1 | You arrive at fridge 1. The fridge 1 is open. In it, you see a apple 1.
move apple 2 to fridge 1 | You move the apple 2 to the fridge 1. WON`},
		{"heat undoes cold", Current, coldApple, `
go to shelf 1 | You arrive at shelf 1. On the shelf 1, you see a apple 2, and a bowl 1.
take apple 2 from shelf 1 | You pick up the apple 2 from the shelf 1.
go to fridge 1 | You arrive at fridge 1. The fridge 1 is closed.
cool apple 2 with fridge 1 | You cool the apple 2 using the fridge 1.
examine apple 2 | This is a cold apple 2.
go to microwave 1 | You arrive at microwave 1. The microwave 1 is closed.
heat apple 2 with microwave 1 | You heat the apple 2 using the microwave 1.
examine apple 2 | This is a hot apple 2.
go to fridge 1 | You arrive at fridge 1. The fridge 1 is closed.
open fridge 1 | You open the fridge 1. The fridge 1 is open. In it, you see a apple 1.
move apple 2 to fridge 1 | You move the apple 2 to the fridge 1.
take apple 2 from fridge 1 | You pick up the apple 2 from the fridge 1.
cool apple 2 with fridge 1 | You cool the apple 2 using the fridge 1.
move apple 2 to fridge 1 | You move the apple 2 to the fridge 1. WON`},
		{"slice where it lies", Current, twoApples, `
go to shelf 1 | You arrive at shelf 1. On the shelf 1, you see a apple 2, and a bowl 1.
take apple 2 from shelf 1 | You pick up the apple 2 from the shelf 1.
go to desk 1 | You arrive at desk 1. On the desk 1, you see a desklamp 1.
move apple 2 to desk 1 | You move the apple 2 to the desk 1.
go to drawer 2 | You arrive at drawer 2. The drawer 2 is closed.
open drawer 2 | You open the drawer 2. The drawer 2 is open. In it, you see a knife 1.
take knife 1 from drawer 2 | You pick up the knife 1 from the drawer 2.
go to shelf 1 | You arrive at shelf 1. On the shelf 1, you see a bowl 1.
slice apple 2 with knife 1 | Nothing happens.
go to desk 1 | You arrive at desk 1. On the desk 1, you see a apple 2, and a desklamp 1.
slice apple 2 with knife 1 | You sliced the apple 2 with the knife 1.`},
		{"light", Current, appleInLight, `
use desklamp 1 | Nothing happens.
go to desk 1 | You arrive at desk 1. On the desk 1, you see a desklamp 1.
! examine desk 1; go to drawer 1; go to drawer 2; go to fridge 1; go to microwave 1; go to shelf 1; go to sinkbasin 1; help; inventory; look; use desklamp 1
take desklamp 1 from desk 1 | Nothing happens.
use desklamp 1 | You turn on the desklamp 1.
use desklamp 1 | You turn on the desklamp 1.
go to shelf 1 | You arrive at shelf 1. On the shelf 1, you see a apple 2, and a bowl 1.
take apple 2 from shelf 1 | You pick up the apple 2 from the shelf 1.
examine apple 2 | There's nothing special about apple 2.
go to desk 1 | You arrive at desk 1. On the desk 1, you see a desklamp 1. WON`},
		{"old, two", Old, twoApples, `
help | Nothing happens.
go to shelf 1 | On the shelf 1, you see a apple 2, and a bowl 1.
! examine shelf 1; go to desk 1; go to drawer 1; go to drawer 2; go to fridge 1; go to microwave 1; go to sinkbasin 1; inventory; look; take apple 2 from shelf 1; take bowl 1 from shelf 1
take apple 2 from shelf 1 | You pick up the apple 2 from the shelf 1.
go to desk 1 | On the desk 1, you see a desklamp 1.
move apple 2 to desk 1 | Nothing happens.
put apple 2 in/on desk 1 | You put the apple 2 in/on the desk 1.
take apple 2 from desk 1 | You pick up the apple 2 from the desk 1.
go to fridge 1 | The fridge 1 is closed.
put apple 2 in/on fridge 1 | Nothing happens.
open fridge 1 | You open the fridge 1. The fridge 1 is open. In it, you see a apple 1.
! close fridge 1; cool apple 2 with fridge 1; examine apple 2; examine fridge 1; go to desk 1; go to drawer 1; go to drawer 2; go to microwave 1; go to shelf 1; go to sinkbasin 1; inventory; look; put apple 2 in/on fridge 1
put apple 2 in/on fridge 1 | You put the apple 2 in/on the fridge 1. WON`},
	} {
		t.Run(tt.name, func(t *testing.T) { rehearse(t, NewEnvironment(small(t, tt.goal), tt.dialect), tt.script) })
	}
}

func rehearse(t *testing.T, e *Environment, script string) {
	t.Helper()
	obs, err := e.Reset(t.Context(), agent.Task{})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(strings.Trim(script, "\n")) {
		line = strings.TrimSuffix(line, "\n")
		if list, ok := strings.CutPrefix(line, "! "); ok {
			var got []string
			for _, a := range obs.Admissible {
				got = append(got, string(a))
			}
			if list != strings.Join(got, "; ") {
				t.Errorf("admissible %s, want %s", strings.Join(got, "; "), list)
			}
			continue
		}
		command, answer, _ := strings.Cut(line, "| ")
		answer, won := strings.CutSuffix(answer, " WON")
		r, err := e.Step(t.Context(), agent.Action(strings.TrimSuffix(command, " ")))
		if err != nil {
			t.Fatal(err)
		}
		if r.Observation.Text != answer || r.Terminated != won {
			t.Errorf("%q answers %q, terminated %v; want %q, %v", command, r.Observation.Text, r.Terminated, answer, won)
		}
		obs = r.Observation
	}
}

func TestResetRefusesAnotherTask(t *testing.T) {
	g := small(t, twoApples)
	g.id = "this"
	e := NewEnvironment(g, Current)
	if _, err := e.Reset(t.Context(), agent.Task{ID: "other"}); !errors.Is(err, ErrOtherTask) {
		t.Errorf("error %v", err)
	}
	obs, err := e.Reset(t.Context(), g.Task())
	if err != nil || !strings.HasSuffix(obs.Text, "and a sinkbasin 1.\n\nYour task is to: tidy up.") {
		t.Errorf("%q, %v", obs.Text, err)
	}
}

// TestAdmissibleIsCompleteAndSound tries every command that the words of the
// room can make, in states that a random walk reaches.
func TestAdmissibleIsCompleteAndSound(t *testing.T) {
	games := append(generated(t, "walk", 6), small(t, twoApples))
	for i, g := range games {
		for _, d := range []Dialect{Current, Old} {
			walk(t, NewEnvironment(g, d), uint64(i))
		}
	}
}

func walk(t *testing.T, e *Environment, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 7))
	all := everything(e.g)
	obs, err := e.Reset(t.Context(), e.g.Task())
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		if !slices.IsSorted(obs.Admissible) {
			t.Fatalf("not sorted: %q", obs.Admissible)
		}
		var possible []agent.Action
		for _, a := range all {
			if c, ok := e.parse(string(a)); ok && e.can(c) {
				possible = append(possible, a)
			}
		}
		slices.Sort(possible)
		if !slices.Equal(possible, obs.Admissible) {
			t.Fatalf("%s: admissible %q, possible %q", e.g.id, obs.Admissible, possible)
		}
		r, err := e.Step(t.Context(), obs.Admissible[rng.IntN(len(obs.Admissible))])
		if err != nil {
			t.Fatal(err)
		}
		if r.Observation.Text == nothing {
			t.Fatalf("%s: an admissible command has no effect", e.g.id)
		}
		obs = r.Observation
	}
}

// everything lists all commands that name things of the room.
func everything(g *Game) []agent.Action {
	all := []agent.Action{"look", "inventory", "help"}
	var rs, os []string
	for _, r := range g.receptacles {
		rs = append(rs, r.name)
		for _, f := range []string{"go to %s", "open %s", "close %s", "examine %s"} {
			all = append(all, action(f, r.name))
		}
	}
	for _, o := range g.objects {
		os = append(os, o.name)
		all = append(all, action("examine %s", o.name), action("use %s", o.name))
	}
	for _, o := range os {
		for _, r := range rs {
			for _, f := range []string{"take %s from %s", "move %s to %s", "put %s in/on %s", "clean %s with %s", "heat %s with %s", "cool %s with %s"} {
				all = append(all, action(f, o, r))
			}
		}
		for _, k := range os {
			all = append(all, action("slice %s with %s", o, k))
		}
	}
	return all
}

// FuzzStep says anything to a game. Whatever is said, the game answers, and with
// more than "Nothing happens." exactly if it had listed the command.
func FuzzStep(f *testing.F) {
	f.Add("go to fridge 1\nopen fridge 1\nlook\n inventory \nslice  with \ntake from\nuse\ngo to \n")
	f.Add("examine \xff\nmove a to b to c\nput in/on\nhelp\nclean apple 1 with sinkbasin 1")
	g, err := Generate(5, DefaultGenerateOptions())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range []Dialect{Current, Old} {
			e := NewEnvironment(g, d)
			obs, err := e.Reset(t.Context(), g.Task())
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(text) {
				a := agent.Action(line)
				r, err := e.Step(t.Context(), a)
				if err != nil {
					t.Fatal(err)
				}
				listed := slices.Contains(obs.Admissible, agent.Action(strings.TrimSpace(line)))
				if listed != (r.Observation.Text != nothing) || len(r.Observation.Admissible) == 0 {
					t.Fatalf("%q, listed %v, answers %q", a, listed, r.Observation.Text)
				}
				obs = r.Observation
			}
		}
	})
}

func BenchmarkStep(b *testing.B) {
	o := DefaultGenerateOptions()
	o.Split = "bench"
	g, err := Generate(1, o)
	if err != nil {
		b.Fatal(err)
	}
	benchmarkSteps(b, g)
}

func BenchmarkStepOfficial(b *testing.B) {
	benchmarkSteps(b, load(b, official(b, "valid_train", 50)[1]))
}

// benchmarkSteps plays random admissible actions, 50 an episode.
func benchmarkSteps(b *testing.B, g *Game) {
	e := NewEnvironment(g, Current)
	rng := rand.New(rand.NewPCG(1, 2))
	task, ctx := g.Task(), b.Context()
	var obs agent.Observation
	left, steps := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		if left == 0 {
			obs, _ = e.Reset(ctx, task)
			left = 50
		}
		r, err := e.Step(ctx, obs.Admissible[rng.IntN(len(obs.Admissible))])
		if err != nil {
			b.Fatal(err)
		}
		obs = r.Observation
		left--
		steps++
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}

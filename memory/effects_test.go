package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/effect"
)

// What is recalled is withheld now and then, by a chance that the same store
// repeats, and both are counted when the outcome is recorded; what is recorded
// without chance, or for a reason from outside, is not.
func TestWithheldAndCounted(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{HoldOut: 0.3, HoldOutAll: -1})
	record(t, s, ladleWon("won"), play("lost", ladle(), false, "go to cabinet 1"))
	withheld, shown := 0, 0
	coins := map[float64]agent.Coin{} // of the demonstration
	for i := range 200 {
		task := ladle()
		c, err := s.Recall(t.Context(), task, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.Recall(t.Context(), task, 1000); err != nil || !slices.Equal(again.Withheld, c.Withheld) {
			t.Fatalf("the same store withholds %v, then %v: %v", c.Withheld, again.Withheld, err)
		}
		for _, it := range c.Items {
			if slices.Contains(c.Withheld, it.ID) {
				t.Errorf("%s is shown and withheld", it.ID)
			}
		}
		if c.HoldOut != 0.3 || len(c.Items)+len(c.Withheld) == 0 {
			t.Fatalf("context %+v", c)
		}
		e := play(fmt.Sprint("e", i), ladle(), i%2 == 0, "go to cabinet 1")
		e.Context = c
		if i >= 190 { // not counted
			if e.Context.HoldOut = 0; i%2 == 1 {
				e.Context.HoldOut, e.Outcome.Transient = 0.3, true
			}
			record(t, s, e)
			continue
		}
		chance, other := c.Chances["won"]
		if !other {
			chance = 0.3
		}
		coin := coins[chance]
		coin.HoldOut = chance
		if slices.Contains(c.Withheld, "won") {
			withheld++
			coin.Withheld.N++
			coin.Withheld.Successes += 1 - i%2
		} else if slices.ContainsFunc(c.Items, func(it agent.Item) bool { return it.ID == "won" }) {
			shown++
			coin.Shown.N++
			coin.Shown.Successes += 1 - i%2
		}
		coins[chance] = coin
		record(t, s, e)
	}
	if len(coins) != 2 {
		t.Errorf("chances of the demonstration: %v", coins)
	}
	if withheld < 5 || shown < 20 {
		t.Fatalf("the demonstration was withheld %d times and shown %d times", withheld, shown)
	}
	check := func(s *Store) {
		t.Helper()
		all, err := s.Effects(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(all, func(m MeasuredEffect) bool { return m.ID == "won" })
		if at < 0 || all[at].Withheld.N != withheld || all[at].Shown.N != shown {
			t.Errorf("effects %+v, want %d shown and %d withheld of the demonstration", all, shown, withheld)
		}
		for _, coin := range all[at].Coins {
			if coin != coins[coin.HoldOut] {
				t.Errorf("counted %+v, want %+v", coin, coins[coin.HoldOut])
			}
		}
		if len(all[at].Coins) != len(coins) {
			t.Errorf("counted %+v, want %+v", all[at].Coins, coins)
		}
		for i, m := range all {
			if m.Order != i+1 {
				t.Errorf("order %d at %d", m.Order, i)
			}
			if d := m.Difference; !(d.Low <= d.Estimate && d.Estimate <= d.High) {
				t.Errorf("%+v", m)
			}
		}
	}
	check(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(openStore(t, dir, Options{HoldOut: 0.3}))
}

// A lesson that harms is no longer recalled, one that helps is found out, and of
// the others none is said to do either.
func TestHarmIsFound(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{HoldOut: 0.2, HoldOutAll: -1})
	rng := rand.New(rand.NewPCG(1, 1))
	task := func(i int) agent.Task {
		k := ladle()
		k.ID = fmt.Sprint("task", i%2)
		return k
	}
	about := func(i int) string {
		ls, err := s.Lessons(t.Context(), LessonFilter{Task: task(i).ID})
		if err != nil || len(ls) == 0 {
			t.Fatal(ls, err)
		}
		return ls[0].ID
	}
	for i := range 2 {
		e := play(fmt.Sprint("lost", i), task(i), false, fmt.Sprintf("go to shelf %d", i))
		record(t, s, e)
	}
	harmful, helpful := about(0), about(1)
	shown := func(c agent.Context, id string) bool {
		return slices.ContainsFunc(c.Items, func(it agent.Item) bool { return it.ID == id })
	}
	for i := range 700 {
		c := recall(t, s, task(i), 1000)
		p := 0.5
		if shown(c, harmful) {
			p -= 0.45
		}
		if shown(c, helpful) {
			p += 0.45
		}
		e := play(fmt.Sprint("e", i), task(i), rng.Float64() < p, "wait")
		e.Context = c
		record(t, s, e)
	}
	all, err := s.Effects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if want := map[string]effect.Verdict{harmful: effect.Harms, helpful: effect.Helps}[m.ID]; m.Verdict != want {
			t.Errorf("%s is said to be %q, want %q: %+v", m.ID, m.Verdict, want, m)
		}
	}
	if c := recall(t, s, task(0), 1000); shown(c, harmful) || slices.Contains(c.Withheld, harmful) {
		t.Errorf("the harmful lesson is recalled: %+v", c)
	}
	x, err := s.Explain(t.Context(), task(0), 1000)
	if i := slices.IndexFunc(x.Candidates, func(c Candidate) bool { return c.ID == harmful }); err != nil || i < 0 || !strings.HasPrefix(x.Candidates[i].Reason, "retired: measured to harm: -0.") {
		t.Errorf("explained as %+v, %v", x.Candidates, err)
	}
}

// All of a context is withheld now and then, which is counted for memory as a whole
// and for no item, survives a reopening and a rollback, and is found to matter.
func TestOverallEffect(t *testing.T) {
	dir := t.TempDir()
	o := Options{HoldOut: 0.05, HoldOutAll: 0.2}
	s := openStore(t, dir, o)
	record(t, s, ladleWon("won"))
	var want OverallEffect
	items := 0
	for i := range 120 {
		c := recall(t, s, ladle(), 1000)
		if c.HoldOutAll != 0.2 || c.AllWithheld && (len(c.Items) > 0 || len(c.Withheld) == 0) {
			t.Fatalf("context %+v", c)
		}
		x, err := s.Explain(t.Context(), ladle(), 1000)
		if packed := slices.ContainsFunc(x.Candidates, func(c Candidate) bool { return c.Packed }); err != nil || c.AllWithheld && packed {
			t.Fatalf("explained as %+v, %v", x, err)
		}
		e := play(fmt.Sprint("e", i), ladle(), !c.AllWithheld, "go to cabinet 1")
		e.Context = c
		arm := &want.Shown
		if c.AllWithheld {
			arm = &want.Withheld
		} else if len(c.Items)+len(c.Withheld) > 0 {
			items++
		}
		if arm.N++; e.Outcome.Success {
			arm.Successes++
		}
		record(t, s, e)
	}
	if want.Withheld.N < 10 {
		t.Fatalf("%+v", want)
	}
	check := func(s *Store) {
		t.Helper()
		got, err := s.Overall(t.Context())
		if err != nil || got.Shown != want.Shown || got.Withheld != want.Withheld || got.Verdict != effect.Helps || !(got.Difference.Low > 0) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	check(s)
	all, err := s.Effects(t.Context())
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for _, m := range all {
		if m.Shown.N+m.Withheld.N > items {
			t.Errorf("%+v is counted more often than the %d times that it can be", m, items)
		}
	}
	other := openStore(t, dir, o)
	check(other)
	if _, err := s.Rollback(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	check(s)
	check(other)
	check(openStore(t, dir, o))
	off := openStore(t, dir, Options{HoldOut: -1, HoldOutAll: 0.5})
	for i := range 20 {
		task := ladle()
		task.ID = fmt.Sprint(i)
		if c := recall(t, off, task, 1000); c.AllWithheld || c.HoldOutAll != 0 {
			t.Errorf("%+v", c)
		}
	}
}

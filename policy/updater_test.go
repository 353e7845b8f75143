package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/policy/transformer"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// shelf is a list of failures; a cursor is an ID.
type shelf []agent.Episode

func (s shelf) Failures(_ context.Context, cursor string, most int) ([]agent.Episode, string, error) {
	at := slices.IndexFunc(s, func(e agent.Episode) bool { return e.ID == cursor }) + 1
	es := s[at:min(at+most, len(s))]
	if len(es) == 0 {
		return nil, cursor, nil
	}
	return es, es[len(es)-1].ID, nil
}

// failuresOf plays doors until l has failed n times.
func failuresOf(t testing.TB, l *LM, n int) shelf {
	t.Helper()
	var out shelf
	for seed := uint64(0); len(out) < n; seed += 100 {
		for _, e := range toyPlay(t, l, toyTasks(0, 8), seed, 1) {
			if !e.Outcome.Success && len(out) < n {
				e.ID = fmt.Sprintf("e%03d", len(out))
				out = append(out, e)
			}
		}
	}
	return out
}

// toyFolder is a folder in which l is current.
func toyFolder(t testing.TB, l *LM) *versions.Folder {
	t.Helper()
	f, err := versions.Open(t.TempDir(), versions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Promote(add(t, f, l), "", ""); err != nil {
		t.Fatal(err)
	}
	return f
}

// add adds l, as somebody would who brings a policy.
func add(t testing.TB, f *versions.Folder, l *LM) string {
	t.Helper()
	meta, err := l.metadata(nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := transformer.Save(&b, l.model, transformer.F32, meta); err != nil {
		t.Fatal(err)
	}
	added, err := f.Add(b.Bytes(), versions.Lineage{Note: "brought"})
	if err != nil {
		t.Fatal(err)
	}
	return added.Version
}

// bench is an Updater's surroundings, with a clock of its own.
type bench struct {
	UpdaterConfig
	UpdaterOptions
	now   time.Time
	slept time.Duration
	said  []string
}

func newBench(t testing.TB, n int) *bench {
	t.Helper()
	l := toyLM(t, 1)
	b := &bench{UpdaterConfig: DefaultUpdaterConfig()}
	b.Batch, b.UpdaterConfig.Groups, b.LearningRate = 8, 4, 3e-4
	b.UpdaterOptions = UpdaterOptions{
		Failures: failuresOf(t, l, n), Folder: toyFolder(t, l),
		Score: func(context.Context, *LM) (Score, error) { return Score{"first": 0.5}, nil },
		Log:   func(e Event) { b.said = append(b.said, e.Note) },
		Clock: func() time.Time { b.now = b.now.Add(time.Second); return b.now },
		Sleep: func(ctx context.Context, d time.Duration) error { b.slept += d; return ctx.Err() },
	}
	return b
}

func (b *bench) updater(t testing.TB) *Updater {
	t.Helper()
	u, err := NewUpdater(b.UpdaterConfig, b.UpdaterOptions)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// rounds makes rounds until there is nothing left, and returns how many.
func (b *bench) rounds(t testing.TB, u *Updater) int {
	t.Helper()
	for n := 0; ; n++ {
		worked, err := u.Round(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			return n
		}
	}
}

func (b *bench) heard(text string) bool {
	return slices.ContainsFunc(b.said, func(s string) bool { return strings.Contains(s, text) })
}

func versionsOf(t testing.TB, f *versions.Folder) []versions.Version {
	t.Helper()
	all, err := f.Versions()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Each whole batch becomes a version, whose parent is the one before; acting
// goes on with the weights that an episode began with.
func TestUpdater(t *testing.T) {
	b := newBench(t, 20)
	u := b.updater(t)
	first, policy := u.Current(), u.Policy()
	before := first.model.Clone()
	if n := b.rounds(t, u); n != 2 {
		t.Fatalf("%d rounds of 20 failures, want 2: the rest is no batch", n)
	}
	all := versionsOf(t, b.Folder)
	if len(all) != 3 || !all[2].Current || all[1].Parent != all[0].Version || all[2].Parent != all[1].Version {
		t.Fatalf("versions are %+v", all)
	}
	want := versions.DataOf([]string{"e008", "e009", "e010", "e011", "e012", "e013", "e014", "e015"})
	want.Cursor = "e015"
	if v := all[2]; v.Data != want || v.Updates != 2 || v.Objective != "nsr" || v.After["first"] != 0.5 || v.Before["first"] != 0.5 || !(v.Drift > 0) {
		t.Errorf("lineage is %+v", v)
	}
	if u.Current().Version() != all[2].Version || policy.Version() != all[2].Version {
		t.Errorf("acts with %s, %s", u.Current().Version(), policy.Version())
	}
	if still, err := NewLM(before, first.tokens, 1, ""); err != nil || !sameWeights(first, still) {
		t.Errorf("the first version was written to: %v", err)
	}
	b.Fewer = true
	if n := b.rounds(t, b.updater(t)); n != 1 {
		t.Errorf("%d rounds with the rest, want 1", n)
	}
	if err := b.Folder.Check(); err != nil {
		t.Error(err)
	}
}

// What failed becomes less likely.
func TestUpdaterLearns(t *testing.T) {
	b := newBench(t, 64)
	b.LearningRate = 1e-3
	u := b.updater(t)
	first := u.Current()
	b.rounds(t, u)
	logProb := func(l *LM) (sum float64) {
		for _, tr := range toyTrajectories(t, l, b.Failures.(shelf)) {
			err := score(transformer.NewPass(l.model, 1), [][]Trajectory{{tr}}, 1000, func(_ *Target, lp float64) { sum += lp })
			if err != nil {
				t.Fatal(err)
			}
		}
		return sum / 64
	}
	if was, is := logProb(first), logProb(u.Current()); !(is < was-0.02) {
		t.Errorf("mean log-probability of the failures went from %.4f to %.4f", was, is)
	}
}

// TestUpdaterGuards holds that each guard rejects, keeps the parent and says
// so, and that the batch is not tried again.
func TestUpdaterGuards(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(b *bench)
		want string
	}{
		"entropy":       {func(b *bench) { b.Guard.MinEntropy = 10 }, "entropy"},
		"gradient norm": {func(b *bench) { b.Guard.MaxGradNorm = 1e-9 }, "gradient norm"},
		"drift":         {func(b *bench) { b.Guard.MaxDrift = 1e-12 }, "to the promoted version"},
		"held-out score": {func(b *bench) {
			n := 0
			b.Score = func(context.Context, *LM) (Score, error) { n++; return Score{"first": 0.5 / float64(n)}, nil }
			b.Guard.MaxDrop = 0.2
		}, "held-out score 0.250 is 0.250 below"},
	} {
		b := newBench(t, 8)
		tt.set(b)
		u := b.updater(t)
		parent := u.Current()
		if n := b.rounds(t, u); n != 1 {
			t.Errorf("%s: %d rounds", name, n)
		}
		all := versionsOf(t, b.Folder)
		if len(all) != 2 || !all[0].Current || all[1].State != versions.Rejected || !strings.Contains(all[1].Guard, tt.want) {
			t.Errorf("%s: versions are %+v", name, all)
		}
		if u.Current() != parent || !b.heard("rejected") {
			t.Errorf("%s: acts with %s, said %q", name, u.Current().Version(), b.said)
		}
		if n := b.rounds(t, b.updater(t)); n != 0 {
			t.Errorf("%s: tried again after a restart", name)
		}
	}
	b := newBench(t, 8)
	b.UpdaterConfig.Groups, b.Epochs, b.Guard.MaxKL = 1, 4, 1e-9
	b.rounds(t, b.updater(t))
	if all := versionsOf(t, b.Folder); len(all) != 2 || all[1].Updates > 3 || !b.heard("the rest of the round is skipped") {
		t.Errorf("KL: versions are %+v", all)
	}
}

// A small drop that the guard allows is promoted.
func TestUpdaterAllowedDrop(t *testing.T) {
	b := newBench(t, 8)
	n := 0
	b.Score = func(context.Context, *LM) (Score, error) { n++; return Score{"first": 0.5 / float64(n)}, nil }
	b.Guard.MaxDrop = 0.3
	b.rounds(t, b.updater(t))
	if all := versionsOf(t, b.Folder); len(all) != 2 || !all[1].Current {
		t.Errorf("versions are %+v", all)
	}
}

// What cannot be learned from is dropped, counted and named.
func TestUpdaterDrops(t *testing.T) {
	b := newBench(t, 8)
	s := b.Failures.(shelf)
	stale := slices.Clone(s[0].Steps)
	stale[0].LogProbs = slices.Clone(stale[0].LogProbs)
	for i, lp := range stale[0].LogProbs {
		if lp < 0 {
			stale[0].LogProbs[i] = lp - 3
		}
	}
	s[0].Steps = stale
	s[1].Steps = slices.Clone(s[1].Steps)
	s[1].Steps[0].LogProbs = nil
	s[2].Steps = slices.Clone(s[2].Steps)
	s[2].Steps[0].Action = "dance"
	s[3].Steps = nil
	b.rounds(t, b.updater(t))
	all := versionsOf(t, b.Folder)
	if len(all) != 2 || all[1].Data.Episodes != 4 || all[1].Data.Dropped != 4 || all[1].Data.First != "e004" {
		t.Errorf("versions are %+v", all)
	}
	for _, want := range []string{"e000 dropped: stale", "e001 dropped: it does not state", "e002 dropped", "e003 dropped: there was nothing"} {
		if !b.heard(want) {
			t.Errorf("nothing said of %q in %q", want, b.said)
		}
	}
}

var errKilled = errors.New("killed")

// TestUpdaterRestart ends an Updater at each place where it can be told of, and
// holds that another one ends at the version of one that was not.
func TestUpdaterRestart(t *testing.T) {
	whole := newBench(t, 24)
	whole.rounds(t, whole.updater(t))
	want := versionsOf(t, whole.Folder)
	for at := 1; ; at++ {
		b := newBench(t, 24)
		ctx, kill := context.WithCancelCause(t.Context())
		n := 0
		b.Sleep = func(ctx context.Context, _ time.Duration) error {
			if n++; n == at {
				kill(errKilled)
			}
			return ctx.Err()
		}
		u := b.updater(t)
		err := u.Run(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		done := len(versionsOf(t, b.Folder))
		b.Sleep = func(context.Context, time.Duration) error { return nil }
		b.rounds(t, b.updater(t))
		all := versionsOf(t, b.Folder)
		if len(all) != len(want) {
			t.Fatalf("stopped at %d: %d versions, want %d", at, len(all), len(want))
		}
		for i := range all {
			if all[i].Version != want[i].Version || all[i].State != want[i].State {
				t.Errorf("stopped at %d: version %d is %s %s, want %s %s", at, i, all[i].Version, all[i].State, want[i].Version, want[i].State)
			}
		}
		if done == len(want) {
			if at < 6 {
				t.Errorf("only %d places: the test shows little", at)
			}
			return
		}
	}
}

// A version that was found good, but not promoted before a crash, is promoted
// by the next Updater; one whose parent was rolled back is not.
func TestUpdaterResume(t *testing.T) {
	b := newBench(t, 8)
	b.rounds(t, b.updater(t))
	good := versionsOf(t, b.Folder)[1]
	for _, parent := range []string{good.Parent, "elsewhere"} {
		f := toyFolder(t, toyLM(t, 1))
		if parent == "elsewhere" {
			other := add(t, f, toyLM(t, 2))
			if err := f.Promote(other, good.Parent, ""); err != nil {
				t.Fatal(err)
			}
		}
		data, err := b.Folder.Policy(good.Version)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Add(data, good.Lineage); err != nil {
			t.Fatal(err)
		}
		next := newBench(t, 8)
		next.Folder = f
		u := next.updater(t)
		if got := u.Current().Version() == good.Version; got != (parent == good.Parent) {
			t.Errorf("parent %s: acts with %s", parent, u.Current().Version())
		}
	}
}

// What somebody else makes current is acted with from the next round on, and a
// round that was under way then promotes nothing.
func TestUpdaterMoved(t *testing.T) {
	b := newBench(t, 16)
	var other string
	b.Score = func(_ context.Context, l *LM) (Score, error) {
		if now, err := b.Folder.Current(); err == nil && other == "" && l.Version() != now {
			other = add(t, b.Folder, cooler(t))
			if err := b.Folder.Promote(other, now, "by hand"); err != nil {
				t.Error(err)
			}
		}
		return Score{"first": 0.5}, nil
	}
	u := b.updater(t)
	if _, err := u.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, _ := b.Folder.Current(); now != other || !b.heard("as a candidate") {
		t.Errorf("current is %s, want %s; said %q", now, other, b.said)
	}
	if _, err := u.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := versionsOf(t, b.Folder); len(all) != 4 || all[3].Parent != other || !all[3].Current {
		t.Errorf("versions are %+v", all)
	}
}

// cooler is the first version at another temperature: another version.
func cooler(t testing.TB) *LM {
	t.Helper()
	l, err := toyLM(t, 1).WithTemperature(0.9)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The time that is idled is that of the work times 1/share - 1.
func TestPace(t *testing.T) {
	now, slept := time.Unix(0, 0), time.Duration(0)
	p := pace{share: 0.25, clock: func() time.Time { return now }, sleep: func(_ context.Context, d time.Duration) error { slept += d; return nil }}
	p.begin()
	for _, d := range []time.Duration{2 * time.Second, 3 * time.Second} {
		now = now.Add(d)
		if err := p.rest(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if slept != 15*time.Second {
		t.Errorf("slept %v for 5 s of work at a quarter, want 15 s", slept)
	}
	b := newBench(t, 8)
	b.CPUShare = 1
	b.rounds(t, b.updater(t))
	if b.slept != 0 {
		t.Errorf("slept %v at a share of 1", b.slept)
	}
}

func TestUpdaterConfig(t *testing.T) {
	if err := DefaultUpdaterConfig().Validate(); err != nil {
		t.Error(err)
	}
	for name, set := range map[string]func(c *UpdaterConfig){
		"Batch":        func(c *UpdaterConfig) { c.Batch = 0 },
		"Groups":       func(c *UpdaterConfig) { c.Groups = 0 },
		"Epochs":       func(c *UpdaterConfig) { c.Epochs = 0 },
		"LearningRate": func(c *UpdaterConfig) { c.LearningRate = math.NaN() },
		"MaxStale":     func(c *UpdaterConfig) { c.MaxStale = -1 },
		"CPUShare":     func(c *UpdaterConfig) { c.CPUShare = 1.5 },
		"Objective":    func(c *UpdaterConfig) { c.Objective = DefaultPPO() },
		"Guard":        func(c *UpdaterConfig) { c.Guard.MaxDrop = 2 },
		"Threads":      func(c *UpdaterConfig) { c.Trainer.Threads = 0 },
	} {
		c := DefaultUpdaterConfig()
		set(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := newBench(t, 1)
	empty, err := versions.Open(t.TempDir(), versions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.Folder = empty
	if _, err := NewUpdater(b.UpdaterConfig, b.UpdaterOptions); !errors.Is(err, versions.ErrNone) {
		t.Errorf("empty folder: %v", err)
	}
}

// Only the steps that are blamed are learned from, and a failure to blame loses
// nothing.
func TestUpdaterBlames(t *testing.T) {
	b := newBench(t, 8)
	var asked []string
	b.Blame = func(_ context.Context, e agent.Episode) (Blame, error) {
		asked = append(asked, e.ID)
		return make(Blame, len(e.Steps)), nil
	}
	u := b.updater(t)
	if n := b.rounds(t, u); n != 1 || len(asked) != 8 {
		t.Fatalf("%d rounds, blame asked for %v", n, asked)
	}
	if want := "nsr-attributed learned nothing from 8 episodes"; !strings.Contains(strings.Join(b.said, "\n"), want) {
		t.Errorf("said %q, want %q", b.said, want)
	}

	b = newBench(t, 8)
	b.Blame = func(context.Context, agent.Episode) (Blame, error) { return nil, errStop }
	u = b.updater(t)
	if _, err := u.Round(t.Context()); !errors.Is(err, errStop) || !strings.Contains(err.Error(), "e000") {
		t.Errorf("error %v, want one that names the episode", err)
	}
	u.Blame = nil
	if n := b.rounds(t, u); n != 1 {
		t.Errorf("%d rounds after the error, want 1", n)
	}
}

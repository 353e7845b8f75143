package methods

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy"
)

// The experiment of augmented generation, at the smallest scale; a second time
// nothing is left to do.
func TestAugmentedGeneration(t *testing.T) {
	l := quickLab(t.TempDir())
	l.Scale.BaseUpdates = 20 // too few to know or to read anything: two sentences say so
	s, err := l.RLAG(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(s.Tables) != 3 || len(s.Summary) != 6 || len(s.Figures) != 1 {
		t.Errorf("%d tables, %d sentences, %d figures", len(s.Tables), len(s.Summary), len(s.Figures))
	}
	l.Progress = func(what string) { t.Errorf("did %s again", what) }
	again, err := l.RLAG(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, s) {
		t.Error("another result")
	}
}

// No group has what a method must not see: a right answer that RLAG did not
// find, which an untrained model does not, a document in SFT, or a question of
// another split. All are of one size.
func TestWhatIsInjected(t *testing.T) {
	l := quickLab(t.TempDir())
	lm, err := l.untrained(rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	world, err := factsWorld(1)
	if err != nil {
		t.Fatal(err)
	}
	isDocument := func(s string) bool {
		return slices.Contains(world.Documents(puzzle.New), strings.TrimSuffix(s, "\n"))
	}
	right := map[string]string{}
	for _, p := range world.Of(puzzle.New).Draw(puzzle.Train, 1000, rand.New(rand.NewPCG(2, 2))) {
		right[p.Prompt] = p.Answer
	}
	want := map[string]int{"sft": 0, "cpt": factsRead + 2, "cpt+sft": factsRead, "rlag": factsRead, "rlag-no-floor": factsRead, "rlag-no-documents": factsRead}
	for _, in := range injectors() {
		groups, err := l.sit(t.Context(), lm, inject{in, 1e-3, 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(groups) != l.Scale.Every*l.Scale.Groups {
			t.Errorf("%s: %d groups", in.name, len(groups))
		}
		for _, g := range groups {
			documents, asked := 0, 0
			for _, p := range g {
				text := lm.Text(p)
				if isDocument(text) {
					documents++
					continue
				}
				question, answer, ok := strings.Cut(text, ":")
				want, train := right[question+":"]
				if !ok || !train {
					t.Errorf("%s: learns %q, which is no Train question", in.name, text)
				}
				asked++
				if isRight := strings.TrimSuffix(answer, "\n") == want; isRight == in.reads() {
					t.Errorf("%s: %q is right: %v", in.name, text, isRight)
				}
				if in.reads() && p.Part != policy.Preferred && p.Part != policy.Rejected {
					t.Errorf("%s: %q is part %d", in.name, text, p.Part)
				}
			}
			if documents != want[in.name] || documents+asked != factsRead+2 {
				t.Errorf("%s: %d documents, %d answers, want %d documents of %d", in.name, documents, asked, want[in.name], factsRead+2)
			}
		}
	}
}

// Reading is taught by documents that answer both questions.
func TestReadingLessons(t *testing.T) {
	l := quickLab(t.TempDir())
	rng := rand.New(rand.NewPCG(1, 1))
	lm, err := l.untrained(rng)
	if err != nil {
		t.Fatal(err)
	}
	b := lessons{lm: lm}
	if err := b.read(200, factsRead, rng); err != nil || b.err != nil {
		t.Fatal(err, b.err)
	}
	for _, lesson := range b.all {
		text := lm.Text(lesson)
		context, asked, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "|")
		questions := strings.Split(asked, "\n")
		if len(questions) != 2 {
			t.Fatalf("%q", text)
		}
		for _, q := range questions {
			_, answer, _ := strings.Cut(q, ":")
			if !strings.Contains(context+";", " "+answer+";") {
				t.Errorf("%q is not answered by %q", q, context)
			}
		}
	}
}

// Base models that cannot read or do not know decide nothing.
func TestRequire(t *testing.T) {
	for _, tt := range []struct {
		known, read int
		want        report.Verdict
	}{{95, 60, report.Holds}, {94, 60, report.NotDecided}, {95, 59, report.NotDecided}} {
		s := report.Study{Verdict: report.Holds}
		if err := require(&s, []Start{{Known: Quiz{tt.known, 100}, Read: Quiz{tt.read, 100}}}); err != nil {
			t.Fatal(err)
		}
		if s.Verdict != tt.want || len(s.Summary) > 0 != (tt.want == report.NotDecided) {
			t.Errorf("%d%% and %d%%: %s, %q", tt.known, tt.read, s.Verdict, s.Summary)
		}
	}
}

package puzzle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Source says where a fact can be learned.
type Source string

// The sources.
const (
	Known Source = "known" // its document is in the corpus
	Gap   Source = "gap"   // nowhere
	New   Source = "new"   // in contexts only: see Facts.Context
)

// Form is how a question is put.
type Form string

// The forms. Documents are put in none of them.
const (
	Direct   Form = "direct"   // "pet of bolu:"
	Rephrase Form = "rephrase" // "bolu has pet:"; never in Train
	TwoHop   Form = "two-hop"  // "pet of boss of bolu:", of two facts of one source
)

// FactsConfig sets an invented world. Begin with DefaultFactsConfig.
type FactsConfig struct {
	Seed     uint64
	Entities int     // whose facts are known or gaps, in [2,400]
	New      int     // further entities, whose facts are new, in [2,400]
	GapShare float64 // of the facts of Entities, on average, in [0,1]
}

// DefaultFactsConfig returns 60 entities, with a quarter of their facts gaps,
// and 20 new ones.
func DefaultFactsConfig() FactsConfig {
	return FactsConfig{Seed: 1, Entities: 60, New: 20, GapShare: 0.25}
}

// Validate names the first field that is out of its range.
func (c FactsConfig) Validate() error {
	for _, f := range []struct {
		name string
		n    int
	}{{"Entities", c.Entities}, {"New", c.New}} {
		if f.n < 2 || f.n > 400 {
			return fmt.Errorf("puzzle: FactsConfig.%s is %d, must be in [2,400]", f.name, f.n)
		}
	}
	if !(c.GapShare >= 0 && c.GapShare <= 1) {
		return fmt.Errorf("puzzle: FactsConfig.GapShare is %v, must be in [0,1]", c.GapShare)
	}
	return nil
}

// boss is the attribute whose values are entities, of the same sources.
const boss = "boss"

// attributes have values that no other attribute has.
var attributes = [...]struct {
	name   string
	values []string
}{
	{"pet", []string{"fox", "owl", "cat", "dog", "hen", "rat", "bee", "yak"}},
	{"hue", []string{"red", "blue", "gold", "pink", "grey", "teal", "lime", "tan"}},
	{"job", []string{"cook", "monk", "smith", "clerk", "nurse", "baker", "pilot", "judge"}},
	{"food", []string{"rice", "soup", "plum", "cake", "corn", "bean", "pear", "fish"}},
	{boss, nil},
}

// fact is that an attribute of an entity has a value.
type fact struct {
	entity, attribute, value string
	source                   Source
}

func (f fact) document() string { return f.entity + " " + f.attribute + " " + f.value }

// id is that of the Direct question about f.
func (f fact) id() string { return f.entity + " " + f.attribute }

// joins reports whether f and then g may make a TwoHop question: not if that
// were one of Train and one of them is not.
func (f fact) joins(g fact) bool {
	return SplitOf(f.id()+" "+g.attribute) != Train || SplitOf(f.id()) == Train && SplitOf(g.id()) == Train
}

// Facts asks about an invented world. Of the facts about its entities some are
// in no document: who was trained on Corpus cannot do better there than guess.
//
// Every form of a Direct question is in its fact's split, and a TwoHop question
// of Train takes facts of Train only: training asks for no fact that a Direct
// question of Tune or Test asks for. A TwoHop question of these may take facts
// of Train. Documents have no split: Corpus and Context hold facts of all.
type Facts struct {
	facts   []fact
	at      map[[2]string]int // index into facts, by entity and attribute
	sources []Source          // of the questions drawn
	context int               // documents before a question
}

// NewFacts invents a world: the same for the same config. Its questions are
// about Known facts and Gaps. It returns Validate's error.
func NewFacts(c FactsConfig) (Facts, error) {
	if err := c.Validate(); err != nil {
		return Facts{}, err
	}
	rng := rand.New(rand.NewPCG(c.Seed, 0))
	names := inventNames(c.Entities+c.New, rng)
	w := Facts{at: map[[2]string]int{}, sources: []Source{Known, Gap}}
	for i, name := range names {
		peers, source := names[:c.Entities], Known
		if i >= c.Entities {
			peers, source = names[c.Entities:], New
		}
		for _, a := range attributes {
			f := fact{entity: name, attribute: a.name, source: source}
			if a.name == boss {
				f.value = peers[rng.IntN(len(peers))]
			} else {
				f.value = a.values[rng.IntN(len(a.values))]
			}
			if rng.Float64() < c.GapShare && source == Known {
				f.source = Gap
			}
			w.at[[2]string{name, a.name}] = len(w.facts)
			w.facts = append(w.facts, f)
		}
	}
	return w, nil
}

// inventNames returns n distinct names of two syllables.
func inventNames(n int, rng *rand.Rand) []string {
	var all []string
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	for i := range len(consonants) * len(vowels) {
		for j := range len(consonants) * len(vowels) {
			all = append(all, string([]byte{
				consonants[i/len(vowels)], vowels[i%len(vowels)], consonants[j/len(vowels)], vowels[j%len(vowels)],
			}))
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:n]
}

// Of returns the same world with questions about facts of the given sources.
func (w Facts) Of(sources ...Source) Facts {
	w.sources = slices.Clone(sources)
	return w
}

// Read returns the same world with n ≥ 0 documents before every question, as
// in "bolu pet fox;kima hue red|pet of bolu:". See Context.
func (w Facts) Read(n int) Facts {
	w.context = n
	return w
}

// Corpus returns the documents of the Known facts, one fact each.
func (w Facts) Corpus() []string { return w.Documents(Known) }

// Documents returns the documents of the facts of a source, one fact each.
func (w Facts) Documents(s Source) []string {
	var out []string
	for _, f := range w.facts {
		if f.source == s {
			out = append(out, f.document())
		}
	}
	return out
}

// Draw implements Domain. Sources and forms are as frequent as their questions.
// A problem's level is the count of facts that it takes.
func (w Facts) Draw(s Split, n int, rng *rand.Rand) []Problem {
	of := slices.DeleteFunc(slices.Clone(w.facts), func(f fact) bool { return !slices.Contains(w.sources, f.source) })
	if len(of) == 0 {
		return nil
	}
	return draw(s, n, func() Problem {
		p := w.ask(of[rng.IntN(len(of))], rng)
		if w.context > 0 {
			p.Prompt = w.Context(p, w.context, rng) + "|" + p.Prompt
		}
		return p
	})
}

// ask returns a question that f is the first fact to answer.
func (w Facts) ask(f fact, rng *rand.Rand) Problem {
	p := Problem{
		Domain: "facts", ID: f.id(), Level: 1, Source: f.source, Form: Direct,
		Subject: f.entity, Object: f.attribute, Answer: f.value,
	}
	if f.attribute == boss && rng.IntN(2) == 0 {
		next := attributes[rng.IntN(len(attributes))].name
		if g := w.facts[w.at[[2]string{f.value, next}]]; g.source == f.source && f.joins(g) {
			p.ID, p.Prompt = p.ID+" "+next, next+" of boss of "+f.entity+":"
			p.Level, p.Form, p.Object, p.Answer = 2, TwoHop, next, g.value
			return p
		}
	}
	p.Prompt = f.attribute + " of " + f.entity + ":"
	if SplitOf(p.ID) != Train && rng.IntN(2) == 0 {
		p.Form, p.Prompt = Rephrase, f.entity+" has "+f.attribute+":"
	}
	return p
}

// Context returns the documents that answer p, a problem of this world, among
// others of the same source to n ≥ 0 in all, in random order, with ';' between
// them. It returns p's documents even if they are more than n,
// and those of a Gap, too.
func (w Facts) Context(p Problem, n int, rng *rand.Rand) string {
	var out []string
	add := func(f fact) { out = append(out, f.document()) }
	first := w.at[[2]string{p.Subject, p.Object}]
	if p.Form == TwoHop {
		first = w.at[[2]string{p.Subject, boss}]
		if next := w.at[[2]string{w.facts[first].value, p.Object}]; next != first {
			add(w.facts[next])
		}
	}
	add(w.facts[first])
	for tries := 0; len(out) < n && tries < 100*n; tries++ {
		f := w.facts[rng.IntN(len(w.facts))]
		if f.source == p.Source && !slices.Contains(out, f.document()) {
			add(f)
		}
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return strings.Join(out, ";")
}

// Demonstrate implements Domain. There is one right answer.
func (w Facts) Demonstrate(p Problem, _ *rand.Rand) string { return p.Answer }

// Check implements Domain. An answer is well-formed if it is one word of the
// letters a to z. The Fault says whether it is a value of the attribute asked for.
func (w Facts) Check(p Problem, answer string) Verdict {
	f := Fault{Kind: WrongSort, Step: 1}
	switch {
	case answer == p.Answer:
		return right()
	case answer == "" || strings.Trim(answer, "abcdefghijklmnopqrstuvwxyz") != "":
		f.Kind = Malformed
	case p.Object == boss:
		if _, ok := w.at[[2]string{answer, boss}]; ok {
			f.Kind = WrongFact
		}
	default:
		for _, a := range attributes {
			if a.name == p.Object && slices.Contains(a.values, answer) {
				f.Kind = WrongFact
			}
		}
	}
	return wrong(f)
}

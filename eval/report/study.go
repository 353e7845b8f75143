package report

// Study is the report of one experiment: a claim, how it is decided, what was
// found and whether the claim holds. Its JSON is stable: the same Study gives
// the same bytes. [Study.Validate] says what a renderer refuses.
type Study struct {
	Method   string    `json:"method"` // "W-REINFORCE", say; unique in a page
	Title    string    `json:"title"`
	Claim    string    `json:"claim"`    // what is put to the test, in a sentence
	Decision string    `json:"decision"` // how it is decided, in a sentence
	Verdict  Verdict   `json:"verdict"`
	Summary  []string  `json:"summary,omitempty"` // sentences with the numbers behind the verdict
	Tables   []Table   `json:"tables,omitempty"`  // one may have the paper's own numbers beside ours
	Figures  []Figure  `json:"figures,omitempty"`
	Settings []Setting `json:"settings,omitempty"`
	Meta     StudyMeta `json:"meta"`
}

// Verdict is what an experiment says of its claim.
type Verdict string

// NotDecided is for data that do not tell: an interval that holds both answers,
// or too few seeds.
const (
	Holds       Verdict = "holds"
	DoesNotHold Verdict = "does not hold"
	NotDecided  Verdict = "not decided"
)

// Setting is a hyperparameter: the values that were tried and the one chosen. A
// Grid of none was not searched.
type Setting struct {
	Name   string   `json:"name"`
	Grid   []string `json:"grid,omitempty"`
	Chosen string   `json:"chosen"`
}

// StudyMeta says what was run.
type StudyMeta struct {
	Seeds   []uint64 `json:"seeds"`
	Commit  string   `json:"commit,omitempty"`
	Machine string   `json:"machine,omitempty"`
	Seconds float64  `json:"seconds"` // that all processes took which worked on it; ≥ 0
}

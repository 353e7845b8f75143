package skills

import "fmt"

// Rules say what may become a skill, and how many. Begin with [DefaultRules].
type Rules struct {
	Support     int     // episodes for a skill less those against it that it needs, ≥ 1
	MaxGeneral  int     // active general skills of a suite that nobody pinned, ≥ 0
	MaxTask     int     // those of a category, ≥ 0; they are not counted among the general ones
	MaxMistakes int     // mistakes of a category, ≥ 0
	Threshold   float64 // a category is open for new skills if its success rate is below, in [0,1]
	MaxNew      int     // skills examined in one round, ≥ 1
	Lead        int     // held-out tasks by which an exam is decided before its end, ≥ 1
	Every       int     // episodes since the last round from which the next is due, ≥ 0
	_           struct{}
}

// DefaultRules are those of SkillRL (arXiv:2602.08234) where it has them: the
// threshold, 3 new skills in a round, and as many general skills as its bank for
// ALFWorld begins with. Unlike the paper, a skill needs support, each sort has a
// bound, since its bank only grows, and rounds are counted in episodes, not in
// steps of a trainer.
func DefaultRules() Rules {
	return Rules{Support: 3, MaxGeneral: 12, MaxTask: 6, MaxMistakes: 6, Threshold: 0.4, MaxNew: 3, Lead: 5, Every: 20}
}

// Validate names the first field that is out of its range.
func (r Rules) Validate() error {
	for _, f := range []struct {
		name         string
		value, least int
	}{
		{"Support", r.Support, 1}, {"MaxGeneral", r.MaxGeneral, 0}, {"MaxTask", r.MaxTask, 0},
		{"MaxMistakes", r.MaxMistakes, 0}, {"MaxNew", r.MaxNew, 1}, {"Lead", r.Lead, 1}, {"Every", r.Every, 0},
	} {
		if f.value < f.least {
			return fmt.Errorf("skills: Rules.%s is %d, must be at least %d", f.name, f.value, f.least)
		}
	}
	if !(r.Threshold >= 0 && r.Threshold <= 1) {
		return fmt.Errorf("skills: Rules.Threshold is %v, must be in [0,1]", r.Threshold)
	}
	return nil
}

package methods

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/surefoot-ai/surefoot/eval/puzzle"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/eval/stat"
	"github.com/surefoot-ai/surefoot/policy"
)

// stated is a domain whose answers say how sure they are.
type stated struct{ puzzle.Domain }

// Demonstrate implements puzzle.Domain. The confidence says nothing: it is any
// of the eleven, so that training has all of them to choose from.
func (d stated) Demonstrate(p puzzle.Problem, rng *rand.Rand) string {
	text, err := policy.Stated{Answer: d.Domain.Demonstrate(p, rng), Confidence: float64(rng.IntN(11)) / 10}.Text()
	if err != nil {
		panic("methods: internal error: " + err.Error()) // every problem drawn has an answer
	}
	return text
}

// Check implements puzzle.Domain: an answer that does not say how sure it is is
// malformed.
func (d stated) Check(p puzzle.Problem, text string) puzzle.Verdict {
	s, ok := policy.ParseStated(text)
	if !ok {
		return puzzle.Verdict{}
	}
	return d.Domain.Check(p, s.Answer)
}

// bins are those of the calibration error.
const bins = 10

// votes is how many answers vote.
const votes = 16

// Exam is how well answers and their stated confidence are.
type Exam struct {
	Predictions []stat.Prediction `json:"predictions"` // of all well-formed answers
	Attempts    int               `json:"attempts"`    // answers, malformed ones included
	Votes       [3]float64        `json:"votes"`       // accuracy of majority, weighted and most confident
}

// accuracy is the share of answers that are right.
func (e Exam) accuracy() float64 {
	n := 0
	for _, p := range e.Predictions {
		if p.Correct {
			n++
		}
	}
	return float64(n) / float64(max(e.Attempts, 1))
}

// calibration is expected calibration error, Brier score and AUROC; the last is
// 1/2, which says nothing, where all answers are right or all are wrong. There
// must be an answer that states a confidence.
func (e Exam) calibration() (ece, brier, auroc float64, err error) {
	if len(e.Predictions) == 0 {
		return 0, 0, 0, fmt.Errorf("none of %d answers states a confidence", e.Attempts)
	}
	if ece, err = stat.ECE(e.Predictions, bins); err != nil {
		return 0, 0, 0, err
	}
	if brier, err = stat.Brier(e.Predictions); err != nil {
		return 0, 0, 0, err
	}
	auroc = 0.5
	if a := e.accuracy(); a > 0 && a < float64(len(e.Predictions))/float64(e.Attempts) {
		auroc, err = stat.AUROC(e.Predictions)
	}
	return ece, brier, auroc, err
}

// examine lets lm answer test problems of a domain.
func (l *Lab) examine(ctx context.Context, lm *policy.LM, d puzzle.Domain) (Exam, error) {
	problems := d.Draw(puzzle.Test, 2*l.Scale.Problems, rand.New(rand.NewPCG(4, 4)))
	written, err := lm.Complete(ctx, prompts(problems), completing(votes, 1))
	if err != nil {
		return Exam{}, err
	}
	e := Exam{Attempts: votes * len(problems)}
	for i, p := range problems {
		var ballots []stat.Vote
		for _, c := range written[i] {
			s, ok := policy.ParseStated(c.Text)
			if !ok {
				continue
			}
			ballots = append(ballots, stat.Vote{Answer: s.Answer, Confidence: s.Confidence})
			e.Predictions = append(e.Predictions, stat.Prediction{Confidence: s.Confidence, Correct: d.Check(p, s.Answer).Correct})
		}
		if len(ballots) == 0 {
			continue
		}
		for v, vote := range []func([]stat.Vote) (string, error){stat.MajorityVote, stat.WeightedVote, stat.MaxConfidenceVote} {
			winner, err := vote(ballots)
			if err != nil {
				return e, err
			}
			if d.Check(p, winner).Correct {
				e.Votes[v] += 1 / float64(len(problems))
			}
		}
	}
	return e, nil
}

// taught is one run and its exams.
type taught struct {
	Curve Curve           `json:"curve"`
	Exams map[string]Exam `json:"exams"` // by domain
}

// calibrators are the two rewards that are compared; both train by GRPO without
// deviation and divergence, as the paper does.
func calibrators(d puzzle.Domain) []train {
	objective := func(float64) policy.Objective { return policy.DrGRPO(maxAnswer) }
	right := func(p puzzle.Problem) func(string) bool {
		return func(answer string) bool { return d.Check(p, answer).Correct }
	}
	return []train{
		{rival: rival{"rlvr", objective}, reward: func(p puzzle.Problem, text string) float64 {
			if (stated{d}).Check(p, text).Correct {
				return 1
			}
			return 0
		}},
		{rival: rival{"rlcr", objective}, reward: func(p puzzle.Problem, text string) float64 {
			return policy.CalibratedReward(text, right(p))
		}},
	}
}

// longRun is how many times longer than in other experiments both rewards train:
// a stated confidence begins as chance, and takes that long to settle.
const longRun = 3

// RLCR puts the claim of calibrated rewards to the test, on arithmetic chains and on
// facts of an invented world.
func (l *Lab) RLCR(ctx context.Context) (report.Study, error) {
	var all []calibrations
	for _, d := range []calibrated{chainsCalibrated(), l.factsCalibrated()} {
		c, err := l.calibrate(ctx, d)
		if err != nil {
			return report.Study{}, err
		}
		all = append(all, c)
	}
	return l.rlcrStudy(all)
}

// calibrate trains by both rewards in a domain, under every seed.
func (l *Lab) calibrate(ctx context.Context, d calibrated) (calibrations, error) {
	rewards := make([][]train, len(l.Seeds)) // of each seed, as a world may be its own
	for i, seed := range l.Seeds {
		domain, err := d.exams[0].domain(seed)
		if err != nil {
			return calibrations{}, err
		}
		rewards[i] = calibrators(domain)
		for m := range rewards[i] {
			r := &rewards[i][m]
			r.domain, r.name, r.begin, r.iterations, r.seed = stated{domain}, d.name, d.begin, longRun*l.Scale.Iterations, seed
		}
	}
	n := len(rewards[0])
	c := calibrations{calibrated: d, rates: make([]float64, n), runs: make([][]taught, n)}
	for m, r := range rewards[0] {
		c.names, c.runs[m] = append(c.names, r.rival.name), make([]taught, len(l.Seeds))
	}
	if err := l.Each(ctx, len(l.Seeds), func(ctx context.Context, i int) error {
		_, err := l.untaught(ctx, rewards[i][0])
		return err
	}); err != nil {
		return c, err
	}
	if err := l.Each(ctx, n, func(ctx context.Context, m int) (err error) {
		c.rates[m], err = l.tuned(ctx, rewards[0][m])
		return err
	}); err != nil {
		return c, err
	}
	return c, l.Each(ctx, n*len(l.Seeds), func(ctx context.Context, i int) (err error) {
		m, seed := i%n, i/n
		r := rewards[seed][m]
		r.rate = c.rates[m]
		c.runs[m][seed], err = l.teach(ctx, d, r)
		return err
	})
}

// teach trains and examines.
func (l *Lab) teach(ctx context.Context, d calibrated, r train) (taught, error) {
	return Once(l, fmt.Sprintf("exam/%s/%s-%g-%d", r.name, r.rival.name, r.rate, r.seed), func() (taught, error) {
		lm, curve, err := l.learn(ctx, r)
		if err != nil {
			return taught{}, err
		}
		t := taught{Curve: curve, Exams: map[string]Exam{}}
		for _, x := range d.exams {
			domain, err := x.domain(r.seed)
			if err != nil {
				return t, err
			}
			if t.Exams[x.name], err = l.examine(ctx, lm, domain); err != nil {
				return t, err
			}
		}
		return t, nil
	})
}

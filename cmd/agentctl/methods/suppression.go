package methods

import (
	"fmt"
	"math"
	"slices"

	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/eval/stat"
)

// confidence is that of all intervals.
const confidence = 0.95

// runs are the curves of methods on one domain: [method][seed].
type runs struct {
	names  []string
	rates  []float64
	curves [][]Curve
}

// of is the index of a method.
func (r runs) of(name string) int { return slices.Index(r.names, name) }

// passAt is pass@k of a point.
func (p Point) passAt(k int) (float64, error) {
	curve, err := stat.PassCurve(p.Test.Attempts, p.Test.Right)
	if err != nil {
		return 0, err
	}
	return curve[k-1], nil
}

// ks are 1, 2, 4 and so on up to n.
func ks(n int) []int {
	var out []int
	for k := 1; k <= n; k *= 2 {
		out = append(out, k)
	}
	return out
}

// curve is a run as points of pass@1 and pass@k.
func (c Curve) curve(k int) ([]stat.CurvePoint, error) {
	out := make([]stat.CurvePoint, len(c.Points))
	for i, p := range c.Points {
		v, err := p.passAt(k)
		if err != nil {
			return nil, err
		}
		out[i] = stat.CurvePoint{Match: p.Test.share(), Value: v}
	}
	return out, nil
}

// best is the highest pass@1 that a run reaches.
func (c Curve) best() float64 {
	best := 0.0
	for _, p := range c.Points {
		best = max(best, p.Test.share())
	}
	return best
}

// level is the highest pass@1 that all methods reach under a seed: where they
// are compared.
func (r runs) level(seed int) float64 {
	level := math.Inf(1)
	for m := range r.curves {
		level = min(level, r.curves[m][seed].best())
	}
	return level
}

// matched is a method's pass@k at the level of each seed.
func (r runs) matched(method, k int) ([]float64, error) {
	out := make([]float64, len(r.curves[method]))
	for seed, c := range r.curves[method] {
		points, err := c.curve(k)
		if err != nil {
			return nil, err
		}
		if out[seed], err = stat.AtMatch(points, r.level(seed)); err != nil {
			return nil, fmt.Errorf("%s, seed %d: %w", r.names[method], seed, err)
		}
	}
	return out, nil
}

// matchedInterval is the mean of matched over seeds.
func (r runs) matchedInterval(method, k int) (report.Interval, error) {
	values, err := r.matched(method, k)
	if err != nil {
		return report.Interval{}, err
	}
	return interval(values)
}

// last is a number of the last point of each of a method's runs.
func (r runs) last(method int, of func(Point) float64) []float64 {
	out := make([]float64, len(r.curves[method]))
	for seed, c := range r.curves[method] {
		out[seed] = of(c.Points[len(c.Points)-1])
	}
	return out
}

// first is pass@k of the base model of each seed.
func (r runs) first(k int) ([]float64, error) {
	out := make([]float64, len(r.curves[0]))
	for seed, c := range r.curves[0] {
		v, err := c.Points[0].passAt(k)
		if err != nil {
			return nil, err
		}
		out[seed] = v
	}
	return out, nil
}

// interval is the mean over seeds; of one seed it has no width.
func interval(values []float64) (report.Interval, error) {
	if len(values) == 1 {
		return report.Interval{Estimate: values[0], Low: values[0], High: values[0]}, nil
	}
	iv, err := stat.SeedMean(values, confidence)
	return report.Interval{Estimate: iv.Estimate, Low: iv.Low, High: iv.High}, err
}

// shares goes on with a row of a table: the mean over seeds of each column.
func shares(row []report.Cell, columns ...[]float64) ([]report.Cell, error) {
	for _, values := range columns {
		iv, err := interval(values)
		if err != nil {
			return nil, err
		}
		row = append(row, report.ShareCell(iv, 1))
	}
	return row, nil
}

// series is a number of each point of curves, one a seed, as training goes on.
func series(name string, curves []Curve, of func(Point) float64) (report.LineSeries, error) {
	s := report.LineSeries{Name: name}
	for i, p := range curves[0].Points {
		values := make([]float64, len(curves))
		for seed, c := range curves {
			values[seed] = of(c.Points[i])
		}
		iv, err := interval(values)
		if err != nil {
			return s, err
		}
		s.X, s.Y = append(s.X, float64(p.Iteration)), append(s.Y, iv)
	}
	return s, nil
}

// lead is the mean of a-b over seeds; ok is false with too few seeds for an
// interval.
func lead(a, b []float64) (iv stat.Interval, ok bool, err error) {
	if len(a) < 2 {
		return stat.Interval{}, false, nil
	}
	iv, err = stat.SeedDifference(a, b, confidence)
	return iv, err == nil, err
}

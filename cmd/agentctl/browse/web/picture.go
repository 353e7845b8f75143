package web

import (
	"bytes"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/eval/report"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// draw makes a picture of a line plot.
func draw(id, title, text string, p report.LinePlot) (picture, error) {
	f := report.Figure{ID: id, Title: title, Text: text, Lines: &p}
	var b bytes.Buffer
	if err := f.Inline(&b); err != nil {
		return picture{}, err
	}
	// The report's own html/template has escaped what is in it.
	return picture{Title: title, SVG: template.HTML(b.String())}, nil
}

// successPicture draws how success went in the largest of so many groups.
func successPicture(by browse.Grouping, curves []browse.Curve, groups int) (picture, error) {
	id, title := "all", "Success over all recorded episodes"
	if by != browse.Together {
		id, title = string(by), "Success over recorded episodes, by "+string(by)
	}
	p := report.LinePlot{
		X: report.Axis{Name: "episodes of the group until then"},
		Y: report.Axis{Name: "share of successes in a run of episodes", Percent: true},
	}
	var said []string
	for _, c := range curves {
		line := report.LineSeries{Name: fmt.Sprintf("%s (%d)", c.Name, c.Episodes)}
		for _, x := range c.Points {
			line.X = append(line.X, float64(x.Recorded))
			line.Y = append(line.Y, report.Interval(x.Success))
		}
		p.Series = append(p.Series, line)
		first, last := c.Points[0].Success.Estimate, c.Points[len(c.Points)-1].Success.Estimate
		said = append(said, fmt.Sprintf("%s: %.1f%% at first, %.1f%% in the end, of %d episodes", c.Name, 100*first, 100*last, c.Episodes))
	}
	pic, err := draw("success-"+id, title, strings.Join(said, "; ")+".", p)
	if groups > len(curves) {
		pic.Note = fmt.Sprintf("The %d largest of %d groups.", len(curves), groups)
	}
	return pic, err
}

// versionsBody is the page of versions.
type versionsBody struct {
	Scores []picture // one, or none if no version was scored
	Head   []string
	Rows   [][]string
}

// maxScores is how many scores are drawn.
const maxScores = 6

func newVersionsBody(all []versions.Version) (versionsBody, error) {
	b := versionsBody{Head: []string{"version", "number", "state", "parent", "objective", "episodes", "scores before", "after"}}
	names := map[string]bool{}
	for _, v := range all {
		state := string(v.State)
		if v.Current {
			state += ", current"
		}
		b.Rows = append(b.Rows, []string{
			v.Version, strconv.Itoa(v.Number), state, v.Parent, browse.Line(v.Objective), strconv.Itoa(v.Data.Episodes), scores(v.Before), scores(v.After),
		})
		for name := range v.After {
			names[name] = true
		}
	}
	sorted := slices.Sorted(maps.Keys(names))
	if len(sorted) == 0 {
		return b, nil
	}
	drawn := sorted[:min(len(sorted), maxScores)]
	p := report.LinePlot{X: report.Axis{Name: "number of the version"}, Y: report.Axis{Name: "score on held-out tasks", Percent: true}}
	var said []string
	for _, name := range drawn {
		line := report.LineSeries{Name: browse.Line(name)}
		for _, v := range all {
			if x, ok := v.After[name]; ok {
				line.X = append(line.X, float64(v.Number))
				line.Y = append(line.Y, report.Interval{Estimate: x, Low: x, High: x})
			}
		}
		p.Series = append(p.Series, line)
		said = append(said, fmt.Sprintf("%s: %.1f%% in the end", line.Name, 100*line.Y[len(line.Y)-1].Estimate))
	}
	pic, err := draw("scores", "Held-out scores of policy versions", strings.Join(said, "; ")+".", p)
	pic.Note = "A version keeps its scores, not the number of tasks behind them: there are no intervals."
	if len(drawn) < len(sorted) {
		pic.Note += fmt.Sprintf(" The first %d of %d scores by name.", len(drawn), len(sorted))
	}
	b.Scores = []picture{pic}
	return b, err
}

// scores are shares in percent, by name.
func scores(s map[string]float64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, fmt.Sprintf("%s %.1f%%", browse.Line(name), 100*s[name]))
	}
	return strings.Join(parts, ", ")
}

package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// study has every kind of table cell and of figure.
func study() report.Study {
	var pass, flat report.LineSeries
	pass.Name, flat.Name = "NSR, our run", "GRPO"
	for k, y := 1, 0.2; k <= 256; k, y = 2*k, y+0.08 {
		pass.X, flat.X = append(pass.X, float64(k)), append(flat.X, float64(k))
		pass.Y, flat.Y = append(pass.Y, around(y)), append(flat.Y, report.Interval{Estimate: 0.5, Low: 0.5, High: 0.5})
	}
	entropy := report.LineSeries{Name: "NSR"}
	for u := range 101 {
		v := 1.9 * math.Exp(-float64(u)/80)
		entropy.X, entropy.Y = append(entropy.X, float64(u)), append(entropy.Y, report.Interval{Estimate: v, Low: v - 0.1, High: v + 0.2})
	}
	var bins []report.ReliabilityBin
	for i := range 10 {
		lo := float64(i) / 10
		bins = append(bins, report.ReliabilityBin{Low: lo, High: float64(i+1) / 10, Confidence: lo + 0.05, Accuracy: lo * lo, Count: 37 * (i % 4)})
	}
	sure := []report.ReliabilityBin{{Low: 0, High: 0.5}, {Low: 0.5, High: 1, Confidence: 1, Accuracy: 0.4, Count: 12345}}
	ours, paper := around(0.621), 0.637
	return report.Study{
		Method: "NSR", Title: "suppression alone", Claim: "Suppression alone matches GRPO at pass@1 and is ahead at large k.",
		Decision: "pass@256 at matched pass@1 (± 1 point), 95% intervals over seeds", Verdict: report.DoesNotHold,
		Summary: []string{"At pass@1 0.30, pass@256 is 84.0% [77.0, 90.0] against 50.0%.", "Entropy falls by 1.4 nats."},
		Tables: []report.Table{{
			Title: "pass@k, ours and the paper's", Columns: []string{"method", "pass@1, ours", "pass@1, paper", "nats"},
			Rows: [][]report.Cell{
				{report.TextCell("NSR"), report.ShareCell(ours, 1), report.NumberCell(paper, 3), report.IntervalCell(report.Interval{Estimate: -0.004, Low: -1, High: 0.5}, 2)},
				{report.TextCell("GRPO | λ_1"), {}, report.NumberCell(0, 0), report.NumberCell(12.5, 2)},
			},
			Notes: []string{"The paper's are of a model of 7B parameters."},
		}},
		Figures: []report.Figure{
			{ID: "pass-at-k", Title: "pass@k", Text: "NSR rises with k, GRPO does not.", Lines: &report.LinePlot{
				X: report.Axis{Name: "k", Log2: true}, Y: report.Axis{Name: "pass@k", Percent: true}, Series: []report.LineSeries{pass, flat}}},
			{ID: "entropy", Title: "Entropy", Text: "It falls.", Lines: &report.LinePlot{
				X: report.Axis{Name: "updates"}, Y: report.Axis{Name: "entropy, nats"}, Series: []report.LineSeries{entropy}}},
			{ID: "reliability", Title: "Reliability", Text: "RLVR is surer than right.", Reliable: &report.Reliability{
				Panels: []report.ReliabilityPanel{{Name: "RLCR", Bins: bins}, {Name: "RLVR", Bins: sure}}}},
			{ID: "transfer", Title: "Transfer", Text: "Chains help countdowns.", Heat: &report.HeatMap{
				RowAxis: "trained on", ColumnAxis: "tested on", Rows: []string{"chains", "countdown"}, Columns: []string{"chains", "countdown", "facts"},
				Values: [][]float64{{0.31, 0.12, -0.004}, {0, 0.25, -0.2}}, Digits: 2}},
			{ID: "bars", Title: "By task", Text: "The same everywhere.", Bars: &report.BarPlot{
				Y: report.Axis{Name: "solved", Percent: true}, Groups: []string{"chains", "a name that is longer than its place in the picture", "c", "d"},
				Series: []report.BarSeries{
					{Name: "SFT", Values: []report.Interval{around(0.2), around(0.4), around(0.6), {}}},
					{Name: "RLAG", Values: []report.Interval{around(0.5), {Estimate: -0.1, Low: -0.2}, around(0.7), around(0.9)}}}}},
		},
		Settings: []report.Setting{{Name: "learning rate", Grid: []string{"1e-4", "3e-4"}, Chosen: "3e-4"}, {Name: "λ", Chosen: "0.1"}},
		Meta:     report.StudyMeta{Seeds: []uint64{1, 2, 3, 4, 5}, Commit: "2cafcce0d5f1", Machine: "2 cores", Seconds: 1234.56},
	}
}

// bareStudy says only what a study must.
func bareStudy() report.Study {
	return report.Study{Method: "RLCR", Title: "calibration", Claim: "It knows what it knows.", Decision: "by ECE", Verdict: report.NotDecided}
}

// hostileStudy has names that try to break a page, a table or a terminal, and
// numbers at the ends of what is allowed.
func hostileStudy() report.Study {
	const bad = "</title></style><script>alert(1)</script>\x1b[2J\n| \"'&<>{{.}}]]>"
	s := study()
	s.Method, s.Title, s.Claim, s.Decision = bad, bad, bad, bad
	s.Summary, s.Meta.Commit, s.Meta.Machine = []string{bad}, bad, bad
	s.Tables[0].Title, s.Tables[0].Columns[1], s.Tables[0].Rows[0][0].Text, s.Tables[0].Notes = bad, bad, bad, []string{bad}
	s.Settings[0] = report.Setting{Name: bad, Grid: []string{bad}, Chosen: bad}
	for i := range s.Figures {
		s.Figures[i].Title, s.Figures[i].Text = bad, bad
	}
	one := func(x, y float64) report.LineSeries {
		return report.LineSeries{Name: bad, X: []float64{x}, Y: []report.Interval{{Estimate: y, Low: -1e12, High: 1e12}}}
	}
	s.Figures[0].Lines.Series = []report.LineSeries{one(1e-12, 0), one(1e12, -1e12)}
	s.Figures[1].Lines = &report.LinePlot{X: report.Axis{Name: bad}, Y: report.Axis{Name: bad}, Series: []report.LineSeries{{
		Name: bad, X: []float64{1e12 - 1e-4, 1e12}, Y: []report.Interval{{Estimate: 1e-300, Low: 1e-300, High: 1e-300}, {Estimate: 1e-300, Low: 1e-300, High: 1e-300}},
	}}}
	s.Figures[2].Reliable.Panels[0].Name = bad
	s.Figures[3].Heat = &report.HeatMap{RowAxis: bad, ColumnAxis: bad, Rows: []string{bad}, Columns: []string{bad}, Values: [][]float64{{math.SmallestNonzeroFloat64}}}
	s.Figures[4].Bars = &report.BarPlot{Y: report.Axis{Name: bad}, Groups: []string{bad}, Series: []report.BarSeries{{Name: bad, Values: []report.Interval{{}}}}}
	return s
}

func renderStudies(t *testing.T, f func(io.Writer, []report.Study) error, studies ...report.Study) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b, studies); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func svgFile(t *testing.T, f report.Figure) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.SVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestInline holds that a page of one's own gets the pictures and the style of
// the page of studies.
func TestInline(t *testing.T) {
	page := renderStudies(t, report.StudiesHTML, study())
	var style bytes.Buffer
	if err := report.Stylesheet(&style); err != nil || style.Len() == 0 || !bytes.Contains(page, style.Bytes()) {
		t.Errorf("%v; the page of studies has not the style\n%s", err, style.Bytes())
	}
	for _, f := range study().Figures {
		f.ID = "study-1-" + f.ID
		var b bytes.Buffer
		if err := f.Inline(&b); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("<svg ")) || !bytes.Contains(page, b.Bytes()) {
			t.Errorf("%s: %v; the page of studies does not have\n%s", f.ID, err, b.Bytes())
		}
	}
	if err := (&report.Figure{ID: "f"}).Inline(io.Discard); err == nil {
		t.Error("a figure without a plot is drawn")
	}
}

// golden compares got to the file of testdata, or writes it.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s; look at the difference, then go test -update", path)
	}
}

func TestStudyGolden(t *testing.T) {
	golden(t, "studies.txt", renderStudies(t, report.StudiesText, study(), bareStudy()))
	golden(t, "studies.html", renderStudies(t, report.StudiesHTML, study(), bareStudy()))
	golden(t, "studies.json", renderStudies(t, report.StudiesJSON, study(), bareStudy()))
	var b bytes.Buffer
	s := study()
	if err := report.StudyMarkdown(&b, &s); err != nil {
		t.Fatal(err)
	}
	golden(t, "study.md", b.Bytes())
	for _, f := range study().Figures {
		golden(t, f.ID+".svg", svgFile(t, f))
	}
}

func TestStudiesReadBack(t *testing.T) {
	want := []report.Study{study(), bareStudy()}
	var got []report.Study
	if err := json.Unmarshal(renderStudies(t, report.StudiesJSON, want...), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, want %+v", got, want)
	}
}

// Each picture is well-formed XML without a number that is none; each file names
// itself and has a ground.
func TestStudyPictures(t *testing.T) {
	for name, s := range map[string]report.Study{"study": study(), "hostile": hostileStudy()} {
		html := renderStudies(t, report.StudiesHTML, s, bareStudy())
		pictures := svgs.FindAll(html, -1)
		if len(pictures) != len(s.Figures) {
			t.Errorf("%s: %d pictures, want %d", name, len(pictures), len(s.Figures))
		}
		for _, f := range s.Figures {
			file := svgFile(t, f)
			if !bytes.Contains(file, []byte(`<title id="`+f.ID+`-title">`)) || !bytes.Contains(file, []byte(`class="sheet"`)) {
				t.Errorf("%s: no title or no ground in %.400s", name, file)
			}
			pictures = append(pictures, file)
		}
		for _, p := range pictures {
			checkXML(t, name, p)
			for _, bad := range []string{"NaN", "Inf", "ZgotmplZ"} {
				if bytes.Contains(p, []byte(bad)) {
					t.Errorf("%s: %s in %s", name, bad, p)
				}
			}
			inFrame(t, name, string(p))
		}
		if n, ids := 0, map[string]bool{}; true {
			for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllSubmatch(html, -1) {
				n, ids[string(m[1])] = n+1, true
			}
			if n != len(ids) {
				t.Errorf("%s: %d elements have %d IDs", name, n, len(ids))
			}
		}
	}
}

var (
	frame  = regexp.MustCompile(`viewBox="(-?[\d.]+) (-?[\d.]+) ([\d.]+) ([\d.]+)"`)
	places = regexp.MustCompile(`[ML](-?[\d.]+),(-?[\d.]+)`)
	texts  = regexp.MustCompile(`<text[^>]* x="(-?[\d.]+)" y="(-?[\d.]+)"`)
)

// inFrame checks that all that is drawn, and all texts' beginnings, lie in the
// picture.
func inFrame(t *testing.T, name, picture string) {
	t.Helper()
	var box [4]float64
	for i, s := range frame.FindStringSubmatch(picture)[1:] {
		box[i] = parse(t, s)
	}
	points := append(places.FindAllStringSubmatch(picture, -1), texts.FindAllStringSubmatch(picture, -1)...)
	if len(points) < 10 {
		t.Errorf("%s: only %d points", name, len(points))
	}
	for _, m := range points {
		x, y := parse(t, m[1])-box[0], parse(t, m[2])-box[1]
		if x < 0 || x > box[2] || y < 0 || y > box[3] {
			t.Errorf("%s: %s is outside of %v", name, m[0], box)
		}
	}
}

func parse(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// One value makes a logarithmic axis, and nothing but zeros has no colour.
func TestPlotsOfOneValue(t *testing.T) {
	one := []report.LineSeries{{Name: "s", X: []float64{4}, Y: []report.Interval{around(0.5)}}}
	line := svgFile(t, report.Figure{ID: "f", Title: "t", Text: "t", Lines: &report.LinePlot{X: report.Axis{Name: "k", Log2: true}, Series: one}})
	if bytes.Contains(line, []byte("NaN")) || bytes.Contains(line, []byte("Inf")) {
		t.Errorf("not a number in %s", line)
	}
	heat := svgFile(t, report.Figure{ID: "f", Title: "t", Text: "t", Heat: &report.HeatMap{Rows: []string{"a"}, Columns: []string{"b"}, Values: [][]float64{{0}}}})
	if !bytes.Contains(heat, []byte(`"plus o0" d="M201,`)) {
		t.Errorf("the cell is not without colour in %s", heat)
	}
}

// Series are told apart without colour: by shape, and curves by their dashes.
func TestSeriesDifferWithoutColour(t *testing.T) {
	p := &report.LinePlot{X: report.Axis{Name: "x"}, Y: report.Axis{Name: "y"}}
	for i := range 5 {
		p.Series = append(p.Series, report.LineSeries{Name: strings.Repeat("n", i+1), X: []float64{1}, Y: []report.Interval{around(0.5)}})
	}
	picture := string(svgFile(t, report.Figure{ID: "f", Title: "t", Text: "t", Lines: p}))
	for i := range 5 {
		if !strings.Contains(picture, "d"+strconv.Itoa(i)+" curve") {
			t.Errorf("no curve with dashes %d", i)
		}
		if !strings.Contains(picture, ">"+strings.Repeat("n", i+1)+"</text>") {
			t.Errorf("series %d is not named", i)
		}
	}
	shapes := map[string]bool{}
	for _, m := range regexp.MustCompile(`mark" d="[^"]*"`).FindAllString(picture, -1) {
		shapes[places.ReplaceAllString(m, "")+strconv.Itoa(strings.Count(m, "L"))+m[:20]] = true
	}
	if len(shapes) < 5 {
		t.Errorf("%d shapes of marks, want 5", len(shapes))
	}
}

func TestStudiesAreSelfContained(t *testing.T) {
	html := string(renderStudies(t, report.StudiesHTML, hostileStudy(), bareStudy()))
	for _, bad := range []string{"<script", "<link", "<img", "src=", "@import", "url(", `href="h`, "\x1b"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"does not hold", "not decided", `href="#study-2"`, `id="study-2"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var md bytes.Buffer
	s := hostileStudy()
	if err := report.StudyMarkdown(&md, &s); err != nil {
		t.Fatal(err)
	}
	text := renderStudies(t, report.StudiesText, hostileStudy(), bareStudy())
	for _, line := range strings.Split(string(text)+md.String(), "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) || strings.TrimRight(line, " ") != line {
			t.Errorf("control character or space at the end in %q", line)
		}
	}
	for _, bad := range []string{"<", "[2J", "{{.}}]]"} {
		if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(md.String(), `\[`, ""), `\]`, ""), bad) {
			t.Errorf("the Markdown contains %q", bad)
		}
	}
}

// A study that cannot be shown is refused by all renderers, naming the place.
func TestStudyIsRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for want, spoil := range map[string]func(s *report.Study){
		"study without a method":                  func(s *report.Study) { s.Method = "" },
		`study "NSR": no title`:                   func(s *report.Study) { s.Title = "" },
		"no claim":                                func(s *report.Study) { s.Claim = "" },
		"no decision":                             func(s *report.Study) { s.Decision = "" },
		`verdict "maybe"`:                         func(s *report.Study) { s.Verdict = "maybe" },
		"NaN seconds":                             func(s *report.Study) { s.Meta.Seconds = nan },
		"-1 seconds":                              func(s *report.Study) { s.Meta.Seconds = -1 },
		"0 rows: nothing to show":                 func(s *report.Study) { s.Tables[0].Rows = nil },
		"row 1 has 3 cells, want 4":               func(s *report.Study) { s.Tables[0].Rows[0] = s.Tables[0].Rows[0][1:] },
		"both a text and a number":                func(s *report.Study) { s.Tables[0].Rows[0][1].Text = "x" },
		`row 2, column "pass@1, paper": {NaN NaN`: func(s *report.Study) { s.Tables[0].Rows[1][2] = report.NumberCell(nan, 1) },
		`column "nats": {1 2 3}`: func(s *report.Study) {
			s.Tables[0].Rows[1][3] = report.IntervalCell(report.Interval{Estimate: 1, Low: 2, High: 3}, 1)
		},
		"10 digits":                                 func(s *report.Study) { s.Tables[0].Rows[1][3].Digits = 10 },
		`ID "a b"`:                                  func(s *report.Study) { s.Figures[0].ID = "a b" },
		`ID "entropy" twice`:                        func(s *report.Study) { s.Figures[0].ID = "entropy" },
		"text \"\": want both":                      func(s *report.Study) { s.Figures[0].Text = "" },
		"0 plots, want 1":                           func(s *report.Study) { s.Figures[0].Lines = nil },
		"2 plots, want 1":                           func(s *report.Study) { s.Figures[0].Heat = s.Figures[3].Heat },
		"0 series, want 1 to 30":                    func(s *report.Study) { s.Figures[0].Lines.Series = nil },
		"Y axis is logarithmic":                     func(s *report.Study) { s.Figures[0].Lines.Y.Log2 = true },
		`figure 1 "pass-at-k": series "GRPO": 9 va`: func(s *report.Study) { s.Figures[0].Lines.Series[1].Y = nil },
		`series "GRPO", point 1: X is 0`:            func(s *report.Study) { s.Figures[0].Lines.Series[1].X[0] = 0 },
		`point 2: X is 1`:                           func(s *report.Study) { s.Figures[0].Lines.Series[1].X[1] = 1 },
		`point 9: X is +Inf`:                        func(s *report.Study) { s.Figures[0].Lines.Series[1].X[8] = inf },
		`point 2: Y is {NaN`:                        func(s *report.Study) { s.Figures[0].Lines.Series[1].Y[1].Estimate = nan },
		`point 3: Y is {0.5 -1e+13`:                 func(s *report.Study) { s.Figures[0].Lines.Series[1].Y[2].Low = -1e13 },
		"0 panels":                                  func(s *report.Study) { s.Figures[2].Reliable.Panels = nil },
		`panel "RLVR": no answers`:                  func(s *report.Study) { s.Figures[2].Reliable.Panels[1].Bins[1].Count = 0 },
		`panel "RLVR", bin 2`:                       func(s *report.Study) { s.Figures[2].Reliable.Panels[1].Bins[1].Accuracy = nan },
		"0 rows, 3 columns":                         func(s *report.Study) { s.Figures[3].Heat.Rows = nil },
		`row "chains" has 2 values, want 3`:         func(s *report.Study) { s.Figures[3].Heat.Values[0] = []float64{1, 2} },
		`row "countdown", column "chains" is NaN`:   func(s *report.Study) { s.Figures[3].Heat.Values[1][0] = nan },
		"-1 digits":                                 func(s *report.Study) { s.Figures[3].Heat.Digits = -1 },
		"2 series of 0 groups":                      func(s *report.Study) { s.Figures[4].Bars.Groups = nil },
		`series "SFT" has 1 values, want 4`:         func(s *report.Study) { s.Figures[4].Bars.Series[0].Values = s.Figures[4].Bars.Series[0].Values[:1] },
		`series "SFT", group "d": {0 0 +Inf}`:       func(s *report.Study) { s.Figures[4].Bars.Series[0].Values[3].High = inf },
		`setting 2: name ""`:                        func(s *report.Study) { s.Settings[1].Name = "" },
	} {
		s := study()
		spoil(&s)
		for name, f := range map[string]func(io.Writer, []report.Study) error{
			"text": report.StudiesText, "html": report.StudiesHTML, "json": report.StudiesJSON,
			"md": func(w io.Writer, s []report.Study) error { return report.StudyMarkdown(w, &s[0]) },
		} {
			var b bytes.Buffer
			if err := f(&b, []report.Study{s}); err == nil || !strings.Contains(err.Error(), want) || b.Len() > 0 {
				t.Errorf("%s: %d bytes, error is %v, want %q", name, b.Len(), err, want)
			}
		}
	}
	for name, f := range map[string]func(io.Writer, []report.Study) error{"text": report.StudiesText, "html": report.StudiesHTML, "json": report.StudiesJSON} {
		if err := f(io.Discard, nil); err == nil || !strings.Contains(err.Error(), "no studies") {
			t.Errorf("%s of nothing: error is %v", name, err)
		}
		if err := f(io.Discard, []report.Study{bareStudy(), bareStudy()}); err == nil || !strings.Contains(err.Error(), `two studies of "RLCR"`) {
			t.Errorf("%s of a study twice: error is %v", name, err)
		}
		if err := f(fullDisk{}, []report.Study{study()}); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s on a full disk: error is %v", name, err)
		}
	}
	f := study().Figures[0]
	if err := f.SVG(fullDisk{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("picture on a full disk: error is %v", err)
	}
	f.Lines = nil
	if err := f.SVG(io.Discard); err == nil || !strings.Contains(err.Error(), `figure "pass-at-k": 0 plots`) {
		t.Errorf("picture of nothing: error is %v", err)
	}
}

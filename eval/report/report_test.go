package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/eval/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

func around(x float64) report.Interval {
	return report.Interval{Estimate: x, Low: max(0, x-0.07), High: min(1, x+0.06)}
}

// full is a result like those of a real run: four conditions, three trials, six
// kinds.
func full() *report.Result {
	r := &report.Result{
		Suite:         "household",
		Policy:        "household-3.1M-step4200",
		Tasks:         120,
		Seeds:         []uint64{1, 2, 3, 4, 5, 9},
		Trials:        3,
		ContextTokens: 1024,
		Budget:        agent.Budget{Steps: 50, Wall: 30 * time.Second},
		Meta: map[string]string{
			"commit": "2cafcce0d5f1", "config.data": "generated, seed 7", "config.workers": "2",
			"command": "agentctl eval --suite household --trials 3",
		},
		Confidence: 0.95,
		Resamples:  10000,
		Warnings:   []string{"episodes end after 30s of real time: the result depends on the machine"},
		Timing: report.Timing{Notes: []string{
			"episodes.jsonl: the last line was torn after 812 bytes; its episode is played again",
		}},
	}
	for i, name := range []string{"no memory", "uniform verbatim", "uniform abstract", "asymmetric"} {
		c := report.Condition{Name: name}
		for t := range 3 {
			c.Trials = append(c.Trials, trial(i, t))
		}
		r.Conditions = append(r.Conditions, c)
		r.Timing.Conditions = append(r.Timing.Conditions, report.ConditionTiming{Name: name, PlaySeconds: 11.04 + 3*float64(i)})
	}
	return r
}

// trial is where the ith condition stands after trial t, t from 0.
func trial(i, t int) report.Trial {
	base := 0.41 + 0.08*float64(t)
	x := base + 0.045*float64(t)*float64(i)
	row := report.Trial{
		Number: t + 1, Attempts: 720, Solved: int(720 * x), Success: around(x), Clustered: around(x),
		Episodes: 720 + 400*t, MeanSteps: 21.4 - float64(i+t), MeanContextTokens: float64(i*(5-i)) * 61.5 * float64(t),
		Retries: 400 * t, RetryContextTokens: float64(i) * 205 * float64(min(t, 1)), Tokens: 720*400 + 150_000*t,
	}
	for k, kind := range []string{"clean then place", "cool then place", "examine in light", "heat then place", "pick and place", "pick two objects and place them in the fridge"} {
		row.Kinds = append(row.Kinds, report.Kind{Name: kind, Tasks: 20, Attempts: 120, Solved: 7 * k, Success: around(min(1, x*(0.5+0.2*float64(k))))})
	}
	if i > 0 {
		row.Difference = &report.Difference{
			Success: around(x - base), BetterOn: 31 * i, WorseOn: 9, SignTestP: []float64{0, 0.0412, 1e-9, 0.00031}[i], OnlyHere: 80, OnlyThere: 11, TokenRatio: 1.1,
		}
		row.Difference.Success.Low = x - base - 0.07
	}
	return row
}

// plain is the least a run can be: one condition, one trial, one kind.
func plain() *report.Result {
	r := full()
	r.Trials, r.Seeds, r.Warnings, r.Timing, r.Meta = 1, r.Seeds[:1], nil, report.Timing{}, nil
	r.Budget = agent.Budget{}
	r.Conditions = r.Conditions[:1]
	r.Conditions[0].Trials = r.Conditions[0].Trials[:1]
	row := &r.Conditions[0].Trials[0]
	row.Kinds = row.Kinds[:1]
	return r
}

// hostile has markup and control characters wherever there is text.
func hostile() *report.Result {
	const bad = `</title><script>alert("x")</script>&amp;'"` + "\x1b[31m\n{{.}}"
	r := full()
	r.Suite, r.Policy, r.Warnings, r.Timing.Notes = bad, bad, []string{bad}, []string{bad}
	r.Meta = map[string]string{bad: bad}
	for i := range r.Conditions {
		c := &r.Conditions[i]
		c.Name = fmt.Sprint(i, bad)
		for t := range c.Trials {
			for k := range c.Trials[t].Kinds {
				c.Trials[t].Kinds[k].Name = bad
			}
		}
	}
	return r
}

func render(t *testing.T, f func(io.Writer, *report.Result) error, r *report.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, tc := range []struct {
		file string
		f    func(io.Writer, *report.Result) error
		r    *report.Result
	}{
		{"full.txt", report.Text, full()},
		{"full.json", report.JSON, full()},
		{"full.html", report.HTML, full()},
		{"plain.txt", report.Text, plain()},
		{"plain.html", report.HTML, plain()},
	} {
		t.Run(tc.file, func(t *testing.T) {
			got := render(t, tc.f, tc.r)
			if again := render(t, tc.f, tc.r); !bytes.Equal(got, again) {
				t.Error("two renderings differ")
			}
			path := filepath.Join("testdata", tc.file)
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
		})
	}
}

func TestJSONReadsBack(t *testing.T) {
	want := full()
	var got report.Result
	if err := json.Unmarshal(render(t, report.JSON, want), &got); err != nil {
		t.Fatal(err)
	}
	want.Timing = report.Timing{}
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("read back %+v, want %+v", got, *want)
	}
	// A Result read back still makes a report.
	if text := render(t, report.Text, &got); !bytes.Contains(text, []byte("asymmetric")) {
		t.Errorf("no condition in\n%s", text)
	}
}

var svgs = regexp.MustCompile(`(?s)<svg.*?</svg>`)

func TestPicturesAreWellFormed(t *testing.T) {
	for name, r := range map[string]*report.Result{"full": full(), "plain": plain(), "hostile": hostile(), "zero": zero()} {
		html := render(t, report.HTML, r)
		pictures := svgs.FindAll(html, -1)
		if len(pictures) < 2 {
			t.Errorf("%s: %d pictures", name, len(pictures))
		}
		for _, p := range pictures {
			checkXML(t, name, p)
			for _, bad := range []string{"NaN", "Inf"} {
				if bytes.Contains(p, []byte(bad)) {
					t.Errorf("%s: %s in %s", name, bad, p)
				}
			}
		}
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllSubmatch(html, -1) {
			if ids[string(m[1])] {
				t.Errorf("%s: id %q twice", name, m[1])
			}
			ids[string(m[1])] = true
		}
		for _, m := range regexp.MustCompile(`aria-labelledby="([^"]*)"`).FindAllSubmatch(html, -1) {
			for _, id := range strings.Fields(string(m[1])) {
				if !ids[id] {
					t.Errorf("%s: no element with id %q", name, id)
				}
			}
		}
	}
}

// zero is a run in which nothing was ever solved and nothing recalled.
func zero() *report.Result {
	r := full()
	for _, c := range r.Conditions {
		for i := range c.Trials {
			t := &c.Trials[i]
			t.Success, t.MeanContextTokens = report.Interval{}, 0
			if t.Difference != nil {
				t.Difference.Success = report.Interval{}
			}
		}
	}
	return r
}

func checkXML(t *testing.T, name string, p []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(p))
	d.Strict = true
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v in\n%.300s", name, err, p)
			return
		}
	}
}

func TestNothingFromOutside(t *testing.T) {
	for name, r := range map[string]*report.Result{"full": full(), "hostile": hostile()} {
		html := string(render(t, report.HTML, r))
		for _, bad := range []string{"<script", "<link", "<img", "src=", "href=", "@import", "url("} {
			if strings.Contains(html, bad) {
				t.Errorf("%s: the page contains %q", name, bad)
			}
		}
		if n := strings.Count(html, "http"); n != strings.Count(html, `xmlns="http://www.w3.org/2000/svg"`)+strings.Count(html, "http-equiv") {
			t.Errorf("%s: the page names an address", name)
		}
	}
}

// What a name contains must not move a terminal's cursor, or break the table.
func TestTextIsOneLineARow(t *testing.T) {
	text := render(t, report.Text, hostile())
	for _, line := range strings.Split(string(text), "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("control character in %q", line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("space at the end of %q", line)
		}
	}
	if got, want := bytes.Count(text, []byte("\n")), bytes.Count(render(t, report.Text, full()), []byte("\n")); got != want {
		t.Errorf("%d lines, want %d:\n%s", got, want, text)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorIsReturned(t *testing.T) {
	for name, f := range map[string]func(io.Writer, *report.Result) error{"text": report.Text, "json": report.JSON, "html": report.HTML} {
		if err := f(fullDisk{}, full()); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

//go:build browser

package report_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// browser is the path of chromium, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err == nil {
		return path
	}
	const how = "no chromium: on Debian, apt-get install chromium"
	if os.Getenv("CI") == "true" {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

// chromium opens page in a browser that reaches no network, and returns what it
// wrote to standard output.
func chromium(t *testing.T, page string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser(t), append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--window-size=1060,1200",
		"--user-data-dir=" + t.TempDir(), "--enable-logging=stderr",
	}, append(args, "file://"+page)...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second // its helpers may hold the pipes
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, stderr.Bytes())
	}
	// What the page itself did wrong, a refused style or request, is logged so.
	if bytes.Contains(stderr.Bytes(), []byte(":CONSOLE")) {
		t.Errorf("the page has something to say to the console:\n%s", stderr.Bytes())
	}
	return stdout.Bytes()
}

func pageFile(t *testing.T, r *report.Result) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, render(t, report.HTML, r), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// What the browser made of the page has all the parts that were written, as
// elements and not as text; config, commit, seeds, warnings and notes are in it.
func TestBrowserReadsThePage(t *testing.T) {
	for name, r := range map[string]*report.Result{"full": full(), "hostile": hostile()} {
		dom := chromium(t, pageFile(t, r), "--dump-dom")
		written := render(t, report.HTML, r)
		for _, tag := range []string{"<svg", "<path", "<text", "<tr", "<figure", "<title", "<desc", "<dt", "<script"} {
			if got, want := bytes.Count(dom, []byte(tag)), bytes.Count(written, []byte(tag)); got != want {
				t.Errorf("%s: the browser has %d of %s, %d were written", name, got, tag, want)
			}
		}
		for _, want := range []string{"“asymmetric”, the best of the others, solved 84.0%", "2cafcce0d5f1", "1-5, 9", "episodes end after 30s", "torn after 812 bytes"} {
			if name == "full" && !bytes.Contains(dom, []byte(want)) {
				t.Errorf("the page does not show %q", want)
			}
		}
		for _, p := range svgs.FindAll(dom, -1) {
			if err := xml.Unmarshal(p, new(struct{})); err != nil {
				t.Errorf("%s: %v in\n%.300s", name, err, p)
			}
		}
	}
}

// The picture has the background of the preference, ink on it, and the colour of
// each series.
func TestBrowserPaintsBothThemes(t *testing.T) {
	page := pageFile(t, full())
	for _, tc := range []struct {
		name       string
		args       []string
		background uint32
		series     []uint32
	}{
		{"light", nil, 0xffffff, []uint32{0x5b6472, 0x0b62c4, 0xc2410c, 0x15783b}},
		{"dark", []string{"--force-dark-mode"}, 0x14171b, []uint32{0xaeb8c4, 0x6cb4ff, 0xff9d5c, 0x5fd38a}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			shot := filepath.Join(t.TempDir(), "shot.png")
			chromium(t, page, append(tc.args, "--screenshot="+shot)...)
			seen := colours(t, shot)
			if n := seen[tc.background]; n < 200_000 {
				t.Errorf("background %06x on %d pixels", tc.background, n)
			}
			for _, c := range tc.series {
				if n := seen[c]; n < 20 {
					t.Errorf("series colour %06x on %d pixels", c, n)
				}
			}
		})
	}
}

// colours counts the pixels of each colour.
func colours(t *testing.T, path string) map[uint32]int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint32]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[r>>8<<16|g>>8<<8|b>>8]++
		}
	}
	return seen
}

// write puts data into a file of this name and returns its path.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// What the browser made of the studies has all the parts that were written.
func TestBrowserReadsTheStudies(t *testing.T) {
	for name, s := range map[string]report.Study{"study": study(), "hostile": hostileStudy()} {
		written := renderStudies(t, report.StudiesHTML, s, bareStudy())
		dom := chromium(t, write(t, "studies.html", written), "--dump-dom")
		for _, tag := range []string{"<svg", "<path", "<text", "<tr", "<figure", "<title", "<desc", "<section", "<dt", "<script"} {
			if got, want := bytes.Count(dom, []byte(tag)), bytes.Count(written, []byte(tag)); got != want {
				t.Errorf("%s: the browser has %d of %s, %d were written", name, got, tag, want)
			}
		}
		for _, p := range svgs.FindAll(dom, -1) {
			if err := xml.Unmarshal(p, new(struct{})); err != nil {
				t.Errorf("%s: %v in\n%.300s", name, err, p)
			}
		}
	}
}

// A picture file has its own light ground in both preferences, and the studies
// the one of the preference.
func TestBrowserPaintsStudies(t *testing.T) {
	page := write(t, "studies.html", renderStudies(t, report.StudiesHTML, study(), bareStudy()))
	picture := write(t, "bars.svg", svgFile(t, study().Figures[4]))
	for _, tc := range []struct {
		name, file string
		args       []string
		ground     uint32
		ink        []uint32
	}{
		{"light page", page, nil, 0xffffff, []uint32{0x5b6472, 0x0b62c4}},
		{"dark page", page, []string{"--force-dark-mode"}, 0x14171b, []uint32{0xaeb8c4, 0x6cb4ff}},
		{"picture", picture, nil, 0xffffff, []uint32{0x5b6472, 0x0b62c4, 0x1b1f24}},
		{"picture in the dark", picture, []string{"--force-dark-mode"}, 0xffffff, []uint32{0x5b6472, 0x0b62c4, 0x1b1f24}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			shot := filepath.Join(t.TempDir(), "shot.png")
			chromium(t, tc.file, append(tc.args, "--screenshot="+shot)...)
			seen := colours(t, shot)
			if n := seen[tc.ground]; n < 150_000 {
				t.Errorf("ground %06x on %d pixels", tc.ground, n)
			}
			for _, c := range tc.ink {
				if n := seen[c]; n < 20 {
					t.Errorf("ink %06x on %d pixels", c, n)
				}
			}
		})
	}
}

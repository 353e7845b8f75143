//go:build browser

package web_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/browsetest"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/web"
)

// chromium is a tab of a browser. The test fails if a page has something to say
// to the console: a refused script or style, say, or a request elsewhere.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		const how = "no chromium: on Debian, apt-get install chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1060, 900), chromedp.UserDataDir(t.TempDir()))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	do(t, ctx, chromedp.Navigate("about:blank"))
	console := chromedp.Console(ctx)
	var reading sync.WaitGroup
	reading.Go(func() {
		for m, err := range console {
			if err != nil {
				return // the tab is closed
			}
			t.Errorf("the console: %s", m)
		}
	})
	t.Cleanup(func() {
		cancel()
		reading.Wait()
	})
	return ctx
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// value is what an expression is in the page.
func value[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// reads holds that the main part of the page comes to show texts.
func reads(t *testing.T, ctx context.Context, texts ...string) {
	t.Helper()
	var page string
	for range 200 {
		page = value[string](t, ctx, `document.querySelector("main")?.innerText ?? ""`)
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(page, text) }) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no %q in\n%s", texts, page)
}

// click clicks the first link whose text begins so, and waits for another page.
func click(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	link := chromedp.Search(`//a[starts-with(normalize-space(.), "` + text + `")]`)
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(link)); err != nil {
		t.Fatalf("link %q: %v", text, err)
	}
}

// A reader goes from a lesson to the episode it rests on and back, and from a
// skill to a demonstration and its episode, by clicks.
func TestBrowserFollowsEvidence(t *testing.T) {
	s := doors(t)
	ctx := chromium(t)
	do(t, ctx, chromedp.Navigate(s.URL))
	reads(t, ctx, "4 episodes", "Success over all recorded episodes")
	if colour := value[string](t, ctx, `getComputedStyle(document.querySelector("figure svg .mark")).fill`); colour != "rgb(91, 100, 114)" {
		t.Errorf("marks are %s", colour)
	}
	click(t, ctx, "2 lessons")
	do(t, ctx, chromedp.SendKeys(chromedp.CSS(`input[name="q"]`), "dance\r"))
	reads(t, ctx, "1 to 1 of 1", "with “dance”")
	click(t, ctx, "When open the red door")
	reads(t, ctx, "2 failures support it")
	click(t, ctx, "failure: budget")
	reads(t, ctx, "step budget of 3 used up", "What happened")
	click(t, ctx, "supports: When open the red door")
	reads(t, ctx, "2 failures support it")
	click(t, ctx, "skills")
	click(t, ctx, "To open the green door")
	click(t, ctx, "success: open the green door")
	reads(t, ctx, "As a policy reads it")
	click(t, ctx, "success: open the green door")
	reads(t, ctx, "Kept as")
}

// Markup in an episode is shown as it was recorded and not carried out, and no
// page is wider than its window for a long word.
func TestBrowserShowsHostileText(t *testing.T) {
	e := browsetest.Attack()
	e.Final.Text = strings.Repeat("x", 15_000)
	s := doors(t, e)
	ctx := chromium(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/episodes"))
	click(t, ctx, "open <script>")
	reads(t, ctx, "<script>document.title='taken'</script>", "<img src=x onerror=", "&amp;", "日本語 👩‍👩‍👧")
	title, over := value[string](t, ctx, "document.title"), value[int](t, ctx, "document.documentElement.scrollWidth - innerWidth")
	if !strings.Contains(title, "<script>") || strings.HasPrefix(title, "taken") || over > 0 {
		t.Errorf("title %q, page wider by %d", title, over)
	}
}

// A page shows what an agent writes without being asked, and says so when the
// server is gone.
func TestBrowserIsLive(t *testing.T) {
	store, dir := browsetest.Record(t, browsetest.Doors()...)
	s := site(t, dir, web.Options{})
	ctx := chromium(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/episodes"))
	reads(t, ctx, "1 to 4 of 4")
	if err := store.Record(t.Context(), browsetest.Won("w", agent.Task{ID: "w", Suite: "doors", Kind: "lift", Goal: "lift the hatch"})); err != nil {
		t.Fatal(err)
	}
	reads(t, ctx, "1 to 5 of 5", "lift the hatch")
}

// A list of 10,000 episodes is gone through by its pages.
func TestBrowserPages(t *testing.T) {
	s := site(t, browsetest.Archive(t, browsetest.Many(10_000)...), web.Options{})
	ctx := chromium(t)
	do(t, ctx, chromedp.Navigate(s.URL))
	reads(t, ctx, "10000 episodes", "by kind")
	click(t, ctx, "10000 episodes")
	reads(t, ctx, "1 to 50 of 10000")
	click(t, ctx, "next")
	reads(t, ctx, "51 to 100 of 10000")
	click(t, ctx, "last")
	reads(t, ctx, "9951 to 10000 of 10000")
	if rows := value[int](t, ctx, `document.querySelectorAll("tbody tr").length`); rows != 50 {
		t.Errorf("%d rows", rows)
	}
}

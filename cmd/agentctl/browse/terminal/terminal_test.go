package terminal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/browsetest"
)

// user sits before a model, whose commands are carried out at once.
type user struct {
	testing.TB
	m     *model
	ended bool
}

func sit(t testing.TB, dir string) *user {
	t.Helper()
	r := browse.New(browsetest.ReadOnly(t, dir), browse.Options{})
	u := &user{TB: t, m: newModel(t.Context(), r)}
	u.do(u.m.Init())
	u.resize(80, 24)
	return u
}

// do carries out a command, and what comes of it.
func (u *user) do(c tea.Cmd) {
	if c == nil {
		return
	}
	switch msg := c().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			u.do(c)
		}
	case tea.QuitMsg:
		u.ended = true
	case generationRead:
		u.do(u.m.seen(msg)) // without the wait for the next look
	default:
		u.send(msg)
	}
}

func (u *user) send(msg tea.Msg) {
	_, c := u.m.Update(msg)
	u.do(c)
}

func (u *user) resize(width, height int) { u.send(tea.WindowSizeMsg{Width: width, Height: height}) }

// press presses keys by their names; a text in quotes is typed.
func (u *user) press(keys ...string) {
	named := map[string]tea.Key{
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "enter": {Code: tea.KeyEnter}, "backspace": {Code: tea.KeyBackspace},
		"tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "esc": {Code: tea.KeyEscape},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp},
		"ctrl+c": {Code: 'c', Mod: tea.ModCtrl},
	}
	for _, key := range keys {
		k, ok := named[key]
		if ok {
			u.send(tea.KeyPressMsg(k))
			continue
		}
		for _, r := range strings.Trim(key, "'") {
			u.send(tea.KeyPressMsg(tea.Key{Code: r, Text: string(r)}))
		}
	}
}

// screen is what is seen, without its styles.
func (u *user) screen() string { return ansi.Strip(u.m.View().Content) }

// sees holds that the screen shows texts, in this order.
func (u *user) sees(texts ...string) {
	u.Helper()
	rest := u.screen()
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			u.Errorf("no %q (in this place) in\n%s", text, u.screen())
			return
		}
		rest = after
	}
}

// marked is the line in reverse below the names of the lists.
func (u *user) marked() string {
	for _, l := range strings.Split(u.m.View().Content, "\n")[1:] {
		if _, after, ok := strings.Cut(l, reverse); ok {
			return ansi.Strip(after)
		}
	}
	return ""
}

func (u *user) marks(text string) {
	u.Helper()
	if !strings.Contains(u.marked(), text) {
		u.Errorf("marked is %q, want %q", u.marked(), text)
	}
}

func doors(t testing.TB) *user {
	t.Helper()
	_, dir := browsetest.Record(t, browsetest.Doors()...)
	return sit(t, dir)
}

func TestLists(t *testing.T) {
	u := doors(t)
	u.sees("1 of 4", "started", "success", "t2", "success", "failure")
	u.marks("open the green door")
	u.press("down", "j")
	u.sees("3 of 4")
	u.marks("failure")
	u.press("up", "k", "k", "k")
	u.sees("1 of 4")
	u.press("G")
	u.sees("4 of 4")
	u.press("g", "tab")
	u.sees("category", "To open the green door: push")
	u.press("tab")
	u.sees("state", "kind open", "task t1")
	u.press("shift+tab", "shift+tab", "shift+tab")
	u.sees("seen", "open the green door")
}

// TestEvidence goes from a failure to its lesson and on to the other failure it
// rests on, and back; then from a skill to a demonstration.
func TestEvidence(t *testing.T) {
	u := doors(t)
	u.resize(80, 40)
	u.press("end", "enter")
	u.sees("episodes lost-1", "open the red door", "step budget of 3 used up", "Lessons that rest on it", "→ supports: When open the red door: avoid wait, dance",
		"What happened", "A red door.", "> wait")
	u.press("n")
	u.marks("supports: When open the red door")
	u.press("enter")
	u.sees("lessons item-1", "instead", "Episodes that support it", "→ failure: budget: open the red door")
	u.press("n", "enter")
	u.sees("episodes lost-2")
	u.press("backspace")
	u.sees("lessons item-1")
	u.marks("→ failure")
	u.press("backspace", "esc")
	u.sees("4 of 4")

	u.press("tab", "enter")
	u.sees("skills sk-", "Demonstrations and other episodes that support it", "Steps", "> push")
	u.press("n", "enter")
	u.sees("demonstrations won-2", "As a policy reads it", "Task: open the green door")
	u.press("n", "enter")
	u.sees("episodes won-2", "Kept as")
	u.press("n", "N", "n", "N")
	u.press("tab")
	u.sees("state", "about")
}

func TestFilter(t *testing.T) {
	u := doors(t)
	u.press("/", "'fail t'")
	u.sees("1 of 2 with fail t", "failure", "/fail t")
	u.press("backspace", "'q'")
	u.sees("none with fail q")
	u.press("enter", "enter") // nothing is marked
	u.sees("none with fail q", "? help")
	u.press("/", "esc")
	u.sees("1 of 4")
	u.press("/", "'won-1'", "enter")
	u.sees("1 of 1 with won-1")
	u.press("enter")
	u.sees("episodes won-1")
	u.press("backspace", "backspace")
	u.sees("1 of 4")
	u.press("/")
	u.send(tea.PasteMsg{Content: "lost\x1b[2J-2\n"})
	u.sees("with lost [2J-2")
}

func TestHelpAndEnd(t *testing.T) {
	u := doors(t)
	u.press("?")
	u.sees("Ctrl-C", "end")
	u.press("j")
	u.sees("1 of 4")
	for _, key := range []string{"q", "ctrl+c"} {
		u.ended = false
		if u.press(key); !u.ended {
			t.Errorf("%s does not end it", key)
		}
	}
	u.ended = false
	if u.press("/", "'q'"); u.ended {
		t.Error("a q in the filter ends it")
	}
	if u.press("ctrl+c"); !u.ended {
		t.Error("Ctrl-C does not end it while typing")
	}
}

// TestFits holds that no screen is larger than the terminal, whatever its size
// and the texts, and that nothing in it steers the terminal.
func TestFits(t *testing.T) {
	e := browsetest.Attack()
	e.Final.Text = strings.Repeat("長い文 ", 1000) + strings.Repeat("x", 5000)
	_, dir := browsetest.Record(t, append(browsetest.Doors(), e)...)
	u := sit(t, dir)
	views := [][]string{{}, {"tab"}, {"tab"}, {"tab"}, {"tab", "enter"}, {"end"}, {"?"}, {"?", "/", "'日本語'"}}
	for _, keys := range views {
		u.press(keys...)
		for _, width := range []int{1, 2, 3, 7, 20, 39, 80, 213} {
			for _, height := range []int{1, 2, 3, 4, 5, 24, 60} {
				u.resize(width, height)
				lines := strings.Split(u.m.View().Content, "\n")
				if len(lines) > height {
					t.Fatalf("%d lines on a screen of %d", len(lines), height)
				}
				for _, l := range lines {
					if n := ansi.StringWidth(l); n > width {
						t.Fatalf("%d cells on a screen of %d: %q", n, width, l)
					}
					for _, style := range []string{bold, faint, reverse, plain} {
						l = strings.ReplaceAll(l, style, "")
					}
					if strings.ContainsAny(l, "\x1b\a\u202e\t\r") {
						t.Fatalf("%q", l)
					}
				}
			}
		}
	}
	u.resize(40, 12)
	u.press("esc", "home", "enter")
	u.sees("<script>", "日本語 👩‍👩‍👧 e\u0301")
	u.press("end")
	u.marks("xxxx")
}

// TestLive holds that what is written is seen, and that the marked row stays
// marked as new ones come before it.
func TestLive(t *testing.T) {
	s, dir := browsetest.Record(t, browsetest.Doors()...)
	u := sit(t, dir)
	won := func(id string) {
		t.Helper()
		if err := s.Record(t.Context(), browsetest.Won(id, agent.Task{ID: id, Suite: "doors", Kind: "lift", Goal: "lift " + id})); err != nil {
			t.Fatal(err)
		}
		u.do(u.m.look())
	}
	won("w1")
	u.sees("1 of 5", "lift w1")
	u.marks("lift w1")
	u.press("down")
	u.marks("open the green door")
	won("w2")
	u.sees("3 of 6", "lift w2")
	u.marks("open the green door")
	u.press("enter")
	won("w3")
	u.sees("episodes won-2")
	u.press("backspace")
	u.sees("4 of 7")
	u.marks("open the green door")
}

// TestFirstEpisode holds that what is written to a memory without a write is shown.
func TestFirstEpisode(t *testing.T) {
	s, dir := browsetest.Record(t)
	u := sit(t, dir)
	u.sees("none")
	if err := s.Record(t.Context(), browsetest.Won("w1", agent.Task{ID: "t", Suite: "doors", Kind: "lift", Goal: "lift w1"})); err != nil {
		t.Fatal(err)
	}
	u.do(u.m.look())
	u.sees("1 of 1", "lift w1")
}

// TestWriteWhileReading holds that what is written while a list is being read is
// shown, at the start as well as later.
func TestWriteWhileReading(t *testing.T) {
	s, dir := browsetest.Record(t, browsetest.Doors()...)
	won := func(id string) {
		t.Helper()
		if err := s.Record(t.Context(), browsetest.Won(id, agent.Task{ID: id, Suite: "doors", Kind: "lift", Goal: "lift " + id})); err != nil {
			t.Fatal(err)
		}
	}
	u := &user{TB: t, m: newModel(t.Context(), browse.New(browsetest.ReadOnly(t, dir), browse.Options{}))}
	commands := []tea.Cmd{u.m.Init()}
	if batch, ok := commands[0]().(tea.BatchMsg); ok {
		commands = batch
	}
	var done []tea.Msg
	for i, c := range slices.Backward(commands) { // in the worst order
		if i == 0 {
			won("w1")
		}
		done = append(done, c())
	}
	for _, msg := range slices.Backward(done) {
		u.do(func() tea.Msg { return msg })
	}
	u.sees("1 of 5", "lift w1")

	u.m.list().stale = true
	page := u.m.load()()
	won("w2")
	u.do(u.m.look())
	u.send(page)
	u.sees("of 6", "lift w2")
}

// TestMany goes through a list of which only a part is held.
func TestMany(t *testing.T) {
	u := sit(t, browsetest.Archive(t, browsetest.Many(10_000)...))
	u.sees("1 of 10000", "move door 3") // 9999 % 7
	for i := range 30 {
		u.press("pgdown")
		if want := fmt.Sprintf("%d of 10000", 20*(i+1)+1); !strings.Contains(u.screen(), want) {
			t.Fatalf("no %q in\n%s", want, u.screen())
		}
		if u.marked() == "" {
			t.Fatalf("no row is marked in\n%s", u.screen())
		}
	}
	u.press("end")
	u.sees("10000 of 10000", "move door 1", "move door 0")
	u.press("enter")
	u.sees("episodes many-00000")
	u.press("backspace", "pgup", "home")
	u.sees("1 of 10000")
	if n := len(u.m.list().page.Rows); n > 500 {
		t.Errorf("%d rows are held", n)
	}
}

// TestTrouble holds that an error is shown and passes.
func TestTrouble(t *testing.T) {
	u := doors(t)
	u.m.ctx = canceled(t)
	u.press("enter")
	u.sees("canceled")
	u.m.ctx = t.Context()
	u.do(u.m.look())
	u.sees("canceled") // what is shown is not there yet, though the memory answers
	u.press("backspace", "enter")
	u.sees("episodes won-2", "? help")

	u.m.ctx = canceled(t)
	u.press("tab")
	u.sees("canceled") // this list cannot be read
	u.press("shift+tab")
	u.sees("4", "? help") // that one was
	u.do(u.m.look())
	u.sees("canceled")
	u.m.ctx = t.Context()
	u.do(u.m.look())
	u.sees("? help")
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

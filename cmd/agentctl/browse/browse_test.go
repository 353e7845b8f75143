package browse_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse/browsetest"
	"github.com/surefoot-ai/surefoot/memory"
)

// doors is a reader of the episodes of browsetest.Doors, and who writes there.
func doors(t *testing.T) (*browse.Reader, *memory.Store) {
	t.Helper()
	s, dir := browsetest.Record(t, browsetest.Doors()...)
	return browse.New(browsetest.ReadOnly(t, dir), browse.Options{}), s
}

func list(t *testing.T, r *browse.Reader, q browse.Query) browse.Page {
	t.Helper()
	if q.MaxRows == 0 {
		q.MaxRows = 100
	}
	p, err := r.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range p.Rows {
		if len(row.Cells) != len(p.Head) {
			t.Errorf("%d cells below %d heads: %q", len(row.Cells), len(p.Head), row)
		}
	}
	return p
}

// ids are those of the rows of p.
func ids(p browse.Page) []string {
	out := []string{}
	for _, row := range p.Rows {
		out = append(out, row.Ref.ID)
	}
	return out
}

func detail(t *testing.T, r *browse.Reader, ref browse.Ref) browse.Detail {
	t.Helper()
	d, err := r.Detail(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if d.Ref != ref || d.Title == "" {
		t.Errorf("%v: is %v with the title %q", ref, d.Ref, d.Title)
	}
	return d
}

// links are those of the section whose title begins so.
func links(d browse.Detail, title string) []string {
	out := []string{}
	for _, s := range d.Sections {
		if strings.HasPrefix(s.Title, title) {
			for _, l := range s.Links {
				out = append(out, string(l.Ref.Class)+" "+l.Ref.ID)
			}
		}
	}
	return out
}

func TestLists(t *testing.T) {
	r, _ := doors(t)
	for _, tt := range []struct {
		class  browse.Class
		filter string
		want   []string
		first  string // in the first row's cells
	}{
		{browse.Episodes, "", []string{"won-2", "won-1", "lost-2", "lost-1"}, "success"},
		{browse.Episodes, "FAILURE t1", []string{"lost-2", "lost-1"}, "failure: budget"},
		{browse.Episodes, "lost-1", []string{"lost-1"}, "open the red door"},
		{browse.Episodes, "lost nothing", []string{}, ""},
		{browse.Demonstrations, "", []string{"won-2", "won-1"}, "open the green door"},
		{browse.Demonstrations, "t2", []string{"won-2"}, "open the green door"},
		{browse.Lessons, "", []string{"item-2", "item-1"}, "kind open"},
		{browse.Lessons, "dance", []string{"item-1"}, "task t1"},
		{browse.Skills, "green", []string{"sk-0783435b8fdb"}, "To open the green door: push"},
	} {
		p := list(t, r, browse.Query{Class: tt.class, Filter: tt.filter})
		if got := ids(p); !slices.Equal(got, tt.want) || p.Total != len(tt.want) {
			t.Errorf("%s %q: %q of %d, want %q", tt.class, tt.filter, got, p.Total, tt.want)
		} else if len(got) > 0 && !slices.Contains(p.Rows[0].Cells, tt.first) {
			t.Errorf("%s %q: first row %q lacks %q", tt.class, tt.filter, p.Rows[0].Cells, tt.first)
		}
	}
	if _, err := r.List(t.Context(), browse.Query{Class: "keys", MaxRows: 1}); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("no such list: %v", err)
	}
}

func TestPages(t *testing.T) {
	r, _ := doors(t)
	for _, tt := range []struct {
		skip, most, at int
		want           []string
	}{
		{0, 3, 0, []string{"won-2", "won-1", "lost-2"}},
		{3, 3, 3, []string{"lost-1"}},
		{-1, 1, 0, []string{"won-2"}},
		{4, 2, 2, []string{"lost-2", "lost-1"}},
		{99, 3, 3, []string{"lost-1"}},
	} {
		p := list(t, r, browse.Query{Class: browse.Episodes, Skip: tt.skip, MaxRows: tt.most})
		if got := ids(p); !slices.Equal(got, tt.want) || p.Skip != tt.at || p.Total != 4 {
			t.Errorf("skip %d: %q at %d of %d, want %q at %d of 4", tt.skip, got, p.Skip, p.Total, tt.want, tt.at)
		}
	}
}

// TestLinks follows what rests on what, in both directions.
func TestLinks(t *testing.T) {
	r, _ := doors(t)
	skill := browse.Ref{Class: browse.Skills, ID: "sk-0783435b8fdb"}
	mistake := browse.Ref{Class: browse.Skills, ID: "sk-f37f13af7b32"}
	for _, tt := range []struct {
		ref   browse.Ref
		title string
		want  []string
	}{
		{browse.Ref{Class: browse.Lessons, ID: "item-1"}, "Episodes that support", []string{"episodes lost-2", "episodes lost-1"}},
		{browse.Ref{Class: browse.Episodes, ID: "lost-1"}, "Lessons", []string{"lessons item-1", "lessons item-2"}},
		{browse.Ref{Class: browse.Episodes, ID: "lost-1"}, "Skills", []string{"skills " + mistake.ID}},
		{browse.Ref{Class: browse.Episodes, ID: "won-1"}, "Recalled", []string{"lessons item-1"}},
		{browse.Ref{Class: browse.Episodes, ID: "won-1"}, "Kept as", []string{"demonstrations won-1"}},
		{browse.Ref{Class: browse.Demonstrations, ID: "won-1"}, "The episode", []string{"episodes won-1"}},
		{browse.Ref{Class: browse.Demonstrations, ID: "won-1"}, "Skills", []string{"skills " + skill.ID}},
		{skill, "Demonstrations", []string{"demonstrations won-2", "demonstrations won-1"}},
		{mistake, "Lessons", []string{"lessons item-2"}},
		{browse.Ref{Class: browse.Lessons, ID: "item-2"}, "Skills", []string{"skills " + mistake.ID}},
	} {
		if got := links(detail(t, r, tt.ref), tt.title); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %s: %q, want %q", tt.ref, tt.title, got, tt.want)
		}
	}
	for _, c := range append(browse.Classes(), "keys") {
		if _, err := r.Detail(t.Context(), browse.Ref{Class: c, ID: "sk-0"}); !errors.Is(err, memory.ErrNotFound) {
			t.Errorf("%s: %v", c, err)
		}
	}
}

// TestLive holds that a reader sees what another store of the folder writes, of
// skills as soon as they are worth being distilled again.
func TestLive(t *testing.T) {
	s, dir := browsetest.Record(t, browsetest.Doors()...)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := browse.New(browsetest.ReadOnly(t, dir), browse.Options{Clock: func() time.Time { now = now.Add(time.Second); return now }})
	before, err := r.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	skills := list(t, r, browse.Query{Class: browse.Skills}).Total
	task := agent.Task{ID: "t9", Suite: "doors", Kind: "lift", Goal: "lift the hatch"}
	if err := s.Record(t.Context(), browsetest.Won("won-9", task)); err != nil {
		t.Fatal(err)
	}
	if after, err := r.Generation(t.Context()); err != nil || after <= before {
		t.Errorf("generation %d after %d, %v", after, before, err)
	}
	if got := ids(list(t, r, browse.Query{Class: browse.Episodes, MaxRows: 1})); got[0] != "won-9" {
		t.Errorf("the newest is %q", got)
	}
	if got := list(t, r, browse.Query{Class: browse.Skills}).Total; got != skills {
		t.Errorf("%d skills at once, want the %d of before", got, skills)
	}
	held, err := r.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	later, err := r.Generation(t.Context())
	if err != nil || later == held {
		t.Errorf("generation %d, %v: nobody learns that skills can be distilled again", later, err)
	}
	if got := list(t, r, browse.Query{Class: browse.Skills}).Total; got != skills+1 {
		t.Errorf("%d skills later, want %d", got, skills+1)
	}
	if after, err := r.Generation(t.Context()); err != nil || after != later {
		t.Errorf("generation %d after %d, %v: nothing is new", after, later, err)
	}
	if c, _, err := r.Curves(t.Context(), browse.ByKind); err != nil || len(c) != 2 || c[1].Name != "lift" {
		t.Errorf("curves %+v, %v", c, err)
	}
}

func TestScope(t *testing.T) {
	mine, yours := browsetest.Won("w1", agent.Task{ID: "t", Scope: "me", Suite: "doors", Kind: "open", Goal: "open"}), browsetest.Doors()[0]
	yours.Task.Scope = "you"
	_, dir := browsetest.Record(t, mine, yours)
	store := browsetest.ReadOnly(t, dir)
	all, scope := browse.New(store, browse.Options{}), "me"
	one := browse.New(store, browse.Options{Scope: &scope})
	if p := list(t, all, browse.Query{Class: browse.Episodes}); p.Head[0] != "scope" || p.Rows[0].Cells[0] != "you" || p.Total != 2 {
		t.Errorf("all: %+v", p)
	}
	for _, c := range browse.Classes() {
		for _, row := range list(t, one, browse.Query{Class: c}).Rows {
			if row.Cells[0] != "me" {
				t.Errorf("%s of %q: %q", c, scope, row)
			}
		}
	}
	if p := list(t, one, browse.Query{Class: browse.Skills}); p.Total == 0 {
		t.Error("no skill")
	}
	for _, row := range list(t, all, browse.Query{Class: browse.Skills, Filter: "me"}).Rows {
		if d := detail(t, all, row.Ref); row.Ref.Scope != "me" || len(links(d, "Demonstrations")) != 1 {
			t.Errorf("%+v: %+v", row, d)
		}
	}
	if c, n, err := one.Curves(t.Context(), browse.ByScope); err != nil || n != 1 || c[0].Name != "me" {
		t.Errorf("curves %+v of %d, %v", c, n, err)
	}
}

// TestKeptSkills holds that the skills a memory keeps are seen with what is known
// of them, before the candidates, and linked by what they come from.
func TestKeptSkills(t *testing.T) {
	const scope = "me"
	es := browsetest.Doors()
	for i := range es {
		es[i].Task.Scope = scope
	}
	s, dir := browsetest.Record(t, es...)
	r := browse.New(browsetest.ReadOnly(t, dir), browse.Options{})
	candidates := list(t, r, browse.Query{Class: browse.Skills, Filter: "candidate"})
	if slices.Contains(ids(candidates), "sk-0783435b8fdb") {
		t.Error("a skill of a scope has the ID of one without")
	}
	kept := agent.Skill{
		ID: candidates.Rows[0].Ref.ID, Scope: scope, Suite: "doors", Category: agent.SkillTask, Kind: "open", Title: "Push", Principle: "push", When: "open a door",
		For: []string{"won-1"}, State: agent.SkillActive, Reason: "it passed", Admitted: agent.SkillExam{N: 9, Without: 2, With: 7},
	}
	child := kept
	child.ID, child.For, child.Parents, child.Admitted = "sk-child", nil, []string{kept.ID}, agent.SkillExam{}
	if err := s.KeepSkills(t.Context(), []agent.Skill{kept, child}, "for a test"); err != nil {
		t.Fatal(err)
	}
	p := list(t, r, browse.Query{Class: browse.Skills})
	if p.Total != candidates.Total+1 || !slices.Contains(p.Rows[0].Cells, "active") || !slices.Contains(p.Rows[1].Cells, "active") || !slices.Contains(p.Rows[p.Total-1].Cells, "candidate") {
		t.Errorf("%+v", p)
	}
	d := detail(t, r, browse.Ref{Class: browse.Skills, ID: kept.ID, Scope: scope})
	for _, want := range []browse.Field{{"state", "active"}, {"why", "it passed"}, {"version", "1"}, {"exam", "of 9 held-out tasks 2 solved without it and 7 with it"}} {
		if !slices.Contains(d.Fields, want) {
			t.Errorf("no %v in %v", want, d.Fields)
		}
	}
	if got := links(d, "Demonstrations"); !slices.Equal(got, []string{"demonstrations won-1"}) {
		t.Errorf("supported by %q", got)
	}
	if got := links(detail(t, r, browse.Ref{Class: browse.Skills, ID: child.ID, Scope: scope}), "Merged"); !slices.Equal(got, []string{"skills " + kept.ID}) {
		t.Errorf("parents %q", got)
	}
	if got := links(detail(t, r, browse.Ref{Class: browse.Demonstrations, ID: "won-1"}), "Skills"); !slices.Contains(got, "skills "+kept.ID) {
		t.Errorf("rest on won-1: %q", got)
	}
}

// TestHostile holds that no text that is shown can steer a terminal, and that
// none is lost but by that.
func TestHostile(t *testing.T) {
	e := browsetest.Attack()
	e.Final.Text = strings.Repeat("長い文", 10_000)
	_, dir := browsetest.Record(t, e)
	r := browse.New(browsetest.ReadOnly(t, dir), browse.Options{})
	for _, c := range browse.Classes() {
		p := list(t, r, browse.Query{Class: c})
		for _, row := range p.Rows {
			text := strings.ReplaceAll(fmt.Sprint(row.Cells, detail(t, r, row.Ref)), "\n", "")
			if strings.ContainsAny(text, "\x1b\a\u202e\t") {
				t.Errorf("%s: %.600q", c, text)
			}
			if c == browse.Episodes && !(strings.Contains(text, "<script>") && strings.Contains(text, "👩‍👩‍👧") && strings.Contains(text, "70002 more bytes")) {
				t.Errorf("%s: %.600q", c, text)
			}
		}
	}
}

// TestDamage holds that one damaged episode is named and hides no other.
func TestDamage(t *testing.T) {
	dir := browsetest.Archive(t, browsetest.Doors()...)
	path := filepath.Join(dir, "memory.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(b), "dance")
	copy(b[at:], "DANCE")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	r := browse.New(browsetest.ReadOnly(t, dir), browse.Options{})
	p := list(t, r, browse.Query{Class: browse.Episodes})
	damaged := 0
	for _, row := range p.Rows {
		_, err := r.Detail(t.Context(), row.Ref)
		if bad := strings.HasPrefix(row.Cells[len(row.Cells)-1], "cannot be read: "); bad != errors.Is(err, memory.ErrCorrupt) {
			t.Errorf("%q, but %v", row, err)
		} else if bad {
			damaged++
		}
	}
	if p.Total != 4 || damaged != 1 {
		t.Errorf("%d damaged of %d, want 1 of 4", damaged, p.Total)
	}
	c, _, err := r.Curves(t.Context(), browse.ByCondition)
	if err != nil || len(c) != 3 {
		t.Errorf("curves %+v, %v", c, err)
	}
}

func TestCurves(t *testing.T) {
	es := browsetest.Many(300)
	for i := range es {
		es[i].Context.AllWithheld = i%50 == 0
		if i >= 200 {
			es[i].Context.Items = []agent.Item{{ID: "x", Kind: agent.KindLesson}}
		}
	}
	r := browse.New(browsetest.ReadOnly(t, browsetest.Archive(t, es...)), browse.Options{})
	c, n, err := r.Curves(t.Context(), browse.Together)
	if err != nil || n != 1 || len(c[0].Points) != 20 {
		t.Fatalf("%+v of %d, %v", c, n, err)
	}
	for i, p := range c[0].Points {
		if p.Recorded != 15*(i+1) || p.Success.Estimate != 10./15 || !(p.Success.Low < 0.45 && p.Success.High > 0.8) {
			t.Errorf("point %d: %+v", i, p)
		}
	}
	for by, want := range map[browse.Grouping]string{
		browse.ByCondition: "nothing recalled 196, memory shown 98, memory withheld by chance 6",
		browse.ByKind:      "open 150, shut 150",
		browse.ByScope:     "no scope 300",
	} {
		c, _, err := r.Curves(t.Context(), by)
		var got []string
		for _, x := range c {
			got = append(got, fmt.Sprint(x.Name, " ", x.Points[len(x.Points)-1].Recorded))
		}
		if strings.Join(got, ", ") != want || err != nil {
			t.Errorf("%s: %q, %v; want %s", by, got, err, want)
		}
	}
}

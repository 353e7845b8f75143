package household

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// MaxFileBytes is the size above which [Parse] refuses a file. ALFWorld's are
// at most 140 kB.
const MaxFileBytes = 8 << 20

// Limits of what one room may hold; ALFWorld's rooms have up to 70 objects and
// 50 receptacles. They bound what Parse allocates.
const (
	maxObjects     = 500
	maxReceptacles = 200
	maxTypes       = 300
	maxActions     = 1000 // of the walkthrough
)

// gameFile is the JSON of a game.tw-pddl.
type gameFile struct {
	Domain      string   `json:"pddl_domain"`
	Grammar     string   `json:"grammar"`
	Problem     string   `json:"pddl_problem"`
	Solvable    bool     `json:"solvable"`
	Walkthrough []string `json:"walkthrough"`
}

// Load reads and parses the game file at path. Its Task.ID is made from the
// last two folders, TASK/TRIAL in ALFWorld's layout.
func Load(path string) (*Game, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxFileBytes {
		return nil, tooLarge(path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// List finds the games of one split of ALFWorld: the files
// SPLIT/TASK/TRIAL/game.tw-pddl below dir, which is the folder json_2.1.1 or
// the one that holds it. An empty split stands for dir itself. The paths are
// sorted. The error is [ErrNoGames], naming what was looked for, if there are
// none.
func List(dir, split string) ([]string, error) {
	for _, base := range []string{filepath.Join(dir, split), filepath.Join(dir, "json_2.1.1", split)} {
		found, err := filepath.Glob(filepath.Join(globEscape(base), "*", "*", "game.tw-pddl"))
		if err != nil {
			return nil, fmt.Errorf("games in %s: %w", base, err)
		}
		if len(found) > 0 {
			slices.Sort(found)
			return found, nil
		}
	}
	return nil, fmt.Errorf("%w: looked for TASK/TRIAL/game.tw-pddl in %s and in %s", ErrNoGames,
		filepath.Join(dir, split), filepath.Join(dir, "json_2.1.1", split))
}

// globEscape makes a path that Glob takes as it stands.
func globEscape(p string) string {
	if os.PathSeparator == '\\' {
		return p
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(p)
}

func tooLarge(name string, size int64) error {
	return &FormatError{File: name, Section: "json", Reason: fmt.Sprintf("%d bytes is more than a game file may have (%d)", size, MaxFileBytes)}
}

// Parse reads a game file. name is used in errors and for the Task.ID, which is
// TASK/TRIAL of …/TASK/TRIAL/game.tw-pddl and ID of …/ID.tw-pddl. Every error is
// a *[FormatError].
func Parse(name string, data []byte) (*Game, error) {
	g, err := parse(data)
	if err != nil {
		if f, ok := errors.AsType[*FormatError](err); ok {
			f.File = name
		}
		return nil, err
	}
	g.id = taskID(name)
	return g, nil
}

func taskID(name string) string {
	name = path.Clean(filepath.ToSlash(name))
	dir, ok := strings.CutSuffix(name, "/game.tw-pddl")
	if !ok {
		return strings.TrimSuffix(path.Base(name), ".tw-pddl")
	}
	parts := strings.Split(dir, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

func parse(data []byte) (*Game, error) {
	if len(data) > MaxFileBytes {
		return nil, tooLarge("", int64(len(data)))
	}
	var f gameFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, jsonError(err)
	}
	if !strings.Contains(f.Domain, "(domain alfred)") {
		return nil, &FormatError{Section: "pddl_domain", Reason: `not ALFWorld's domain: "(domain alfred)" is missing`}
	}
	g := &Game{}
	if err := parseGrammar(f.Grammar, g); err != nil {
		return nil, err
	}
	if err := parseProblem(f.Problem, g); err != nil {
		return nil, err
	}
	for i, a := range f.Walkthrough {
		if i == maxActions {
			return nil, &FormatError{Section: "walkthrough", Reason: fmt.Sprintf("more than %d actions", maxActions)}
		}
		g.walkthrough = append(g.walkthrough, agent.Action(a))
	}
	return g, nil
}

func jsonError(err error) error {
	f := &FormatError{Section: "json", Reason: err.Error()}
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		f.Offset = int(s.Offset)
	} else if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		f.Offset = int(t.Offset)
	}
	return f
}

// taskPrefix precedes the task's sentence in the grammar and in the first
// observation.
const taskPrefix = "Your task is to: "

// parseGrammar takes the task's sentence and the help text out of a TextWorld
// grammar: JSON rules between triple quotes, and actions with quoted templates.
func parseGrammar(text string, g *Game) error {
	const mark = `"""`
	fail := func(at int, reason string) error {
		return &FormatError{Section: "grammar", Line: 1 + strings.Count(text[:at], "\n"), Offset: at, Reason: reason}
	}
	start := strings.Index(text, mark)
	if start < 0 {
		return fail(0, "no rules between triple quotes")
	}
	start += len(mark)
	n := strings.Index(text[start:], mark)
	if n < 0 {
		return fail(start, "the triple quotes are not closed")
	}
	var rules struct {
		Task []struct {
			RHS string `json:"rhs"`
		} `json:"task"`
	}
	if err := json.Unmarshal([]byte(text[start:start+n]), &rules); err != nil {
		at := start
		if s, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = min(start+int(s.Offset), len(text))
		}
		return fail(at, err.Error())
	}
	if len(rules.Task) == 0 || !strings.HasPrefix(rules.Task[0].RHS, taskPrefix) {
		return fail(start, `no rule "task" that begins with "`+taskPrefix+`"`)
	}
	g.text = strings.TrimPrefix(rules.Task[0].RHS, taskPrefix)
	g.help = helpText(text[start+n:])
	return nil
}

// helpText is the feedback of the action "help" in a grammar, or our own.
func helpText(grammar string) string {
	_, action, ok := strings.Cut(grammar, "action help {")
	if ok {
		_, action, ok = strings.Cut(action, `feedback :: "`)
	}
	if ok {
		if text, _, ok := strings.Cut(action, `"`); ok {
			return text
		}
	}
	return defaultHelp
}

const defaultHelp = "You can: look, inventory, help, go to, open, close, examine, take from, move to, use, clean with, heat with, cool with, slice with."

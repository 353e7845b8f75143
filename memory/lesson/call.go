package lesson

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/surefoot-ai/surefoot/agent"
)

// call is an action that calls a tool: its name, and a JSON object.
type call struct {
	step    int
	tool    string
	args    []arg  // in the order of their paths
	refusal string // what the tool said, in a few words, if it did nothing
}

// arg is one value of a call's arguments.
type arg struct {
	path  string // "flights.0.date"
	value string
}

// Bounds of a call.
const (
	maxArgs  = 64
	maxDepth = 6
	maxValue = 48 // bytes
	shownArg = 3
	refusing = 8 // words of a refusal
)

// calls are the calls of e in order.
func calls(e agent.Episode) []call {
	var out []call
	for i, s := range e.Steps {
		c, ok := callOf(string(s.Action))
		if !ok {
			continue
		}
		c.step = i
		after := e.Final.Text
		if i+1 < len(e.Steps) {
			after = e.Steps[i+1].Observation.Text
		}
		if s.Invalid || refuses(after) {
			c.refusal = said(after)
		}
		out = append(out, c)
	}
	return out
}

// callOf takes "name {...}" apart.
func callOf(action string) (call, bool) {
	name, rest, ok := strings.Cut(action, " ")
	if !ok || !strings.HasPrefix(rest, "{") || strings.IndexFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.", r)
	}) >= 0 {
		return call{}, false
	}
	var args map[string]any
	if json.Unmarshal([]byte(rest), &args) != nil {
		return call{}, false
	}
	c := call{tool: name}
	c.take("", args, 0)
	slices.SortFunc(c.args, func(a, b arg) int { return strings.Compare(a.path, b.path) })
	return c, true
}

// take adds the values of v, which is at path.
func (c *call) take(path string, v any, depth int) {
	if len(c.args) >= maxArgs || depth > maxDepth {
		return
	}
	below := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			c.take(below(k), v[k], depth+1)
		}
	case []any:
		for i, x := range v {
			c.take(below(strconv.Itoa(i)), x, depth+1)
		}
	case nil:
	default:
		text := fmt.Sprint(v)
		if len(text) > maxValue {
			text = strings.ToValidUTF8(text[:maxValue], "") + "…"
		}
		c.args = append(c.args, arg{path, strings.Join(strings.Fields(text), " ")})
	}
}

// said is the beginning of what a tool said: up to the first comma or the end of
// a sentence, without the word that it is an error.
func said(text string) string {
	text = strings.TrimSpace(text)
	if head, rest, ok := strings.Cut(text, ":"); ok && strings.EqualFold(head, "error") {
		text = strings.TrimSpace(rest)
	}
	if i := strings.IndexAny(text, ",;\n"); i > 0 {
		text = text[:i]
	}
	text, _, _ = strings.Cut(text, ". ")
	if text = strings.TrimRight(clip(text, refusing-1), ". "); text == "" {
		return "no effect"
	}
	return text
}

// readers are the first words of the names of tools that change nothing.
const readers = " get search list find read fetch lookup query show check view count calculate compute think describe retrieve load select help "

// reads reports whether a tool only looks.
func reads(tool string) bool {
	word := tool
	if i := strings.LastIndexByte(word, '.'); i >= 0 {
		word = word[i+1:]
	}
	if i := strings.IndexFunc(word, func(r rune) bool { return r == '_' || r == '-' || unicode.IsUpper(r) && word[0] != byte(r) }); i > 0 {
		word = word[:i]
	}
	return strings.Contains(readers, " "+strings.ToLower(word)+" ")
}

// changes are the calls that changed something, each once. Giving the task to
// someone else is none.
func changes(cs []call) []call {
	var out []call
	for _, c := range cs {
		if c.refusal == "" && !reads(c.tool) && !handsOver(c.tool) && !slices.ContainsFunc(out, func(o call) bool { return o.same(c) }) {
			out = append(out, c)
		}
	}
	return out
}

// unread are the calls of a success by which it looked something up with a tool
// that the failure never called, the first of each tool.
func unread(failure, success []call) []call {
	var out []call
	for _, c := range success {
		by := func(o call) bool { return o.tool == c.tool }
		if c.refusal == "" && reads(c.tool) && len(c.args) > 0 && order(c.args[0]) == 0 && !slices.ContainsFunc(failure, by) && !slices.ContainsFunc(out, by) {
			out = append(out, c)
		}
	}
	return out
}

func (c call) same(o call) bool { return c.tool == o.tool && slices.Equal(c.args, o.args) }

// String is the call in words, with the arguments that tell it from others.
func (c call) String() string { return phrase(c.tool, c.args) }

// strung are calls in words.
func strung(cs []call) []string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = c.String()
	}
	return out
}

// phrase is "tool with name value, name value".
func phrase(tool string, args []arg) string {
	if v := values(args); v != "" {
		return tool + " with " + v
	}
	return tool
}

// values is "name value, value, name value": first what says which thing it is,
// and no text that was cut, which would tell nothing.
func values(args []arg) string {
	args = slices.Clone(args)
	slices.SortStableFunc(args, func(a, b arg) int { return order(a) - order(b) })
	args = slices.DeleteFunc(args, func(a arg) bool { return strings.HasSuffix(a.value, "…") })
	var words []string
	last := ""
	for _, a := range args[:min(len(args), shownArg)] {
		if n := name(a.path); n == last {
			words = append(words, a.value)
		} else {
			words = append(words, n+" "+a.value)
			last = n
		}
	}
	if len(args) > shownArg {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}

// order is 0 of an argument that names a thing, else 1.
func order(a arg) int {
	if n := name(a.path); n == "id" || strings.HasSuffix(n, "_id") || strings.HasSuffix(n, "Id") {
		return 0
	}
	return 1
}

// name is the last word of a path that is no index.
func name(path string) string {
	words := strings.Split(path, ".")
	for _, w := range slices.Backward(words) {
		if strings.Trim(w, "0123456789") != "" {
			return w
		}
	}
	return path
}

// names are the names of arguments, each once.
func names(args []arg) string {
	var out []string
	for _, a := range args {
		if n := name(a.path); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return list(out, shownArg)
}

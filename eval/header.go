package eval

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/surefoot-ai/surefoot/agent"
)

// formatVersion changes when an old log can no longer be read or resumed.
const formatVersion = 1

// header is the first record of a run: all that its result depends on, as far
// as it can be written down.
type header struct {
	Format        int               `json:"format"`
	Suite         string            `json:"suite"`
	Tasks         int               `json:"tasks"`
	TasksSHA256   string            `json:"tasks_sha256"` // of all tasks' JSON, in order
	Policy        string            `json:"policy"`
	Conditions    []string          `json:"conditions"`
	Trials        int               `json:"trials"`
	Seeds         []uint64          `json:"seeds"`
	ContextTokens int               `json:"context_tokens"`
	Budget        agent.Budget      `json:"budget"`
	Meta          map[string]string `json:"meta"`
}

func newHeader(c Config, tasks []agent.Task) (header, error) {
	h := header{
		Format:        formatVersion,
		Suite:         c.Suite.Name(),
		Tasks:         len(tasks),
		Policy:        c.Policy.Version(),
		Trials:        c.Trials,
		Seeds:         c.Seeds,
		ContextTokens: c.ContextTokens,
		Budget:        c.Budget,
		Meta:          c.Meta,
	}
	for _, cond := range c.Conditions {
		h.Conditions = append(h.Conditions, cond.Name)
	}
	b, err := json.Marshal(tasks)
	if err != nil {
		return header{}, fmt.Errorf("tasks of %s: %w", h.Suite, err)
	}
	h.TasksSHA256 = fmt.Sprintf("%x", sha256.Sum256(b))
	return h, nil
}

// differs is an error that names what is not the same in the header there, read
// from a log, and h; nil if they are the same.
func (h header) differs(there header) error {
	a, err := h.flat()
	if err != nil {
		return err
	}
	b, err := there.flat()
	if err != nil {
		return err
	}
	keys := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	keys = slices.DeleteFunc(keys, func(k string) bool { return a[k] == b[k] })
	if len(keys) == 0 {
		return nil
	}
	k := keys[0]
	more := ""
	if len(keys) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(keys)-1)
	}
	return fmt.Errorf("%w: %s is %s there, %s here%s", ErrOtherRun, k, orNone(b[k]), orNone(a[k]), more)
}

func orNone(s string) string {
	if s == "" {
		return "absent"
	}
	return s
}

// flat maps each field, and each key of meta and budget, to its JSON.
func (h header) flat() (map[string]string, error) {
	b, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("run record: %w", err)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(b, &top); err != nil {
		return nil, fmt.Errorf("run record: %w", err)
	}
	flat := map[string]string{}
	for k, v := range top {
		if k != "meta" && k != "budget" {
			flat[k] = string(v)
		}
	}
	for k, v := range h.Meta {
		flat["meta."+k] = strconv.Quote(v)
	}
	for k, v := range map[string]int64{
		"steps": int64(h.Budget.Steps), "tokens": int64(h.Budget.Tokens),
		"wall": int64(h.Budget.Wall), "invalid": int64(h.Budget.Invalid),
	} {
		flat["budget."+k] = strconv.FormatInt(v, 10)
	}
	return flat, nil
}

package memory

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

// FuzzBrief writes an episode and reads its brief; and reads bytes that nobody
// wrote, which may be an error but no panic.
func FuzzBrief(f *testing.F) {
	f.Add("", "", "", 0, 0, []byte(nil))
	f.Add(`a "quoted" \`, `\"`, "}],{[:é\u2028", 3, 7, []byte(`{"seen":1,"head":"","steps":["a","b"],"tail":"x"}`))
	f.Add("{", `\\`, `"`, -1, 2, []byte(`{"seen": 2 , "more": {"steps": [1, [2, "]"]]}, "steps": null, "effect": {"order": 4}}`))
	for _, s := range []string{`{`, `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":"\`, `{"a":1`, `{"steps":[`, `{"steps":{}}`, `{"a" 1}`, `{,}`, `{"a":1,}`, `[]`, `null`, `{"seen":"x"}`, `{"effect":[]}`, `{"a":]}`, `\`, `"\"`} {
		f.Add("", "", "", 0, 0, []byte(s))
	}
	f.Fuzz(func(t *testing.T, head, step, tail string, seen, steps int, raw []byte) {
		v := verbatim{Seen: seen, Head: head, Tail: tail, Effect: agent.Effect{Order: seen % 3}, Tags: []string{head, "x"}, Started: time.Unix(int64(seen), 0).UTC()}
		for range max(0, steps%20) {
			v.Steps = append(v.Steps, step+tail)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var want verbatim // with what JSON makes of it
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		got, err := decodeBrief(b)
		if err != nil || !reflect.DeepEqual(got, brief{want.Seen, len(want.Steps), want.Effect, want.Tags, want.Started}) {
			t.Errorf("%s: %+v, %v", b, got, err)
		}
		if _, err := decodeBrief(raw); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", raw, err)
		}
	})
}

func TestBriefOfDamage(t *testing.T) {
	for _, s := range []string{``, `{`, `{"seen":1`, `{"seen":"x"}`, `{"steps":{}}`, `[]`, `null`, `{"a":1,}`, `{"a" 1}`} {
		if b, err := decodeBrief([]byte(s)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %+v, %v", s, b, err)
		}
	}
	got, err := decodeBrief([]byte(` { "steps" : [ "a\\" , "\"b" ] , "x" : {"steps":[1]} , "seen" : 7 } `))
	if err != nil || got.seen != 7 || got.steps != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

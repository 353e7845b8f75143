package memory

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/memory/redact"
)

// A secret reaches no file of the store and no context, unless its owner says
// that nothing is to be redacted.
func TestSecretsAreNotKept(t *testing.T) {
	const secret = "swordfish-7"
	won := ladleWon("won")
	won.Steps[0].Observation.Text += " A note says: password=" + secret
	lost := play("lost", ladle(), false, "open safe 1 with password: "+secret, "go to cabinet 1")
	lost.Outcome.Feedback = "The password is " + secret + "."
	for _, tt := range []struct {
		rules []redact.Rule
		kept  bool
	}{{nil, false}, {[]redact.Rule{}, true}} {
		dir := t.TempDir()
		s := openStore(t, dir, Options{Redact: tt.rules})
		for range 2 { // again it is the same episode
			record(t, s, won)
			record(t, s, lost)
		}
		c, err := s.Recall(t.Context(), ladle(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(c.Text(), secret); got != tt.kept {
			t.Errorf("with %d rules the secret is in the context: %t\n%s", len(tt.rules), got, c.Text())
		}
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(data, []byte(secret))
		}
		if found != tt.kept || len(files) == 0 {
			t.Errorf("with %d rules the secret is in %v: %t", len(tt.rules), files, found)
		}
	}
	if _, err := Open(t.TempDir(), Options{Redact: []redact.Rule{{Name: "no pattern"}}}); err == nil {
		t.Error("a rule without a pattern is taken")
	}
}

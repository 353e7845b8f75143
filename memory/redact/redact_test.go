package redact_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/memory/redact"
)

// n returns n characters as keys have them. Keys are put together here, so that
// nothing that searches sources for keys finds one.
func n(count int) string { return strings.Repeat("aB3xZ9qL", count/8+1)[:count] }

// hex returns n hexadecimal digits.
func hex(count int) string { return strings.Repeat("0a1b9c8d", count/8+1)[:count] }

// Every form of a secret is found and named, and what stands around it stays.
func TestForms(t *testing.T) {
	for _, tt := range []struct{ before, secret, after, name string }{
		{"", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE" + n(60) + "\n-----END RSA PRIVATE KEY-----", "\nnext", "private key"},
		{"", "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3Bl" + n(30), "", "private key"},
		{"", "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\n" + n(30) + "\n-----END PGP PRIVATE KEY BLOCK-----", "", "private key"},
		{"key ", "AGE-SECRET-KEY-" + "1" + strings.Repeat("Q", 58), "", "age key"},
		{"id=", "AKIA" + "IOSFODNN7EXAMPLE", " x", "AWS key"},
		{"AccountKey=", n(86) + "==", ";Endpoint", "Azure key"},
		{"", "AIza" + n(35), "", "Google key"},
		{"", "ya29." + n(60), "", "Google token"},
		{"", "ghp_" + n(36), ".", "GitHub token"},
		{"", "github_pat_" + n(22) + "_" + n(59), "", "GitHub token"},
		{"", "glpat-" + n(20), "", "GitLab token"},
		{"", "xoxb-" + "123456789012-123456789012-" + n(24), "", "Slack token"},
		{"post to ", "https://hooks.slack.com/services/" + "T00000000/B00000000/" + n(24), "", "Slack webhook"},
		{"", "https://discord.com/api/webhooks/" + "123456789/" + n(60), "", "Discord webhook"},
		{"bot ", "123456789:AA" + n(33), "", "Telegram token"},
		{"", "sk_live_" + n(24), "", "Stripe key"},
		{"", "shpat_" + hex(32), "", "Shopify token"},
		{"", "sk-" + "proj-" + n(48), "", "API key"},
		{"", "sk-" + "ant-api03-" + n(40), "", "API key"},
		{"", "gsk_" + n(52), "", "API key"},
		{"", "hf_" + n(34), "", "Hugging Face token"},
		{"", "npm_" + n(36), "", "npm token"},
		{"", "pypi-" + n(100), "", "PyPI token"},
		{"", "dckr_pat_" + n(27), "", "Docker token"},
		{"", "SG." + n(22) + "." + n(43), "", "SendGrid key"},
		{"", "key-" + hex(32), "", "Mailgun key"},
		{"", "dop_v1_" + hex(64), "", "DigitalOcean token"},
		{"", "dapi" + hex(32), "", "Databricks token"},
		{"", "hvs." + n(24), "", "Vault token"},
		{"", n(14) + ".atlasv1." + n(64), "", "Terraform token"},
		{"", "glsa_" + n(32), "", "Grafana token"},
		{"", "lin_api_" + n(40), "", "Linear key"},
		{"", "ATATT" + n(60), "", "Atlassian token"},
		{"", "eyJ" + n(20) + ".eyJ" + n(40) + "." + n(43), "", "JSON web token"},
		{"postgres://app:", "s3cr3t!", "@db:5432/x", "password"},
		{"Authorization: Bearer ", n(32), "", "credentials"},
		{"authorization: Basic ", "dXNlcjpwYXNzd29yZDEyMw==", "", "credentials"},
		{"DB_PASSWORD=", "hunter2", " next", "password"},
		{`{"password": "`, "correct-horse", `"}`, "password"},
		{`{\"pwd\": \"`, "correct-horse", `\"}`, "password"},
		{"the password is ", "hunter2", ", she said", "password"},
		{"mysql --password ", "hunter22", " -h db", "password"},
		{"curl -u admin:", "hunter2", " https://example.com", "password"},
		{"aws_secret_access_key = ", n(40), "", "secret"},
		{"api_key: '", n(32), "'", "secret"},
		{"write to ", "jane.doe+x@mail.example.co.uk", ", please", "e-mail address"},
	} {
		got := redact.Text(redact.Default(), tt.before+tt.secret+tt.after)
		if want := tt.before + "[redacted " + tt.name + "]" + tt.after; got != want {
			t.Errorf("%q is redacted to %q, want %q", tt.before+tt.secret+tt.after, got, want)
		}
	}
}

// What is no secret stays as it is.
func TestNoSecrets(t *testing.T) {
	for _, s := range []string{
		"", "You arrive at desk 1. On the desk 1, you see a keychain 2, a creditcard 1.",
		"put a clean mug in coffeemachine", "the password is required", "password: ********", "PASSWORD=$DB_PASSWORD", "password is too short",
		"compass: north", "token limit is 4096", "max_tokens=4096", "key: value", "the secret is out", "secret ingredient is butter",
		"tokens: 12345678901234567890", "sk-learn and scikit-learn", "see https://example.com:8080/path@v2", "user@localhost", "git@github", "@reservation",
		"commit 3f786850e387550fdab836ed7e6dc881de23001b", "id 550e8400-e29b-41d4-a716-446655440000", "basic understanding of internationalization",
		"func Token() string", "bearer of bad news",
	} {
		if got := redact.Text(redact.Default(), s); got != s {
			t.Errorf("%q is redacted to %q", s, got)
		}
	}
}

// Every text of an episode is redacted but the names of things; the episode that
// was given stays as it is.
func TestEpisode(t *testing.T) {
	const mail = "jane@example.com"
	o := agent.Observation{Text: "from " + mail, Admissible: []agent.Action{"mail " + mail, "stop"}}
	e := agent.Episode{
		ID: mail, Policy: mail, Task: agent.Task{ID: mail, Suite: mail, Kind: mail, Goal: "write to " + mail},
		Context: agent.Context{Items: []agent.Item{{ID: mail, Text: mail}}},
		Steps: []agent.Step{
			{Observation: o, Action: o.Admissible[0], LogProbs: []float64{-1}},
			{Observation: agent.Observation{Text: "sent"}, Action: "stop", LogProbs: []float64{-2}},
		},
		Final: o, Outcome: agent.Outcome{Feedback: "no answer from " + mail},
	}
	const gone = "[redacted e-mail address]"
	clean := agent.Observation{Text: "from " + gone, Admissible: []agent.Action{"mail " + gone, "stop"}}
	want := e
	want.Task.Goal, want.Final, want.Outcome.Feedback = "write to "+gone, clean, "no answer from "+gone
	want.Context = agent.Context{Items: []agent.Item{{ID: mail, Text: gone}}}
	want.Steps = []agent.Step{{Observation: clean, Action: clean.Admissible[0]}, e.Steps[1]}

	if got := redact.Episode(redact.Default(), e); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	if e.Steps[0].Observation.Admissible[0] != "mail "+mail || e.Context.Items[0].Text != mail || e.Steps[0].LogProbs == nil {
		t.Error("the episode that was given is changed")
	}
	if got := redact.Episode(nil, e); !reflect.DeepEqual(got, e) {
		t.Error("without rules it is changed")
	}
}

// Own rules are as good as the others.
func TestOwnRule(t *testing.T) {
	own := redact.Rule{Name: "badge", Pattern: regexp.MustCompile(`badge (?P<secret>[0-9]{4})`)}
	if err := own.Validate(); err != nil {
		t.Error(err)
	}
	if got := redact.Text([]redact.Rule{own}, "badge 1234, badge 12"); got != "badge [redacted badge], badge 12" {
		t.Error(got)
	}
	for _, bad := range []redact.Rule{{Name: "x"}, {Pattern: own.Pattern}, {Name: "a]", Pattern: own.Pattern}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	for _, r := range redact.Default() {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// Redacting twice changes nothing more, and no hint keeps a rule from finding
// what its pattern matches.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"password: hunter2", "a@b.co c@d.org", "token=" + n(20) + " password is " + n(9), "ghp_" + n(36) + "@x.io", "x://a:b@c.de",
		"--password sk-" + n(30), "password=[redacted password]", "Bearer eyJ" + n(20) + ".eyJ" + n(20), "\u017fecret: " + n(20),
	} {
		f.Add(s)
	}
	rules := redact.Default()
	slow := redact.Default()
	for i := range slow {
		slow[i].Hints = nil
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := redact.Text(rules, s)
		if twice := redact.Text(rules, once); twice != once {
			t.Errorf("%q, then %q, then %q", s, once, twice)
		}
		if all := redact.Text(slow, s); all != once {
			t.Errorf("%q: %q with hints, %q without", s, once, all)
		}
	})
}

func BenchmarkEpisode(b *testing.B) {
	look := "You arrive at desk 1. On the desk 1, you see a keychain 2, a creditcard 1, a glassbottle 3 and a pencil 1."
	e := agent.Episode{Task: agent.Task{Goal: "put a clean mug in coffeemachine"}}
	size := 0
	for range 30 {
		e.Steps = append(e.Steps, agent.Step{Observation: agent.Observation{Text: look}, Action: "go to desk 1"})
		size += len(look) + len("go to desk 1")
	}
	rules := redact.Default()
	b.SetBytes(int64(size))
	for b.Loop() {
		redact.Episode(rules, e)
	}
}

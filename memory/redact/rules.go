package redact

import (
	"regexp"
	"strings"
)

// Default returns the rules that a memory has unless it is given others. The
// slice is the caller's, to add to or to leave out of.
func Default() []Rule {
	return append(services(), general()...)
}

// services are keys that their issuers gave a form that tells.
func services() []Rule {
	form := func(name, pattern string, hints ...string) Rule {
		return Rule{Name: name, Pattern: regexp.MustCompile(pattern), Hints: hints}
	}
	return []Rule{
		form("private key", `-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)`, "private key"),
		form("age key", `\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b`, "age-secret-key-1"),
		form("AWS key", `\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b`, "akia", "asia", "abia", "acca"),
		form("Azure key", `\b(?:AccountKey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})`, "accountkey=", "sharedaccesskey="),
		form("Google key", `\bAIza[0-9A-Za-z_-]{35}`, "aiza"),
		form("Google token", `\bya29\.[0-9A-Za-z_-]{20,}`, "ya29."),
		form("GitHub token", `\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})`, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
		form("GitLab token", `\bgl(?:pat|ptt|rt|dt|ft|soat|cbt|agent|imt|oas)-[A-Za-z0-9_.-]{20,}`, "glpat-", "glptt-", "glrt-", "gldt-", "glft-", "glsoat-", "glcbt-", "glagent-", "glimt-", "gloas-"),
		form("Slack token", `\bxox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|\bxapp-[0-9]-[A-Za-z0-9-]{10,}`, "xox", "xapp-"),
		form("Slack webhook", `https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/+_-]{20,}`, "hooks.slack.com"),
		form("Discord webhook", `https://(?:[a-z]+\.)?discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{20,}`, "/api/webhooks/"),
		form("Telegram token", `\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b`, ":aa"),
		form("Stripe key", `\b(?:[rs]k|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}`, "sk_", "rk_", "whsec_"),
		form("Shopify token", `\bshp(?:at|ca|pa|ss|ua)_[a-fA-F0-9]{32}\b`, "shp"),
		form("Square token", `\b(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,43}|EAAA[A-Za-z0-9_-]{60})`, "sq0", "eaaa"),
		form("API key", `\b(?:sk|pk|rk|xai|pplx|gsk|r8|nvapi|fw|co|csk|tgp)[-_](?:(?:proj|svcacct|admin|ant|or|lf|v1|api[0-9]{2})[-_])*[A-Za-z0-9_-]*[A-Za-z0-9]{20,}[A-Za-z0-9_-]*`,
			"sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "xai-", "pplx-", "gsk_", "r8_", "nvapi-", "fw_", "co_", "csk-", "tgp_"),
		form("Hugging Face token", `\b(?:hf|api_org)_[A-Za-z0-9]{30,}\b`, "hf_", "api_org_"),
		form("npm token", `\bnpm_[A-Za-z0-9]{36}\b`, "npm_"),
		form("PyPI token", `\bpypi-[A-Za-z0-9_-]{50,}`, "pypi-"),
		form("Docker token", `\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{24,}`, "dckr_"),
		form("SendGrid key", `\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}`, "sg."),
		form("Mailgun key", `\bkey-[0-9a-f]{32}\b`, "key-"),
		form("DigitalOcean token", `\bdo[opr]_v1_[a-f0-9]{64}\b`, "_v1_"),
		form("Databricks token", `\bdapi[a-f0-9]{32}(?:-[0-9])?\b`, "dapi"),
		form("Vault token", `\bhv[sbr]\.[A-Za-z0-9_-]{24,}`, "hvs.", "hvb.", "hvr."),
		form("Terraform token", `\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}`, ".atlasv1."),
		form("Grafana token", `\bgl(?:sa|c)_[A-Za-z0-9_+/=-]{32,}`, "glsa_", "glc_"),
		form("Linear key", `\blin_(?:api|oauth)_[A-Za-z0-9]{40,}`, "lin_"),
		form("Notion token", `\b(?:ntn|secret)_[A-Za-z0-9]{40,}\b`, "ntn_", "secret_"),
		form("Atlassian token", `\bAT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{24,}`, "atatt", "atctt", "atbb"),
		form("JSON web token", `\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`, "eyj"),
	}
}

// value is what follows a name that says that a secret does: after the sign, in
// quotes, if any, that may be escaped.
const value = `\\*["'` + "`" + `]?(?P<secret>[^\s"'` + "`" + `,;&<>(){}\\]{4,})`

// sign is what stands between the name of a secret, in quotes or not, and it.
const sign = `\\*["'` + "`" + `]?\s*(?::=|=>|=|:)\s*`

// general are secrets told by what stands around them, and e-mail addresses.
func general() []Rule {
	rule := func(name, pattern string, secret func(string) bool, hints ...string) Rule {
		return Rule{Name: name, Pattern: regexp.MustCompile(pattern), Hints: hints, Secret: secret}
	}
	return []Rule{
		rule("password", `\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@]*:(?P<secret>[^\s/?#@]+)@`, nil, "://"),
		rule("credentials", `(?i)\b(?:bearer|basic|token|apikey)\s+(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)`, random, "bearer", "basic", "token", "apikey"),
		rule("password", `(?i)(?:password|passwd|passphrase|passcode|(?:\b|_)pass|(?:\b|_)pwd)`+sign+value, given, "pass", "pwd"),
		rule("password", `(?i)\b(?:password|passphrase|passcode) is:?\s+`+value, func(found string) bool {
			return given(found) && strings.ContainsFunc(found, func(r rune) bool { return r < 'A' && r != '.' && r != '-' })
		}, "pass"),
		rule("password", `(?i)(?:--password|--passwd|--pass|--pwd)(?:=|\s+)`+value, given, "--pass", "--pwd"),
		rule("password", `(?:\s-u|--user)(?:=|\s*)["']?[^\s:"']+:(?P<secret>[^\s"']{3,})`, given, "-u", "--user"),
		rule("secret", `(?i)(?:secret|token|credential|(?:api|access|private|secret|encryption|signing|account)[_-]?key)s?(?:`+sign+`|\s+is\s+|\s+)`+value, func(found string) bool {
			return len(found) >= 12 && random(found) && given(found)
		}, append(keyNames(), "secret", "token", "credential")...),
		rule("e-mail address", `[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\.[A-Za-z]{2,}\b`, nil, "@"),
	}
}

// keyNames are the names of keys as they are written.
func keyNames() []string {
	var out []string
	for _, what := range []string{"api", "access", "private", "secret", "encryption", "signing", "account"} {
		out = append(out, what+"key", what+"_key", what+"-key")
	}
	return out
}

// random reports whether s has letters and digits, as keys have and words do
// not.
func random(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

// given reports whether s is a secret rather than a word that stands where there
// is none, or a variable.
func given(s string) bool {
	switch strings.ToLower(strings.Trim(s, "$%*.[]_-xX?!")) {
	case "", "none", "null", "nil", "true", "false", "undefined", "string", "required", "missing", "incorrect", "invalid", "wrong", "correct", "changed", "reset", "expired":
		return false
	}
	return !strings.HasPrefix(s, "$") && !strings.HasPrefix(s, "%")
}

// Package skillmd reads and writes skills as folders in the Agent Skills format:
// a SKILL.md, which is YAML front matter before Markdown, with files beside it.
//
// What it writes holds to the rules of the format (agentskills.io); what it
// reads need not, but is bounded in size, lies in the folder itself, and gives a
// quarantined skill, which nobody recalls until someone promotes it.
package skillmd

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var (
	// ErrFormat: a SKILL.md, or what is to become one, is not as the format has it.
	ErrFormat = errors.New("not in the Agent Skills format")

	// ErrTooLarge: a folder exceeds MaxFiles, MaxFolders or MaxBytes, or a SKILL.md
	// what is read of it.
	ErrTooLarge = errors.New("folder of a skill is too large")

	// ErrUnsafe: a folder has something other than files and folders in it, or a
	// path leads out of it.
	ErrUnsafe = errors.New("folder of a skill is not safe")
)

// The bounds of the format.
const (
	maxName          = 64   // characters
	maxDescription   = 1024 // characters
	maxCompatibility = 500  // characters
	maxBodyLines     = 499
)

// maxFrontMatter bounds the YAML that is parsed.
const maxFrontMatter = 64 << 10

// Document is a SKILL.md.
type Document struct {
	Name          string            `yaml:"name"`
	Description   string            `yaml:"description"`
	License       string            `yaml:"license,omitempty"`
	Compatibility string            `yaml:"compatibility,omitempty"`
	Metadata      map[string]string `yaml:"metadata,omitempty"`
	AllowedTools  string            `yaml:"allowed-tools,omitempty"`
	Body          string            `yaml:"-"` // Markdown
}

var nameForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate names the first rule of the format that d breaks, as an ErrFormat.
func (d Document) Validate() error {
	long := func(s string, most int) bool { return utf8.RuneCountInString(s) > most }
	var what string
	switch {
	case !nameForm.MatchString(d.Name) || len(d.Name) > maxName:
		what = fmt.Sprintf("name %q: must be 1 to %d of a-z, 0-9 and single hyphens between them", d.Name, maxName)
	case strings.TrimSpace(d.Description) == "" || long(d.Description, maxDescription):
		what = fmt.Sprintf("description: must have 1 to %d characters", maxDescription)
	case long(d.Compatibility, maxCompatibility):
		what = fmt.Sprintf("compatibility: must have at most %d characters", maxCompatibility)
	case strings.Count(d.Body, "\n") > maxBodyLines:
		what = fmt.Sprintf("body: must have fewer than %d lines", maxBodyLines+1)
	default:
		return nil
	}
	return fmt.Errorf("%s: %w", what, ErrFormat)
}

const fence = "---\n"

// Encode returns the bytes of d, an ErrFormat if it breaks a rule, or an
// ErrTooLarge if Decode would not read it again.
func (d Document) Encode() ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	front, err := yaml.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("front matter: %w", err)
	}
	if err := fits(front); err != nil {
		return nil, err
	}
	return []byte(fence + string(front) + fence + d.Body), nil
}

// fits returns ErrTooLarge if there is too much front matter.
func fits(front []byte) error {
	if len(front) > maxFrontMatter {
		return fmt.Errorf("front matter of %d bytes, at most %d: %w", len(front), maxFrontMatter, ErrTooLarge)
	}
	return nil
}

// Decode reads a SKILL.md. It is lenient: what breaks a rule of the format and
// can still be understood is a warning. What has no front matter or no
// description, is no UTF-8, or has YAML that refers to itself, is an ErrFormat.
func Decode(b []byte) (d Document, warnings []error, err error) {
	if !utf8.Valid(b) {
		return d, nil, fmt.Errorf("SKILL.md: no UTF-8: %w", ErrFormat)
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(b), "\ufeff"), "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, fence)
	front, body, end := strings.Cut("\n"+rest, "\n"+fence)
	if !end {
		front, end = strings.CutSuffix("\n"+rest, "\n---")
	}
	if !ok || !end {
		return d, nil, fmt.Errorf("SKILL.md: no front matter between lines of ---: %w", ErrFormat)
	}
	if err := fits([]byte(front)); err != nil {
		return d, nil, fmt.Errorf("SKILL.md: %w", err)
	}
	if d, warnings, err = decodeFront([]byte(front)); err != nil {
		return d, nil, fmt.Errorf("SKILL.md: %w", err)
	}
	d.Body = body
	if strings.TrimSpace(d.Description) == "" {
		return d, nil, fmt.Errorf("SKILL.md: no description: %w", ErrFormat)
	}
	if err := d.Validate(); err != nil {
		warnings = append(warnings, err)
	}
	return d, warnings, nil
}

func decodeFront(front []byte) (d Document, warnings []error, err error) {
	var root yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(front)).Decode(&root); err != nil {
		return d, nil, fmt.Errorf("front matter: %w: %w", ErrFormat, err)
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return d, nil, fmt.Errorf("front matter: no mapping: %w", ErrFormat)
	}
	top := root.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		key, value := top[i].Value, top[i+1]
		text, ok := scalar(value)
		into := map[string]*string{
			"name": &d.Name, "description": &d.Description, "license": &d.License, "compatibility": &d.Compatibility, "allowed-tools": &d.AllowedTools,
		}[key]
		switch {
		case into != nil && ok:
			*into = text
		case key == "allowed-tools" && value.Kind == yaml.SequenceNode:
			d.AllowedTools = joined(value)
			warnings = append(warnings, fmt.Errorf("allowed-tools: a list: %w", ErrFormat))
		case key == "metadata" && value.Kind == yaml.MappingNode:
			d.Metadata = map[string]string{}
			for k := 0; k+1 < len(value.Content); k += 2 {
				name := value.Content[k].Value
				if text, ok := scalar(value.Content[k+1]); ok {
					d.Metadata[name] = text
				} else {
					warnings = append(warnings, fmt.Errorf("metadata %s: no text, left out: %w", name, ErrFormat))
				}
			}
		default:
			warnings = append(warnings, fmt.Errorf("%s: not of the format, left out: %w", key, ErrFormat))
		}
	}
	return d, warnings, nil
}

// scalar is the text of a scalar that is written out; an alias is none.
func scalar(n *yaml.Node) (string, bool) { return n.Value, n.Kind == yaml.ScalarNode }

func joined(list *yaml.Node) string {
	var words []string
	for _, n := range list.Content {
		if text, ok := scalar(n); ok {
			words = append(words, text)
		}
	}
	return strings.Join(words, " ")
}

package skillmd

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/surefoot-ai/surefoot/agent"
	"github.com/surefoot-ai/surefoot/skills"
)

const (
	fileName   = "SKILL.md"
	references = "references/"

	// arrow joins the steps of a principle.
	arrow = " -> "

	// ours is the key of the metadata under which a skill lies as JSON.
	ours = "agentctl/skill"
)

// maxEvidence is how many episodes for a skill, and how many against it, are
// exported: their IDs lie in the front matter, which is bounded.
const maxEvidence = 500

// Name is the name of a skill's folder: that of the one it was imported from, or
// of its title and ID.
func Name(s agent.Skill) string {
	if b, ok := s.Files[fileName]; ok {
		if d, _, err := Decode(b); err == nil && nameForm.MatchString(d.Name) && len(d.Name) <= maxName {
			return d.Name
		}
	}
	title := slug(s.Title)
	id := slug(s.ID)
	if most := maxName - len(id) - 1; len(title) > most {
		title = strings.Trim(title[:max(0, most)], "-")
	}
	return strings.Trim(title+"-"+id, "-")
}

var notName = regexp.MustCompile(`[^a-z0-9]+`)

func slug(s string) string {
	return strings.Trim(notName.ReplaceAllString(strings.ToLower(s), "-"), "-")
}

// Export returns the files of a skill's folder, which is to have its Name: those
// it was imported with, or a SKILL.md with trajectories, which are to be of
// successes, as references. Import of them gives the skill again, in quarantine,
// with 500 of the episodes for it and against it at most; trajectories that would
// exceed MaxFiles or MaxBytes are left out. It returns ErrFormat if the skill
// cannot be said within the format's rules, and ErrTooLarge if it is too long.
func Export(s agent.Skill, trajectories []agent.Episode) (map[string][]byte, error) {
	if _, ok := s.Files[fileName]; ok {
		return maps.Clone(s.Files), nil
	}
	s.Effect, s.Files = agent.Effect{}, nil // the effect is one of this memory
	s.For, s.Against = s.For[:min(len(s.For), maxEvidence)], s.Against[:min(len(s.Against), maxEvidence)]
	d, err := document(s)
	if err != nil {
		return nil, err
	}
	b, err := d.Encode()
	if err == nil && len(b) > MaxBytes {
		err = fmt.Errorf("SKILL.md of %d bytes, at most %d: %w", len(b), MaxBytes, ErrTooLarge)
	}
	if err != nil {
		return nil, fmt.Errorf("skill %s: %w", s.ID, err)
	}
	files := map[string][]byte{fileName: b}
	left := MaxBytes - len(b)
	for _, e := range trajectories {
		if !e.Outcome.Success {
			return nil, fmt.Errorf("skill %s: episode %s: a failure is never shown", s.ID, e.ID)
		}
		b, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("episode %s: %w", e.ID, err)
		}
		if b = append(b, '\n'); len(files) < MaxFiles && len(b) <= left {
			files[referenceName(files, e.ID)] = b
			left -= len(b)
		}
	}
	return files, nil
}

// referenceName is where the trajectory of an episode lies: at a name that none of
// files has.
func referenceName(files map[string][]byte, id string) string {
	id = slug(id)
	base := references + strings.TrimRight("trajectory-"+id[:min(len(id), maxName)], "-")
	name := base + ".json"
	for n := 2; files[name] != nil; n++ {
		name = fmt.Sprintf("%s-%d.json", base, n)
	}
	return name
}

// document is a skill in words, and as JSON among the metadata. The body says all
// that a policy reads of it.
func document(s agent.Skill) (Document, error) {
	all, err := json.Marshal(s)
	if err != nil {
		return Document{}, fmt.Errorf("skill %s: %w", s.ID, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n# %s\n\nUse it when: %s.\n", s.Title, s.When)
	if s.Mistake != "" {
		fmt.Fprintf(&b, "\nAvoid: %s.\n", s.Mistake)
	}
	switch {
	case s.Principle == "":
	case s.Category == agent.SkillMistake:
		fmt.Fprintf(&b, "\nInstead: %s.\n", s.Principle)
	case s.Principle != strings.Join(s.Steps, arrow): // else the steps say it
		fmt.Fprintf(&b, "\nDo: %s.\n", s.Principle)
	}
	for i, step := range s.Steps {
		if i == 0 {
			b.WriteString("\nLetters stand for things: A, B, … for those that the goal names, X, Y, … for others.\n\n")
		}
		fmt.Fprintf(&b, "%d. %s\n", i+1, step)
	}
	return Document{
		Name: Name(s), Description: cut(s.Title+". "+s.Text(), maxDescription), Body: b.String(),
		Metadata: map[string]string{ours: string(all)},
	}, nil
}

// cut is s in at most n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// Target says what an imported skill is for, where its folder does not.
type Target struct {
	Scope string
	Suite string
	Kind  string // "": it is a general skill
}

// Import makes a quarantined skill of the files of a folder, and says in warnings
// what of it is not as the format has it. A skill that Export wrote and nobody
// edited is that skill again, but in the scope of the target, and in bounded lines.
// folder is its name. It returns ErrFormat or ErrTooLarge as Decode does, and
// ErrFormat where there is no SKILL.md.
func Import(folder string, files map[string][]byte, to Target) (agent.Skill, []error, error) {
	text, ok := files[fileName]
	if !ok {
		return agent.Skill{}, nil, fmt.Errorf("%s: no %s: %w", folder, fileName, ErrFormat)
	}
	d, warnings, err := Decode(text)
	if err != nil {
		return agent.Skill{}, nil, fmt.Errorf("%s: %w", folder, err)
	}
	if d.Name != folder {
		warnings = append(warnings, fmt.Errorf("name %q: must be the folder's, %q: %w", d.Name, folder, ErrFormat))
	}
	s, ok := restore(d)
	if ok {
		for _, text := range []*string{&s.Title, &s.When, &s.Mistake, &s.Principle} {
			*text = line(*text, maxText)
		}
	} else {
		if _, edited := d.Metadata[ours]; edited {
			warnings = append(warnings, fmt.Errorf("%s: edited since it was exported; read as another skill", folder))
		}
		s = foreign(d, to)
	}
	s.Scope, s.State, s.Origin, s.Files = to.Scope, agent.SkillQuarantined, folder, maps.Clone(files)
	s.Reason, s.Pinned, s.Version, s.Admitted, s.Effect = "imported; to be promoted before it is recalled", "", 0, agent.SkillExam{}, agent.Effect{}
	s.Round = agent.SkillRound{} // of another bank
	s.ID = skills.IDOf(s)
	return s, warnings, nil
}

// restore is the skill that d was exported from, if it still says the same.
func restore(d Document) (agent.Skill, bool) {
	var s agent.Skill
	if err := json.Unmarshal([]byte(d.Metadata[ours]), &s); err != nil {
		return s, false
	}
	s.Files = nil
	again, err := document(s)
	return s, err == nil && slices.Contains(agent.SkillCategories(), s.Category) && again.Description == d.Description && again.Body == d.Body
}

// The bounds of what a policy reads of a skill that was imported: it is one line.
const (
	maxSteps = 20
	maxStep  = 160  // characters
	maxField = 240  // characters
	maxText  = 4096 // characters of what Export wrote: a principle has all the steps
)

var listItem = regexp.MustCompile(`^\s*(?:([-*+])|\d+([.)]))\s+(\S.*)$`)

// foreign makes a skill of what another program wrote: the items of its first
// list are its steps, or else its first paragraph is what to do.
func foreign(d Document, to Target) agent.Skill {
	s := agent.Skill{Suite: to.Suite, Kind: to.Kind, Category: agent.SkillGeneral, Title: line(strings.ReplaceAll(d.Name, "-", " "), maxField), When: line(d.Description, maxField), For: []string{}}
	if to.Kind != "" {
		s.Category = agent.SkillTask
	}
	items, paragraph := beginning(d.Body)
	for _, item := range items {
		s.Steps = append(s.Steps, line(item, maxStep))
	}
	if s.Principle = strings.Join(s.Steps, arrow); s.Principle == "" {
		s.Principle = line(paragraph, maxField)
	}
	return s
}

// beginning is the first list of a Markdown text, of whose items what comes before
// a blank line, and the first paragraph before it. Code is passed over.
func beginning(markdown string) (items []string, paragraph string) {
	var open *string // what the next line goes on with; nil: nothing
	mark, inCode := "", false
	for text := range strings.Lines(markdown) {
		indented := strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t")
		text = strings.TrimRightFunc(text, unicode.IsSpace)
		item, said := listItem.FindStringSubmatch(text), strings.TrimSpace(text)
		switch fenced := strings.HasPrefix(said, "```") || strings.HasPrefix(said, "~~~"); {
		case fenced || inCode:
			inCode, open = fenced != inCode, nil
		case item != nil:
			if len(items) == maxSteps || len(items) > 0 && !indented && item[1]+item[2] != mark { // another list
				return items, paragraph
			}
			if len(items) == 0 {
				mark = item[1] + item[2]
			}
			items = append(items, item[3])
			open = &items[len(items)-1]
		case said == "":
			open = nil
		case strings.HasPrefix(said, "#"):
			if open = nil; len(items) > 0 {
				return items, paragraph
			}
		case open != nil:
			if len(*open) < maxField*utf8.UTFMax { // more of it is cut anyway
				*open += " " + said
			}
		case len(items) > 0 && !indented:
			return items, paragraph
		case len(items) == 0 && paragraph == "":
			paragraph = said
			open = &paragraph
		}
	}
	return items, paragraph
}

// line is s in one line of at most n characters.
func line(s string, n int) string { return cut(strings.Join(strings.Fields(s), " "), n) }

package huggingface

import "strings"

// canonical writes a template in Jinja such that two that differ only in how
// they are set are the same: no white space in tags but within literals, single
// quotation marks, \n for a newline in a literal, no comments, no dashes at
// tags, and none of the white space between tags that does not come out.
// What is no template comes out as something.
func canonical(template string) string {
	var out strings.Builder
	gap := seam{afterBlock: true}
	for template != "" {
		at := strings.Index(template, "{")
		for at >= 0 && at+1 < len(template) && !strings.ContainsRune("{%#", rune(template[at+1])) {
			next := strings.Index(template[at+1:], "{")
			if next < 0 {
				at = -1
				break
			}
			at += 1 + next
		}
		if at < 0 || at+1 >= len(template) {
			gap.beforeBlock = true
			out.WriteString(gap.text(template))
			break
		}
		text, kind := template[:at], template[at+1]
		body, rest := tag(template[at+2:], kind)
		gap.trim = gap.trim || strings.HasPrefix(body, "-")
		gap.beforeBlock = kind != '{'
		out.WriteString(gap.text(text))
		gap = seam{trim: strings.HasSuffix(body, "-"), afterBlock: kind != '{'}
		body = strings.TrimSuffix(strings.TrimPrefix(body, "-"), "-")
		if kind != '#' {
			out.WriteString("{" + string(kind) + inTag(body) + closing(kind))
		}
		template = rest
	}
	return out.String()
}

// seam is what is between two tags, of which a block is one that writes
// nothing. The ends of the template are like blocks.
type seam struct {
	trim                    bool // one of the tags takes the white space
	afterBlock, beforeBlock bool
}

// text returns what comes out of the text there, "" for white space that does
// not, since a tag takes it or, with the settings that transformers has, since
// it is the line end after a block and the indent before the next one.
func (s seam) text(text string) string {
	if strings.TrimSpace(text) != "" {
		return text
	}
	if s.trim || s.afterBlock && s.beforeBlock && strings.Count(text, "\n") < 2 {
		return ""
	}
	return text
}

func closing(kind byte) string {
	if kind == '{' {
		return "}}"
	}
	return string(kind) + "}"
}

// tag returns the inside of the tag with which s begins, and what follows it.
// The end of a tag in a literal is no end.
func tag(s string, kind byte) (body, rest string) {
	end, quote := closing(kind), byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case strings.HasPrefix(s[i:], end):
			return s[:i], s[i+len(end):]
		case kind != '#' && (c == '\'' || c == '"'):
			quote = c
		}
	}
	return s, ""
}

// inTag is the canonical inside of a tag.
func inTag(s string) string {
	var out strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
			out.WriteByte('\'')
		case quote == 0:
			if !strings.ContainsRune(" \t\r\n", rune(c)) {
				out.WriteByte(c)
			}
		case c == quote:
			quote = 0
			out.WriteByte('\'')
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\\' && i+1 < len(s):
			out.WriteString(s[i : i+2])
			i++
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

package huggingface

import "strings"

// pretokenizer cuts text into words, across which nothing is merged.
type pretokenizer struct {
	bytes  bool       // words are written in bytes: ByteLevel
	space  bool       // a space goes before text that has none: add_prefix_space
	mark   string     // what stands for a space, "" if nothing does: Metaspace
	prefix prefixing  // where a mark goes before text that has none
	splits []splitter // each cuts the words of the one before it
}

// prefixing is prepend_scheme.
type prefixing int

const (
	never  prefixing = iota
	first            // at the beginning of the text
	always           // at the beginning and after every added token
)

func newPretokenizer(n node) (pretokenizer, error) {
	p := pretokenizer{}
	steps, err := n.steps("pretokenizers")
	if err != nil {
		return p, err
	}
	for i, s := range steps {
		kind, f := s.component()
		if f.err != nil {
			return p, f.err
		}
		if p.bytes || p.mark != "" {
			return p, unsupported(s.path, "%s after ByteLevel or Metaspace", kind)
		}
		switch kind {
		case "ByteLevel":
			p.bytes = true
			p.space = f.flag("add_prefix_space")
			f.flagOrTrue("trim_offsets") // of offsets, which there are none of
			if f.flagOrTrue("use_regex") {
				p.splits = append(p.splits, splitGPT2)
			}
			if p.space && i > 0 {
				return p, unsupported(s.path+".add_prefix_space", "true, after another step")
			}
		case "Metaspace":
			err = p.metaspace(f)
			if i > 0 && err == nil {
				err = unsupported(s.path, "Metaspace after another step")
			}
		case "Digits":
			if f.flag("individual_digits") {
				p.splits = append(p.splits, splitDigits)
			} else {
				p.splits = append(p.splits, splitNumbers)
			}
		case "Split":
			err = p.split(f)
		default:
			err = unsupported(s.path+".type", "%s", quote(kind))
		}
		if err != nil {
			return p, err
		}
		if err := f.end(); err != nil {
			return p, err
		}
	}
	return p, nil
}

// split reads a pattern all of whose matches become words, or a string that
// ends words. The known patterns match everything, so that removing what they
// do not match is the same.
func (p *pretokenizer) split(f *fields) error {
	pattern := f.need("pattern", '{').fields()
	behavior, invert := f.text("behavior"), f.flag("invert")
	if f.err != nil {
		return f.err
	}
	if end, ok := pattern.has("String"); ok && end.text != "" && behavior == "MergedWithPrevious" && !invert {
		p.splits = append(p.splits, splitAfter(pattern.text("String")))
		return pattern.end()
	}
	regex := pattern.text("Regex")
	if err := pattern.end(); err != nil {
		return unsupported(pattern.n.path, "want a Regex, or a String with the behavior MergedWithPrevious: %v", err)
	}
	s, ok := patterns(regex)
	if !ok {
		return unsupported(pattern.n.path+".Regex", "%s is none of the known patterns, which are those of GPT-2, Llama 3 and Qwen 2", quote(regex))
	}
	if !(behavior == "Isolated" && !invert || behavior == "Removed" && invert) {
		return unsupported(f.n.path+".behavior", "%s with invert %t", quote(behavior), invert)
	}
	p.splits = append(p.splits, s)
	return nil
}

func (p *pretokenizer) metaspace(f *fields) error {
	m, err := readMetaspace(f)
	if err != nil {
		return err
	}
	p.mark, p.prefix = m.mark, m.prefix
	if m.split {
		p.splits = append(p.splits, everyMark(m.mark))
	}
	return nil
}

// metaspace is what the pre-tokenizer and the decoder of that name say.
type metaspace struct {
	mark   string
	prefix prefixing
	split  bool
}

func readMetaspace(f *fields) (metaspace, error) {
	m := metaspace{mark: f.text("replacement")}
	if f.err == nil && len([]rune(m.mark)) != 1 {
		return m, invalid(f.n.path+".replacement", "%s, must be one character", quote(m.mark))
	}
	scheme := "always"
	if _, ok := f.has("prepend_scheme"); ok {
		scheme = f.text("prepend_scheme")
	}
	if _, ok := f.has("add_prefix_space"); ok { // of older files
		if !f.flag("add_prefix_space") {
			if _, ok := f.has("prepend_scheme"); ok && scheme != "never" {
				return m, invalid(f.n.path+".add_prefix_space", "false, with prepend_scheme %s", quote(scheme))
			}
			scheme = "never"
		}
	}
	if _, ok := f.has("str_rep"); ok && f.text("str_rep") != m.mark {
		return m, unsupported(f.n.path+".str_rep", "%s, must be replacement", quote(f.text("str_rep")))
	}
	m.split = f.flagOrTrue("split")
	schemes := map[string]prefixing{"never": never, "first": first, "always": always}
	var ok bool
	if m.prefix, ok = schemes[scheme]; !ok {
		return m, unsupported(f.n.path+".prepend_scheme", "%s", quote(scheme))
	}
	return m, f.err
}

// prepare returns text, which begins at byte at of the whole, with what belongs
// before it and instead of spaces.
func (p *pretokenizer) prepare(text string, at int) string {
	if p.space && !strings.HasPrefix(text, " ") {
		text = " " + text
	}
	if p.mark == "" {
		return text
	}
	text = strings.ReplaceAll(text, " ", p.mark)
	if (p.prefix == always || p.prefix == first && at == 0) && !strings.HasPrefix(text, p.mark) {
		text = p.mark + text
	}
	return text
}

package huggingface

import "strings"

// normalizer changes text before it is cut: its steps one after the other.
type normalizer []func(text string) string

func (n normalizer) apply(text string) string {
	for _, step := range n {
		text = step(text)
	}
	return text
}

// maxGrowth bounds by how much the replacements of a file may lengthen text.
const maxGrowth = 64

func newNormalizer(n node) (normalizer, error) {
	var all normalizer
	growth := 1
	steps, err := n.steps("normalizers")
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		kind, f := s.component()
		switch kind {
		case "NFC":
			all = append(all, newComposer().nfc)
		case "Prepend":
			prefix := f.text("prepend")
			if len(prefix) > MaxAddedBytes {
				return nil, unsupported(s.path+".prepend", "%s", quote(prefix))
			}
			all = append(all, func(text string) string {
				if text == "" {
					return ""
				}
				return prefix + text
			})
		case "Replace":
			from, to, err := readReplace(f)
			if err != nil {
				return nil, err
			}
			if growth *= max(1, (len(to)+len(from)-1)/len(from)); growth > maxGrowth {
				return nil, unsupported(s.path, "%s by %s: text would become too long", quote(from), quote(to))
			}
			all = append(all, func(text string) string { return strings.ReplaceAll(text, from, to) })
		default:
			return nil, unsupported(s.path+".type", "%s", quote(kind))
		}
		if err := f.end(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readReplace reads a Replace of a string, which is not empty, by another.
func readReplace(f *fields) (from, to string, err error) {
	pattern := f.need("pattern", '{').fields()
	to = f.text("content")
	if f.err != nil {
		return "", "", f.err
	}
	from = pattern.text("String")
	if err := pattern.end(); err != nil {
		return "", "", unsupported(pattern.n.path, "want a String: %v", err)
	}
	if from == "" || len(to) > MaxAddedBytes {
		return "", "", unsupported(f.n.path, "%s by %s", quote(from), quote(to))
	}
	return from, to, nil
}

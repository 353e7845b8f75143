package huggingface

import "slices"

// maxFrame bounds what is put around a text; models want one or two tokens.
const maxFrame = 64

// newFrame reads what the post-processor puts before and after a text. Its
// templates for pairs of texts are checked but not used.
func newFrame(n node, ids map[string]int32) (prefix, suffix []int32, err error) {
	steps, err := n.steps("processors")
	if err != nil {
		return nil, nil, err
	}
	done := false
	for _, s := range steps {
		kind, f := s.component()
		switch {
		case kind == "ByteLevel": // of offsets, which there are none of
			for _, flag := range []string{"add_prefix_space", "trim_offsets", "use_regex"} {
				f.flagOrTrue(flag)
			}
		case kind == "TemplateProcessing" && !done:
			done = true
			if prefix, suffix, err = template(f, ids); err != nil {
				return nil, nil, err
			}
		default:
			return nil, nil, unsupported(s.path+".type", "%s", quote(kind))
		}
		if err := f.end(); err != nil {
			return nil, nil, err
		}
	}
	return prefix, suffix, nil
}

func template(f *fields, ids map[string]int32) (prefix, suffix []int32, err error) {
	single, pair := f.need("single", '['), f.need("pair", '[')
	special, err := templateTokens(f.need("special_tokens", '{'), ids)
	if f.err != nil || err != nil {
		return nil, nil, firstError(f.err, err)
	}
	if _, _, err := pieces(pair, special); err != nil {
		return nil, nil, err
	}
	out, texts, err := pieces(single, special)
	if err != nil {
		return nil, nil, err
	}
	if len(texts) != 1 || texts[0].id != "A" {
		return nil, nil, unsupported(single.path, "must have the Sequence A once and no other")
	}
	at := texts[0].at
	return slices.Clone(out[:at]), slices.Clone(out[at:]), nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// textPlace says that text id comes after so many tokens.
type textPlace struct {
	id string
	at int
}

// pieces reads [{"SpecialToken":{"id":…,"type_id":…}},{"Sequence":{…}}, …].
func pieces(list node, special map[string][]int32) (tokens []int32, texts []textPlace, err error) {
	for _, v := range list.values {
		f := v.fields()
		token, isToken := f.has("SpecialToken")
		sequence, isSequence := f.has("Sequence")
		if err := f.end(); err != nil {
			return nil, nil, err
		}
		if isToken == isSequence {
			return nil, nil, invalid(v.path, "want one of SpecialToken and Sequence")
		}
		inner := token.fields()
		if isSequence {
			inner = sequence.fields()
		}
		id := inner.text("id")
		inner.need("type_id", '0') // of segments, which these models have none of
		if err := inner.end(); err != nil {
			return nil, nil, err
		}
		if isSequence {
			texts = append(texts, textPlace{id, len(tokens)})
			continue
		}
		t, ok := special[id]
		if !ok {
			return nil, nil, invalid(v.path, "%s is not among special_tokens", quote(id))
		}
		if tokens = append(tokens, t...); len(tokens) > maxFrame {
			return nil, nil, unsupported(list.path, "more than %d tokens", maxFrame)
		}
	}
	return tokens, texts, nil
}

// templateTokens reads {"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}, …}.
func templateTokens(n node, ids map[string]int32) (map[string][]int32, error) {
	all := map[string][]int32{}
	for i, v := range n.values {
		f := v.fields()
		id, numbers, names := f.text("id"), f.need("ids", '[').values, f.need("tokens", '[').values
		if err := f.end(); err != nil {
			return nil, err
		}
		if id != n.keys[i] || len(numbers) != len(names) {
			return nil, invalid(v.path, "id %s, %d ids, %d tokens", quote(id), len(numbers), len(names))
		}
		for j, number := range numbers {
			have, err := parseID(number.path, number.text)
			if err != nil {
				return nil, err
			}
			if want, ok := ids[names[j].text]; !ok || want != have {
				return nil, invalid(number.path, "%d is not the token %s", have, quote(names[j].text))
			}
			all[id] = append(all[id], have)
		}
	}
	return all, nil
}

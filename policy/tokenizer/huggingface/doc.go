// Package huggingface reads the tokenizers of other people's models: the
// tokenizer.json that Hugging Face's tokenizers library writes, for models of
// byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909), with the chat
// templates that lie beside them.
//
// [Open] or [Parse] gives a [Tokenizer]. Two families are known:
//
//   - byte-level, as in GPT-2, Llama 3, Qwen2 to Qwen3 and SmolLM2: text is cut
//     by one of the patterns in split.go, and merged from its bytes;
//   - SentencePiece-style, as in Llama 2, TinyLlama and Gemma: spaces become "▁", and
//     text is merged from its characters, which fall back to bytes.
//
// The tokens are those of the Rust library, version 0.23.2, which made the
// golden files in testdata. The file is read strictly: whatever in it is not
// understood is an error that names the field and its value, and wraps
// ErrUnsupported where the library would know it, ErrInvalid where nobody
// would. Four deviations are deliberate: text that is not UTF-8 is encoded
// byte by byte (the library cannot be given any), a number that is no token
// decodes to U+FFFD (the library leaves it out), an added token keeps the number
// the file gives it (the library numbers it anew), and DecodePlain leaves out
// special tokens that are looked for in normalised text too (the library keeps
// those that normalisation changes). Classes of characters
// are those of the Unicode version of the Go release, which for Go 1.26 are the
// library's; normalisation is that of Unicode 14, where the library does not
// know some 150 marks that came after Unicode 10.
//
// [Tokenizer.Encode] reads the names of special tokens in text as these tokens.
// Text from outside, which must not be able to end a turn of a chat, goes
// through [Tokenizer.EncodePlain].
//
// [OpenLayout] finds out from tokenizer_config.json how a model wants a chat laid
// out; [Layout.Chat] lays it out as text, and [Layout.Encode] as tokens, with
// no special ones from the contents of messages. There is no Jinja: a template
// is recognised by what it contains, or refused.
package huggingface

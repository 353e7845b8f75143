// Package langchain makes a model folder of Hugging Face's an llms.Model of
// langchaingo, so that any program over langchaingo runs it locally, without a
// server, a key or cgo.
//
// [Open] opens a folder as downloaded: config.json of Llama, SmolLM2, Qwen2,
// Qwen2.5 or Qwen3, the safetensors, tokenizer.json and the chat template. [New]
// takes a policy.ChatModel, of a model trained here say.
//
// Of langchaingo's options it honours temperature, top-k, top-p, seed, the
// number of tokens and of candidates, stop words and streaming. All others,
// tools and images are refused by name: an option is never ignored.
package langchain

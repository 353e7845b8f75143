// Package transformer is a small decoder-only transformer: forward, backward,
// AdamW and cached decoding. It computes by the operations of package kernel, on
// the processor's cores, or on another [kernel.Machine] if one is brought:
// [NewPassOn], [Model.NewDecoderOn], [Frozen.NewDecoderOn].
//
// The architecture is Llama's (Touvron et al. 2023, arXiv:2302.13971): RMSNorm
// before each block, rotary positions, grouped-query attention, SwiGLU; the head
// may be tied to the embedding. Config adds what Qwen2 (biases of queries, keys
// and values), Qwen3 (norms of queries and keys) and Llama 3.1 (stretched rotary
// frequencies) have. Parameters carry Hugging Face's names.
//
// The types to know:
//   - [Model] is the weights; [Save] and [Load] are its safetensors form,
//     [LoadFolder] and [SaveFolder] Hugging Face's for Llama, SmolLM2, Qwen2,
//     Qwen2.5 and Qwen3.
//   - [Frozen] is weights for decoding only, in the numbers of their files:
//     [OpenFrozen] maps a folder and reads what is needed when it is.
//   - [Pass] scores targets in a [Batch] and returns the gradient of any
//     weighted sum of their log-probabilities and entropies: every objective
//     of package policy is such a sum.
//   - [AdamW] turns gradients into an update, of all weights or of an
//     [Adapter]'s, which is LoRA.
//   - [Decoder] runs sequences forward with a [Cache] each. As a [Sampling]
//     says, it chooses among admissible sequences, a [Trie], token by token, or
//     generates freely, many sequences at a time; rollouts of one prompt, and
//     texts that go on ([PrefixCache]), read what they share once.
//
// Every result is the same bits for any number of threads. The logits of a
// sequence are also the same bits whatever other sequences are decoded with
// it, and however its tokens are split over calls of [Decoder.Append]. They do
// depend on the machine, and on a processor on the machine code in use (see
// package kernel), in the last digits.
//
// A Model or Frozen may be read by several goroutines; a Pass, Decoder, Cache,
// PrefixCache or AdamW belongs to one at a time, and none may run while
// [AdamW.Step], an Adapter, [Model.CopyFrom] or the caller writes to the
// weights.
package transformer

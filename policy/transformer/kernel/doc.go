// Package kernel holds the coarse operations of a transformer on float32
// matrices, and the goroutines that share them out.
//
// An operation is a struct that states its operands ([Product], [Norm],
// [Attention], …). A [Machine] runs it: a [Team], which splits it into units
// that no two workers share, or an accelerator. Of a Team a [Set] says which
// machine code is used: [Portable] Go, AVX2 with FMA, AVX-512, or NEON; [Best] is
// what the processor can do.
//
// # Operations
//
// These 23 are all that a model, its training and its decoding ask of a Machine.
// After the arrow is what is written, with + where it is added to what is
// there; all other operands are only read. What is written may be what is read
// only where it says so.
//
//	Pack            Src → Dst: a matrix, or its transpose, to panels
//	PackBrain       Src → Dst: rows of bfloat16, little-endian bytes, to panels, transposed
//	CopyPanels      Src → Dst: the first rows and columns
//	Product         A·B + Add → C, which may be Add
//	BrainProduct    the same with B bfloat16
//	Bias            Weight → +X, every row
//	BiasGrad        sum of the rows of DOut → +DWeight
//	Norm            X, Weight → Out, which may be X, and Inverse unless Known
//	NormGrad        X, DOut, Weight, Inverse → +DX
//	NormWeightGrad  X, DOut, Inverse → +DWeight
//	Gate            G, U → Out, which may be either
//	GateGrad        G, U, D → G, D, Act
//	Rotate          X, Cos, Sin → X
//	Gather          rows of Table → Out
//	Scatter         In → +rows of Table
//	Attention       Q, K, V → Out, LogSum unless nil; caches: K, V → KeyCache, ValueCache
//	AttentionGrad   Q, K, V, Out, DOut, LogSum → DQ, DK, DV
//	LogSoftmax      Logits → LogProb, Entropy; or Logits, DLogProb, DEntropy → Logits
//	Zero            → X
//	Scale           X → Out, which may be X
//	SumSquares      X → Parts
//	Adam            P, G, M, V → P, M, V
//	Scratch         X is not the host's any more
//
// # Order of sums
//
// Every element of a product is one chain of multiply-adds over the inner
// dimension in ascending order, whatever the shape of the product, the tile the
// element falls in, or the number of workers. Every sum over a row depends only
// on that row. So one row of input gives the same bits whatever other rows are
// there, and for any number of workers. All machine code gives the same bits: it
// fuses multiply and add in the same places, and sums rows over 8 lanes. The
// portable Set differs from it in the last bits: it rounds between multiply and
// add, and sums rows in plain order.
//
// In Go a product that is added to is converted to float32 first, without which
// a compiler may round once for both, and does for arm64 and GOAMD64=v3.
//
// # Layout
//
// Matrices are row-major with an explicit distance between rows. The right
// operand of a product is packed into [Panels], or into [BrainPanels] if it is
// bfloat16, first. Operations panic with "kernel: internal error" if a slice is
// too short for the shape stated: the caller checks what comes from outside.
package kernel

//go:generate go run -C asm .

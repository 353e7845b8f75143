// Package kernel holds the coarse operations of a transformer on float32
// matrices, and the goroutines that share them out.
//
// An operation is a struct that states its operands ([Product], [Norm],
// [Attention], …); a [Team] runs it, split into units that no two workers
// share. A [Set] says which machine code is used: [Portable] Go, AVX2 with FMA,
// AVX-512, or NEON; [Best] is what this machine can do.
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
// # Layout
//
// Matrices are row-major with an explicit distance between rows. The right
// operand of a product is packed into [Panels], or into [BrainPanels] if it is
// bfloat16, first. Operations panic with "kernel: internal error" if a slice is
// too short for the shape stated: the caller checks what comes from outside.
package kernel

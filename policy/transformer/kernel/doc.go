// Package kernel holds the coarse operations of a transformer on float32
// matrices, and the goroutines that share them out.
//
// An operation is a struct that states its operands ([Product], [Norm],
// [Attention], …); a [Team] runs it, split into units that no two workers
// share. A [Set] says which machine code is used: [Portable] Go, AVX2 with FMA,
// or AVX-512; [Best] is what this machine can do.
//
// # Order of sums
//
// Every element of a product is one chain of multiply-adds over the inner
// dimension in ascending order, whatever the shape of the product, the tile the
// element falls in, or the number of workers. Every sum over a row depends only
// on that row. So one row of input gives the same bits whatever other rows are
// there, and for any number of workers. Different Sets differ in the last bits:
// the portable one rounds between multiply and add, and row sums run over 8
// lanes of AVX2 but in plain order in Go.
//
// # Layout
//
// Matrices are row-major with an explicit distance between rows. The right
// operand of a product is packed into [Panels], or into [BrainPanels] if it is
// bfloat16, first. Operations panic with "kernel: internal error" if a slice is
// too short for the shape stated: the caller checks what comes from outside.
package kernel

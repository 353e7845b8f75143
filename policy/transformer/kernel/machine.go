package kernel

// Machine runs operations. [Team] is one: it is the processor's own cores. An
// accelerator is another, which tells the operations of this package apart by
// their concrete types, as pointers to the structs listed in the package
// comment, and needs to know no others. It passes [kerneltest.Run].
//
// Run states one operation. An operation that is stated after another sees what
// that has written. Do calls body once and returns after it. Run outside Do is
// the same as within a Do of its own. Do is not called within itself, and a
// Machine is used by one goroutine at a time. Machines are compared by ==.
//
// # Memory
//
// The operands are the slices of float32 and float64 in an operation, and they
// are in the host's memory. From the beginning of Do until it returns those of
// all operations belong to the machine: only operations read and write them. So
// a machine with memory of its own copies what it has not got yet, and may do
// so at any time before it needs it; and it may run operations when it likes,
// as long as what they have written is in the host's memory when Do returns.
// Between one Do and the next the host may have written to any of them. Exempt
// is what a [Scratch] has named: it stays with the machine from then on.
//
// Two operands are the same memory if their elements have the same addresses:
// one may be a part of the other, and operations may state different parts. An
// operation writes no element that its comment does not name, so what lies
// beside its results, such as between rows, keeps its value.
//
// All else that an operation holds is its statement: numbers, shapes, indices,
// positions, spans, lists of candidates and of panels, the [AdamStep], and the
// bytes of [PackBrain]. It is read before Run returns; the caller uses the
// memory of it again.
//
// [Panels] and [BrainPanels] belong to the machine at all times: only its
// operations look at what is in them or write to it. The host sees to their
// shape, K and N, which is part of the statement of an operation they are in. So
// a machine can keep their contents in its own memory, by their address, and
// may set Data, which is how a Team keeps them, to nil. Panels are used on one
// machine only, or on Teams only: Teams can read each other's.
//
// What a machine keeps of panels or of a Scratch it has to let go of when the
// host does (runtime.AddCleanup): other things will be at their addresses.
//
// # Results
//
// What an operation gives of a row (of a product, a norm, a row of logits, or a
// sequence's attention) must not depend on the other rows that are there, to
// the bit, and the same operation on the same operands must give the same bits.
// Machines differ from each other within the tolerances of [kerneltest.Run].
//
// A shape that does not fit its slices, or an operation that is not known, is a
// broken invariant, for which Run panics, at the latest when Do returns.
//
// [kerneltest.Run]: https://pkg.go.dev/github.com/surefoot-ai/surefoot/policy/transformer/kernel/kerneltest#Run
type Machine interface {
	Do(body func())
	Run(op Op)
}

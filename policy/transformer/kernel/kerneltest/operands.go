package kerneltest

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
)

// operand is a slice of numbers in an operation.
type operand struct {
	name    string
	written bool
	value   reflect.Value // the field, of type []float32 or []float64
}

// operands lists the operands of op but its panels.
func operands(op kernel.Op) []operand {
	var all []operand
	v, names := reflect.ValueOf(op).Elem(), written(op)
	for i := range v.NumField() {
		switch v.Field(i).Interface().(type) {
		case []float32, []float64:
			name := v.Type().Field(i).Name
			all = append(all, operand{name, slices.Contains(names, name), v.Field(i)})
		}
	}
	return all
}

// written names the operands that op writes to, its panels left out, as the
// comment of package kernel lists them.
func written(op kernel.Op) []string {
	switch o := op.(type) {
	case *kernel.Pack, *kernel.PackBrain, *kernel.CopyPanels, *kernel.Scratch:
		return nil
	case *kernel.Product, *kernel.BrainProduct:
		return []string{"C"}
	case *kernel.Bias, *kernel.Rotate, *kernel.Zero:
		return []string{"X"}
	case *kernel.BiasGrad, *kernel.NormWeightGrad:
		return []string{"DWeight"}
	case *kernel.Norm:
		if o.Known {
			return []string{"Out"}
		}
		return []string{"Out", "Inverse"}
	case *kernel.NormGrad:
		return []string{"DX"}
	case *kernel.Gate, *kernel.Gather, *kernel.Scale:
		return []string{"Out"}
	case *kernel.GateGrad:
		return []string{"G", "D", "Act"}
	case *kernel.Scatter:
		return []string{"Table"}
	case *kernel.Attention:
		return []string{"Out", "LogSum"}
	case *kernel.AttentionGrad:
		return []string{"DQ", "DK", "DV"}
	case *kernel.LogSoftmax:
		if o.Grad {
			return []string{"Logits"}
		}
		return []string{"LogProb", "Entropy"}
	case *kernel.SumSquares:
		return []string{"Parts"}
	case *kernel.Adam:
		return []string{"P", "M", "V"}
	}
	panic(fmt.Sprintf("kerneltest: internal error: unknown operation %T", op))
}

// floats is the operand's numbers in float64.
func (o operand) floats() []float64 {
	if x, ok := o.value.Interface().([]float64); ok {
		return x
	}
	var out []float64
	for _, v := range o.value.Interface().([]float32) {
		out = append(out, float64(v))
	}
	return out
}

// changedBy reports whether other is written to, and is o or the same memory.
func (o operand) changedBy(other operand) bool {
	return other.written && (o.name == other.name || o.value.Len() > 0 && o.value.Pointer() == other.value.Pointer())
}

// extend makes the operand's slice as long as its memory.
func (o operand) extend() {
	if o.name != "Parts" {
		o.value.Set(o.value.Slice(0, o.value.Cap()))
	}
}

// memory is the operand's bytes.
func (o operand) memory() []byte {
	switch x := o.value.Interface().(type) {
	case []float64:
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 8*len(x))
	case []float32:
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
	}
	return nil
}

// use makes the operand the numbers in b, as many as it has.
func (o operand) use(b []byte) {
	p, n := unsafe.Pointer(unsafe.SliceData(b)), o.value.Len()
	if o.value.Type().Elem().Kind() == reflect.Float64 {
		o.value.Set(reflect.ValueOf(unsafe.Slice((*float64)(p), n)))
	} else {
		o.value.Set(reflect.ValueOf(unsafe.Slice((*float32)(p), n)))
	}
}

// clone is a copy of op with the same operands.
func clone(op kernel.Op) kernel.Op {
	c := reflect.New(reflect.TypeOf(op).Elem())
	c.Elem().Set(reflect.ValueOf(op).Elem())
	return c.Interface().(kernel.Op)
}

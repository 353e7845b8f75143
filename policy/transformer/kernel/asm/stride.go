package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// stride is a distance in bytes, and three times it.
type stride struct{ one, three reg.Register }

// triple makes s.three of s.one.
func (c code) triple(s stride) { c.LEAQ(at(s.one, 0).Idx(s.one, 2), s.three) }

// from is m, i times the distance further on; i is at most 3.
func (s stride) from(m operand.Mem, i int) operand.Mem {
	switch i {
	case 1, 2:
		return m.Idx(s.one, uint8(i))
	case 3:
		return m.Idx(s.three, 1)
	}
	return m
}

package ownplay

import (
	"testing"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/methods"
)

func labIn(t *testing.T, seeds []uint64) *methods.Lab {
	return &methods.Lab{Dir: t.TempDir(), Seeds: seeds, Workers: 2}
}

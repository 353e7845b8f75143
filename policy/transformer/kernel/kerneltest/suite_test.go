package kerneltest_test

import (
	"fmt"
	"testing"

	"github.com/surefoot-ai/surefoot/policy/transformer/kernel"
	"github.com/surefoot-ai/surefoot/policy/transformer/kernel/kerneltest"
)

func TestTeam(t *testing.T) {
	for _, set := range kernel.Available() {
		for workers := 1; workers <= 2; workers++ {
			t.Run(fmt.Sprintf("%v, %d workers", set, workers), func(t *testing.T) {
				kerneltest.Run(t, func() kernel.Machine { return kernel.NewTeam(set, workers) })
			})
		}
	}
}

func TestReference(t *testing.T) {
	kerneltest.Run(t, func() kernel.Machine { return kerneltest.NewReference() })
}

func TestHiding(t *testing.T) {
	kerneltest.Run(t, func() kernel.Machine { return kerneltest.NewHiding(kernel.NewTeam(kernel.Best(), 2)) })
}

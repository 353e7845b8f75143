package main

import (
	"sync"

	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/shipped"
)

// localTokens counts in the tokens of the shipped policy, which it loads when it
// is first asked.
func localTokens() func(string) int {
	count := sync.OnceValue(func() func(string) int {
		lm, _, err := policy.Load(shipped.Household())
		if err != nil {
			panic("agentctl: internal error: the shipped policy: " + err.Error())
		}
		return lm.CountTokens
	})
	return func(s string) int { return count()(s) }
}

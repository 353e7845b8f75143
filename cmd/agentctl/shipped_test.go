package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surefoot-ai/surefoot/eval"
	"github.com/surefoot-ai/surefoot/policy/shipped"
)

// evaluate runs 'agentctl eval' with args.
func evaluate(t *testing.T, args ...string) eval.Result {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"eval", "-q", "-o", "json", "--out", filepath.Join(t.TempDir(), "run")}, args...)
	if status := run(context.Background(), args, strings.NewReader(""), &out, &errs); status != exitOK {
		t.Fatalf("agentctl %s: exit status %d\n%s", strings.Join(args, " "), status, errs.String())
	}
	var res eval.Result
	if err := json.Unmarshal(out.Bytes(), &res); err != nil {
		t.Fatal(err)
	}
	return res
}

// The shipped policy fits into its bound and wins at least five times as many
// games it never saw as random play does.
func TestShippedPolicy(t *testing.T) {
	if n := len(shipped.Household()); n > 8<<20 {
		t.Errorf("the shipped policy has %d bytes, at most 8 MiB are allowed", n)
	}
	floor := evaluate(t, "--policy", "random", "--conditions", "none", "--trials", "1", "--split", "floor", "--tasks", "1000")
	ours := evaluate(t, "--conditions", "none", "--trials", "1", "--split", "floor", "--tasks", "30")
	random, policy := floor.Conditions[0].Trials[0].Success, ours.Conditions[0].Trials[0].Success
	t.Logf("random play wins %.4f, the shipped policy %.4f", random.Estimate, policy.Estimate)
	if policy.Estimate < 5*random.Estimate || policy.Low <= random.High {
		t.Errorf("the shipped policy wins %v, random play %v", policy, random)
	}
}

// The shipped policy reads what its memory says of the game at hand: with few
// actions a game, it wins more of those that it lost if it is given its own lessons
// than if it is given those of other games.
func TestShippedPolicyReads(t *testing.T) {
	res := evaluate(t, "--conditions", "asymmetric,swapped", "--split", "reads", "--tasks", "80", "--seeds", "1", "--steps", "15")
	own, others := res.Conditions[0].Trials[2].Success, res.Conditions[1].Trials[2].Success
	t.Logf("within three tries %.3f with its own memory, %.3f with a swapped one", own.Estimate, others.Estimate)
	if own.Estimate < others.Estimate+0.1 {
		t.Errorf("own memory %v, swapped %v", own, others)
	}
}

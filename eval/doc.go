// Package eval plays a suite of tasks under several conditions of memory, with
// paired chance, and counts what each condition reached.
//
// A [Suite] is tasks and the world they are played in, a [Condition] is a memory
// or none, and a [Config] puts both together with a policy and seeds. [Run]
// plays
//
//	for each condition and seed: a fresh memory
//	  for each trial: play every task not yet solved, then record the episodes
//
// and returns a [Result]. All tasks of a trial meet the memory as it stood at
// the start of the trial, and are recorded in task order, so the result is the
// same for any number of workers. The same seed, task and trial give every
// condition the same random source: two conditions differ by nothing but what
// memory put before the policy.
//
// Where Config.Dir is set, each finished episode is appended to a log there, and
// an interrupted run goes on where it stopped, to the same result.
package eval

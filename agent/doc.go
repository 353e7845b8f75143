// Package agent holds the nouns of the system and the one loop that plays a
// task.
//
// A [Task] is played in an [Environment] by a [Policy]; [Run] is the loop, and
// its record is an [Episode]: the steps as they happened and the [Outcome].
// What memory knows reaches the policy as a [Context] through a [Recaller];
// what happened reaches memory through a [Recorder].
//
// The package touches no disk and no model, and prints nothing. Every other
// package imports it; it imports only the standard library and google/uuid.
package agent

// Package importer reads episodes that other programs recorded.
//
// A [Format] reads one kind of file as a stream. What it cannot keep it leaves
// out by rule, never by guess: thoughts are no actions, and prompts that are the
// same in every episode say nothing of one. An episode's ID follows from its
// record, so that the same file imported twice is the same episodes, and its
// Origin says which record of which file it was.
package importer

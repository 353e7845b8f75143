// Package memory keeps what worked word for word and what failed as lessons,
// and recalls both for a task within a budget of tokens.
//
// A [Store] is a folder. [Store.Record] takes an agent.Episode: a success
// becomes a demonstration, byte for byte; of a failure only its abstraction
// can reach a context, while the trace stays in the archive as evidence.
// [Store.Recall] gives an agent.Context for a task, and [Store.Explain] says
// why it looks as it does. A Store is an agent.Recaller and an agent.Recorder.
// Whether an item helps is measured by withholding it now and then by chance, see
// [Store.Effects]; whether memory as a whole does, see [Store.Overall].
//
// Every write is a commit of the history: [Store.Log] and [Store.Diff] say what
// changed, and [Store.Rollback] makes the items those of an earlier point again.
// Skills, which others make ([Store.KeepSkills]), are items as well; they are
// recalled only if [Options].SkillTokens says so.
//
// What Record acknowledged survives kill -9 and a power cut, and a full disk
// costs only what it refused. Damage of the disk is named ([ErrCorrupt]), by the
// read that meets it or by [Verify], and never read as truth; [Repair] saves what
// verifies, [Backup] and [Restore] what there was. [Options].ReadOnly reads where
// nothing can be written.
//
// The truth is one SQLite file (package archive). Vectors and words are searched
// in memory (package index), and what they find is fused. Neither
// the embedder (package embed) nor the abstraction of failures (package lesson)
// needs a model; both can be replaced through [Options].
package memory

// Package archive is the durable truth of memory: one SQLite file that holds
// every episode byte for byte, what was learned from it, and the vectors of that.
//
// One commit guarantees: an [Archive.Write] that returned nil is on the disk
// (write-ahead log, synchronous=FULL) with all that its function wrote, or,
// after a crash before that, none of it is there. Writers wait for each other,
// also between processes, for as long as [BusyTimeout].
//
// On damage a reader returns an error that wraps [ErrCorrupt] and names what
// is damaged; it never returns bytes whose hash is wrong and it repairs
// nothing. Episodes, items and vectors have a hash each; the file keeps a count
// and a chain of its episodes, so that one that is missing shows in
// [Archive.Check]; and beside it lies the head, a few bytes that say after each
// commit how many there were, so that a lost end of the write-ahead log shows
// when the file is opened. What cannot be told from the truth is a folder that
// was taken back to an earlier state as a whole, head included.
//
// Each commit keeps what the items that it changed were before, so that the past
// is reached by going back from the present; see [Archive.Log], [Archive.Changed]
// and [Tx.Revert].
//
// A file written by a later version is refused with [ErrNewerSchema].
package archive

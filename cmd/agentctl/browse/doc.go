// Package browse is what a reader of a memory sees: lists of its skills,
// lessons, demonstrations and episodes, each of them in detail, the links
// between them, and how success went over the episodes.
//
// A [Reader] answers from the memory as it is at each call, while an agent may
// write to it. All texts that it returns are fit to be shown: they hold no
// control characters, see [Line] and [Lines]. The terminal and the web page
// that show them are in subpackages and know no memory.
package browse

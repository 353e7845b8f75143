// Package report shows the [Result] of an evaluation, or a [Study] of a claim:
// as text tables, as JSON and as one self-contained HTML page. The figures of a
// study can be written to files of their own, its tables as Markdown.
//
// All of them are deterministic: the same Result or Study gives the same bytes.
package report

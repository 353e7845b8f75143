// Package report shows the [Result] of an evaluation: as a text table, as JSON
// and as one self-contained HTML page.
//
// All three are deterministic: the same Result gives the same bytes.
package report

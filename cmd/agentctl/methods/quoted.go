package methods

import "github.com/surefoot-ai/surefoot/eval/report"

// quoted is a table of a paper's figures, as they are printed there.
func quoted(t report.Table, rows [][]string) report.Table {
	for _, row := range rows {
		cells := make([]report.Cell, len(row))
		for i, text := range row {
			cells[i] = report.TextCell(text)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

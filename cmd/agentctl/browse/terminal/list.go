package terminal

import "github.com/surefoot-ai/surefoot/cmd/agentctl/browse"

// list is one of the lists, of which a part is held.
type list struct {
	class  browse.Class
	filter string
	cursor int // the row that is marked
	top    int // the first row on the screen

	page    browse.Page // rows around those on the screen
	of      string      // the filter by which it was read
	known   bool        // page was read
	stale   bool        // the memory was written to since it was asked for
	pending bool        // it is being read
}

// around is how many rows before and after those on the screen are read.
const around = 200

func (l *list) query(rows int) browse.Query {
	return browse.Query{Class: l.class, Filter: l.filter, Skip: max(l.top-around, 0), MaxRows: rows + 2*around}
}

// lacks reports whether some of the rows on the screen are not held.
func (l *list) lacks(rows int) bool {
	if !l.known || l.stale || l.of != l.filter {
		return true
	}
	end := min(l.top+rows, l.page.Total)
	return l.top < l.page.Skip || end > l.page.Skip+len(l.page.Rows)
}

// take holds what was read by q. Where rows have come before the marked one,
// which are new, it stays marked; the first row stays the first.
func (l *list) take(q browse.Query, p browse.Page) {
	if more := p.Total - l.page.Total; l.known && l.of == q.Filter && q.Filter == l.filter && l.class != browse.Skills && l.cursor > 0 {
		l.cursor = max(l.cursor+more, 0)
		if l.top > 0 { // else the new rows are seen
			l.top = max(l.top+more, 0)
		}
	}
	l.page, l.of, l.known = p, q.Filter, true
}

// row is the ith row of the list, if it is held.
func (l *list) row(i int) (browse.Row, bool) {
	if i -= l.page.Skip; !l.known || i < 0 || i >= len(l.page.Rows) {
		return browse.Row{}, false
	}
	return l.page.Rows[i], true
}

// keep keeps the mark within the list and on the screen.
func (l *list) keep(rows int) {
	if l.known {
		l.cursor = min(l.cursor, l.page.Total-1)
	}
	l.cursor = max(l.cursor, 0)
	l.top = within(l.top, l.cursor, rows)
}

// within is top, or the one nearest to it at which cursor is one of the rows
// from it on.
func within(top, cursor, rows int) int {
	return max(min(top, cursor), cursor-rows+1, 0)
}

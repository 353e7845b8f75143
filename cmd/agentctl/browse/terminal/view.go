package terminal

import (
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
)

// The styles, and their end. They are no colours: those are the terminal's.
const (
	bold    = "\x1b[1m"
	faint   = "\x1b[2m"
	reverse = "\x1b[7m"
	plain   = "\x1b[m"
)

// frame is how many lines there are beside the rows: the names of the lists,
// where one is, the heads of the columns, and what keys do.
const frame = 4

// rows is how many rows or lines there is room for.
func (m *model) rows() int { return max(m.height-frame, 1) }

// View implements tea.Model.
func (m *model) View() tea.View {
	v := tea.NewView(strings.Join(m.screen(), "\n"))
	v.AltScreen = true
	return v
}

// screen is m.height lines of at most m.width cells.
func (m *model) screen() []string {
	var body []string
	var where string
	switch d := m.detail(); {
	case m.help:
		where, body = "keys", append([]string{""}, helpLines()...)
	case d != nil:
		where, body = m.itemBody(d)
	default:
		where, body = m.listBody()
	}
	lines := append([]string{m.tabs(), faint + where + plain}, body...)
	last := max(m.height-1, 0)
	for len(lines) < last {
		lines = append(lines, "")
	}
	lines = append(lines[:last], m.foot())
	for i := range lines {
		lines[i] = ansi.Truncate(lines[i], m.width, "…")
	}
	return lines
}

// tabs are the names of the lists.
func (m *model) tabs() string {
	var b strings.Builder
	for i, l := range m.lists {
		name := " " + string(l.class) + " "
		if i == m.at {
			name = reverse + name + plain
		}
		b.WriteString(name)
	}
	return b.String()
}

// foot is the filter being typed, or what went wrong, or what keys do.
func (m *model) foot() string {
	switch {
	case m.typing:
		return "/" + m.list().filter + reverse + " " + plain
	case m.trouble+m.silence != "":
		return reverse + cmp.Or(m.silence, m.trouble) + plain
	}
	return faint + "Enter open · Backspace back · / filter · Tab next list · ? help · q end" + plain
}

func (m *model) listBody() (where string, body []string) {
	l := m.list()
	switch {
	case !l.known && m.trouble+m.silence == "":
		where = "reading …"
	case l.page.Total == 0:
		where = "none"
	default:
		where = fmt.Sprintf("%d of %d", l.cursor+1, l.page.Total)
	}
	if l.filter != "" {
		where += " with " + l.filter
	}
	var rows []browse.Row
	for i := l.top; i < l.top+m.rows(); i++ {
		row, _ := l.row(i)
		rows = append(rows, row)
	}
	widths := columns(l.page.Head, rows, m.width)
	body = append(body, bold+cells(l.page.Head, widths)+plain)
	for i, row := range rows {
		text := cells(row.Cells, widths)
		if l.top+i == l.cursor && row.Cells != nil {
			text = reverse + ansi.Truncate(text, m.width, "…") + plain
		}
		body = append(body, text)
	}
	return where, body
}

func (m *model) itemBody(d *item) (where string, body []string) {
	where = string(d.ref.Class) + " " + browse.Line(d.ref.ID)
	if d.lines == nil {
		return where, []string{"", "reading …"}
	}
	d.top = within(d.top, d.cursor, m.rows())
	body = append(body, "")
	for i := d.top; i < min(d.top+m.rows(), len(d.lines)); i++ {
		l := d.lines[i]
		text := l.style + l.text + plain
		if i == d.cursor {
			text = reverse + cmp.Or(l.text, " ") + plain
		}
		body = append(body, text)
	}
	return where, body
}

// widest is the width of a column but the last at most, and narrow that below
// which it is not made narrower for the others.
const (
	widest = 28
	narrow = 4
)

// columns are the widths of all columns but the last: as wide as their cells, but
// so narrow that enough of the last one is seen.
func columns(head []string, rows []browse.Row, width int) []int {
	w := make([]int, len(head))
	for i := range w {
		w[i] = ansi.StringWidth(head[i])
		for _, r := range rows {
			if i < len(r.Cells) {
				w[i] = max(w[i], ansi.StringWidth(r.Cells[i]))
			}
		}
	}
	if len(w) < 2 {
		return nil
	}
	last := w[len(w)-1]
	w = w[:len(w)-1]
	for i := range w {
		w[i] = min(w[i], widest)
	}
	room := max(width-last, width-30, width*3/5)
	for {
		sum, at := 0, 0
		for i := range w {
			sum += w[i] + 2
			if w[i] > w[at] {
				at = i
			}
		}
		if sum <= room || w[at] <= narrow {
			return w
		}
		w[at]--
	}
}

// cells are the texts of a row side by side.
func cells(texts []string, widths []int) string {
	var b strings.Builder
	for i, t := range texts {
		if i < len(widths) {
			t = ansi.Truncate(t, widths[i], "…")
			t += strings.Repeat(" ", widths[i]-ansi.StringWidth(t)+2)
		}
		b.WriteString(t)
	}
	return b.String()
}

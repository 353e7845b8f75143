package terminal

import (
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
)

// helpLines say what the keys do.
func helpLines() []string {
	return []string{
		"↑ ↓ j k      move",
		"PgUp PgDn    move by a screen",
		"Home End g G first, last",
		"Enter        open, or follow the marked link →",
		"Backspace    back; in a list: drop its filter",
		"n N          next, previous link",
		"Tab ⇧Tab     next, previous list",
		"/            filter: words that a row must have",
		"             (Enter keeps it, Esc drops it)",
		"?            this help",
		"q Ctrl-C     end",
	}
}

// press does what a key is for.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	key := k.String()
	switch {
	case key == "ctrl+c":
		return tea.Quit
	case m.typing:
		return m.typed(k)
	case key == "q":
		return tea.Quit
	case m.help || key == "?":
		m.help = !m.help
		return nil
	case key == "tab" || key == "shift+tab":
		by := 1
		if key == "shift+tab" {
			by = len(m.lists) - 1
		}
		m.at, m.details, m.trouble = (m.at+by)%len(m.lists), nil, ""
		return m.load()
	}
	if d := m.detail(); d != nil {
		return m.pressDetail(d, key)
	}
	return m.pressList(key)
}

// typed takes a key into the filter.
func (m *model) typed(k tea.KeyPressMsg) tea.Cmd {
	filter := m.list().filter
	switch k.String() {
	case "enter":
		m.typing = false
		return nil
	case "esc":
		m.typing = false
		return m.filterBy("")
	case "backspace":
		_, n := utf8.DecodeLastRuneInString(filter)
		return m.filterBy(filter[:len(filter)-n])
	}
	return m.filterBy(filter + k.Text)
}

// filterBy reads the list by another filter.
func (m *model) filterBy(filter string) tea.Cmd {
	l := m.list()
	if filter == l.filter {
		return nil
	}
	l.filter, l.cursor, l.top = filter, 0, 0
	return m.load()
}

// step is by how much a key moves the mark, and whether it does: to an end by
// more than there can be.
func (m *model) step(key string) (by int, moves bool) {
	const all = 1 << 40
	switch key {
	case "up", "k":
		return -1, true
	case "down", "j":
		return 1, true
	case "pgup":
		return -m.rows(), true
	case "pgdown":
		return m.rows(), true
	case "home", "g":
		return -all, true
	case "end", "G":
		return all, true
	}
	return 0, false
}

func (m *model) pressList(key string) tea.Cmd {
	l := m.list()
	if by, moves := m.step(key); moves {
		l.cursor += by
		return m.load()
	}
	switch key {
	case "enter":
		if row, ok := l.row(l.cursor); ok && l.of == l.filter {
			return m.open(row.Ref)
		}
	case "backspace", "esc":
		return m.filterBy("")
	case "/":
		m.typing = true
	}
	return nil
}

func (m *model) pressDetail(d *item, key string) tea.Cmd {
	if by, moves := m.step(key); moves {
		d.move(by)
	}
	switch key {
	case "n":
		d.next(1)
	case "N":
		d.next(-1)
	case "enter":
		if ref := d.target(); ref != (browse.Ref{}) {
			return m.open(ref)
		}
	case "backspace", "esc":
		m.details = m.details[:len(m.details)-1]
		m.trouble = ""
		if back := m.detail(); back != nil {
			return m.read(back.ref)
		}
		return m.load()
	}
	return nil
}

// open shows ref before what is shown.
func (m *model) open(ref browse.Ref) tea.Cmd {
	m.details = append(m.details, &item{ref: ref})
	return m.read(ref)
}

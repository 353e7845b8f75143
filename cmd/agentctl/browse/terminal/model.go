package terminal

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
)

// every is how often the memory is asked whether it was written to.
const every = 2 * time.Second

// model is what is on the screen. Its Update and View read no memory: commands
// do, and answer by messages.
type model struct {
	ctx    context.Context
	reader *browse.Reader

	width, height int
	lists         []*list // by browse.Classes
	at            int     // the list that is shown
	details       []*item // opened one from the other; the last is shown, before the list
	typing        bool    // the filter of the list
	help          bool    // is shown, before all else
	generation    int64   // of the memory when it was looked at last; -1: it was not
	trouble       string  // what went wrong when what is shown was read; "": nothing
	silence       string  // why the memory did not answer when it was looked at last; "": it did
}

func newModel(ctx context.Context, r *browse.Reader) *model {
	m := &model{ctx: ctx, reader: r, width: 80, height: 24, generation: -1}
	for _, c := range browse.Classes() {
		m.lists = append(m.lists, &list{class: c})
	}
	m.at = len(m.lists) - 1 // episodes: every memory has some
	return m
}

// The messages by which commands answer.
type (
	pageRead struct {
		query browse.Query
		page  browse.Page
		err   error
	}
	detailRead struct {
		ref    browse.Ref
		detail browse.Detail
		err    error
	}
	generationRead struct {
		generation int64
		err        error
	}
	timeToLook struct{}
)

// Init implements tea.Model. The first list is read once the generation is known:
// what is written after that is another one.
func (m *model) Init() tea.Cmd { return m.look() }

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = max(msg.Width, 1), max(msg.Height, 1)
		for _, d := range m.details {
			d.lay(m.width)
		}
		return m, m.load()
	case tea.KeyPressMsg:
		return m, m.press(msg)
	case tea.PasteMsg:
		if m.typing {
			return m, m.filterBy(m.list().filter + browse.Line(msg.Content))
		}
	case timeToLook:
		return m, m.look()
	case generationRead:
		return m, tea.Batch(m.seen(msg), tea.Tick(every, func(time.Time) tea.Msg { return timeToLook{} }))
	case pageRead:
		return m, m.take(msg)
	case detailRead:
		m.takeDetail(msg)
	}
	return m, nil
}

// look asks for the generation.
func (m *model) look() tea.Cmd {
	return func() tea.Msg {
		g, err := m.reader.Generation(m.ctx)
		return generationRead{g, err}
	}
}

// seen reads what is shown again if the memory was written to.
func (m *model) seen(msg generationRead) tea.Cmd {
	m.silence = said(msg.err)
	if msg.err != nil || msg.generation == m.generation {
		return nil
	}
	m.generation = msg.generation
	for _, l := range m.lists {
		l.stale = true
	}
	if d := m.detail(); d != nil {
		return m.read(d.ref)
	}
	return m.load()
}

// failed keeps what went wrong to be shown, and reports whether anything did.
func (m *model) failed(err error) bool {
	m.trouble = said(err)
	return err != nil
}

// said is what an error says, in a line; "" of none.
func said(err error) string {
	if err == nil {
		return ""
	}
	return browse.Line(err.Error())
}

func (m *model) list() *list { return m.lists[m.at] }

// detail is what is shown in detail, or nil.
func (m *model) detail() *item {
	if len(m.details) == 0 {
		return nil
	}
	return m.details[len(m.details)-1]
}

// load reads the rows that the list lacks, unless it is being read: then take sees
// to it.
func (m *model) load() tea.Cmd {
	l := m.list()
	l.keep(m.rows())
	if m.generation < 0 || l.pending || !l.lacks(m.rows()) {
		return nil
	}
	l.pending, l.stale = true, false
	q := l.query(m.rows())
	return func() tea.Msg {
		p, err := m.reader.List(m.ctx, q)
		return pageRead{q, p, err}
	}
}

// take shows the rows that were read, and reads again if others are wanted by
// now.
func (m *model) take(msg pageRead) tea.Cmd {
	for _, l := range m.lists {
		if l.class == msg.query.Class {
			l.pending = false
			if m.failed(msg.err) {
				return nil // not again and again; but with the next change
			}
			l.take(msg.query, msg.page)
		}
	}
	return m.load()
}

// read reads what ref names.
func (m *model) read(ref browse.Ref) tea.Cmd {
	return func() tea.Msg {
		d, err := m.reader.Detail(m.ctx, ref)
		return detailRead{ref, d, err}
	}
}

// takeDetail shows what was read.
func (m *model) takeDetail(msg detailRead) {
	d := m.detail()
	if m.failed(msg.err) || d == nil || d.ref != msg.ref {
		return
	}
	d.detail = msg.detail
	d.lay(m.width)
}

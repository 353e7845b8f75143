package terminal

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
)

// item is one thing in detail.
type item struct {
	ref    browse.Ref
	detail browse.Detail
	lines  []line // as it is laid out
	cursor int    // the line that is marked
	top    int    // the first line on the screen
}

// line is one line of an item.
type line struct {
	text  string
	style string
	ref   browse.Ref // where it leads
}

// lay breaks the detail into lines of a width.
func (d *item) lay(width int) {
	d.lines = nil
	d.put(line{text: d.detail.Title, style: bold}, "", width)
	d.lines = append(d.lines, line{})
	names := 0
	for _, f := range d.detail.Fields {
		names = max(names, ansi.StringWidth(f.Name))
	}
	for _, f := range d.detail.Fields {
		d.put(line{text: f.Value}, f.Name+strings.Repeat(" ", names-ansi.StringWidth(f.Name)+2), width)
	}
	for _, s := range d.detail.Sections {
		d.lines = append(d.lines, line{})
		d.put(line{text: s.Title, style: bold}, "", width)
		for _, l := range s.Links {
			sign := "→ "
			if l.Ref == (browse.Ref{}) {
				sign = "  "
			}
			d.put(line{text: l.Text, ref: l.Ref}, sign, width)
		}
		for _, p := range s.Passages {
			style, sign := "", "  "
			if p.Speaker == browse.Action {
				style, sign = bold, "> "
			}
			for text := range strings.SplitSeq(p.Text, "\n") {
				d.put(line{text: text, style: style}, sign, width)
			}
		}
	}
	d.move(0)
}

// put adds l in as many lines as it takes, the first after sign and the others
// below its text, unless that leaves no room.
func (d *item) put(l line, sign string, width int) {
	indent := ansi.StringWidth(sign)
	if indent > width/2 {
		d.lines = append(d.lines, line{text: sign, style: l.style, ref: l.ref})
		sign, indent = "", 0
	}
	for text := range strings.SplitSeq(ansi.Wrap(l.text, max(width-indent, 1), ""), "\n") {
		d.lines = append(d.lines, line{sign + text, l.style, l.ref})
		sign = strings.Repeat(" ", indent)
	}
}

// move moves the mark by so many lines.
func (d *item) move(by int) { d.cursor = max(min(d.cursor+by, len(d.lines)-1), 0) }

// next moves the mark to the nearest line in the direction by, 1 or -1, that
// leads elsewhere than the marked one.
func (d *item) next(by int) {
	for i := d.cursor + by; i >= 0 && i < len(d.lines); i += by {
		if ref := d.lines[i].ref; ref != (browse.Ref{}) && ref != d.lines[d.cursor].ref {
			d.cursor = i
			return
		}
	}
}

// target is where the marked line leads.
func (d *item) target() browse.Ref {
	if d.cursor >= len(d.lines) {
		return browse.Ref{}
	}
	return d.lines[d.cursor].ref
}

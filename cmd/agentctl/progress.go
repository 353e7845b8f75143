package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// meterInterval is how often a meter that is not on a terminal writes a line.
const meterInterval = 5 * time.Second

// meter shows how far a long command is: as a bar on a terminal, as a plain
// line now and then elsewhere. It is used by one goroutine at a time.
type meter struct {
	w    io.Writer
	what string // what is counted, "episodes" say
	bar  *progressbar.ProgressBar
	last time.Time
}

// newMeter returns a meter on standard error, or one that shows nothing under
// --quiet.
func (a *app) newMeter(what string) *meter {
	m := &meter{w: a.notes(), what: what, last: time.Now()}
	if !a.quiet && isTerminal(a.err) {
		m.bar = progressbar.NewOptions(-1,
			progressbar.OptionSetWriter(a.err),
			progressbar.OptionShowCount(),
			progressbar.OptionFullWidth(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(100*time.Millisecond),
		)
	}
	return m
}

// at says that done of total are done and what is being done.
func (m *meter) at(done, total int, label string) {
	if m.bar != nil {
		m.bar.ChangeMax(max(total, done, 1))
		m.bar.Describe(label)
		_ = m.bar.Set(done) // a bar that cannot be drawn is no reason to stop
		return
	}
	if now := time.Now(); now.Sub(m.last) >= meterInterval || done == total {
		m.last = now
		fmt.Fprintf(m.w, "%d of %d %s: %s\n", done, total, m.what, label)
	}
}

// close takes the bar off the terminal.
func (m *meter) close() {
	if m.bar != nil {
		_ = m.bar.Clear()
	}
}

// notes is where a command says what it does besides its data.
func (a *app) notes() io.Writer {
	if a.quiet {
		return io.Discard
	}
	return a.err
}

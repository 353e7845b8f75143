package main

import (
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/spf13/pflag"

	"github.com/surefoot-ai/surefoot/eval/report"
)

// labFlags are the flags of the commands that make experiments in a folder which
// keeps what is finished.
type labFlags struct {
	seeds   int
	quick   bool
	workers int
	out     string
}

// register gives f the flags of the experiment of that name, for so many seeds
// unless it is said otherwise; atOnce is what each worker does.
func (o *labFlags) register(f *pflag.FlagSet, name string, seeds int, atOnce string) {
	dir := filepath.Join("runs", name)
	f.Var(newCount(&o.seeds, seeds, 1), "seeds", "how many seeds, from 1 on")
	f.BoolVar(&o.quick, "quick", false, "as small as it gets: shows that everything works, not what is true")
	f.Var(newCount(&o.workers, 0, 0), "workers", atOnce+" at once; 0: one per processor")
	f.StringVar(&o.out, "out", "", fmt.Sprintf("folder of finished work (default %s, with --quick %s-quick)", dir, dir))
}

// resolve fills in the folder of the experiment of that name and the workers.
func (o *labFlags) resolve(name string) {
	if o.out == "" {
		o.out = filepath.Join("runs", name)
		if o.quick {
			o.out += "-quick"
		}
	}
	if o.workers == 0 {
		o.workers = runtime.NumCPU()
	}
}

// seedList are the seeds.
func (o *labFlags) seedList() []uint64 {
	out := make([]uint64, o.seeds)
	for i := range out {
		out[i] = uint64(i + 1)
	}
	return out
}

// cutOff says how to go on.
func (a *app) cutOff(dir string) {
	fmt.Fprintf(a.err, "finished work is in %s: give the command again to go on\n", dir)
}

// stamp says of a study by what it was made, and in how many seconds.
func stamp(s *report.Study, seconds float64) {
	s.Meta.Commit, s.Meta.Seconds = thisBuild().Commit, seconds
	s.Meta.Machine = fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}

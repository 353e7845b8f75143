package peertest

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestScript is not a test: it is the script of the others, run by this test
// binary in the place of Python.
func TestScript(t *testing.T) {
	how := os.Getenv("PEERTEST_SCRIPT")
	if how == "" {
		return
	}
	fmt.Println(`{"Version": "1"}`)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if how == "dies" {
			fmt.Fprintln(os.Stderr, "out of luck")
			os.Exit(3)
		}
		var n int
		if err := json.Unmarshal(lines.Bytes(), &n); err != nil {
			t.Fatal(err)
		}
		fmt.Println(2 * n)
	}
	os.Exit(0) // without the words of package testing
}

// script makes this test binary the Python to run.
func script(t *testing.T, how string) Script {
	t.Setenv("SUREFOOT_PYTHON", os.Args[0])
	return Script{Path: "-test.run=^TestScript$", Environment: []string{"PEERTEST_SCRIPT=" + how}, Needs: "luck"}
}

func TestAsk(t *testing.T) {
	var ready struct{ Version string }
	p := Start(t, script(t, "doubles"), &ready)
	if ready.Version != "1" {
		t.Errorf("ready says %+v, want version 1", ready)
	}
	for i := range 3 {
		var answer int
		if p.Ask(t, i, &answer); answer != 2*i {
			t.Errorf("asked %d, answered %d, want %d", i, answer, 2*i)
		}
	}
}

// recorder is a testing.TB that notes why it was skipped or failed, and goes
// on no further.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Skipf(format string, args ...any) {
	r.said = "skip: " + fmt.Sprintf(format, args...)
	panic(r)
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = "fatal: " + fmt.Sprintf(format, args...)
	panic(r)
}

func (r *recorder) Cleanup(func()) {}

// said returns what f said as it stopped, "" if it went on.
func said(t *testing.T, f func(b testing.TB)) (words string) {
	r := &recorder{TB: t}
	defer func() {
		if v := recover(); v != nil {
			if v != any(r) {
				panic(v)
			}
			words = r.said
		}
	}()
	f(r)
	return words
}

// TestSkip holds that where the script does not run the reason says what to
// install, and what each Python said.
func TestSkip(t *testing.T) {
	t.Setenv("SUREFOOT_PYTHON", "/nowhere/python")
	words := said(t, func(b testing.TB) { Start(b, Script{Path: "/nowhere/script", Needs: "python3-luck"}, new(int)) })
	for _, want := range []string{"skip: ", "apt-get install python3-luck\n", "/nowhere/python: ", "/usr/bin/python3: "} {
		if !strings.Contains(words, want) {
			t.Errorf("said %q, want %q in it", words, want)
		}
	}
}

// TestDeath holds that a script that ends early fails the benchmark with its
// last words.
func TestDeath(t *testing.T) {
	var ready struct{ Version string }
	words := said(t, func(b testing.TB) {
		var answer int
		Start(b, script(t, "dies"), &ready).Ask(b, 7, &answer)
	})
	for _, want := range []string{"fatal: ", "request 7", "exit status 3", "out of luck"} {
		if !strings.Contains(words, want) {
			t.Errorf("said %q, want %q in it", words, want)
		}
	}
}

// TestTurns holds the order of turns and what is reported of them.
func TestTurns(t *testing.T) {
	benchtime := flag.Lookup("test.benchtime").Value
	before := benchtime.String()
	defer func() {
		if err := benchtime.Set(before); err != nil {
			t.Error(err)
		}
	}()
	if err := benchtime.Set("3x"); err != nil {
		t.Fatal(err)
	}
	var order []string
	take := func(side string, rates ...float64) func() float64 {
		return func() float64 {
			order = append(order, side)
			rate := rates[0]
			rates = rates[1:]
			return rate
		}
	}
	result := testing.Benchmark(func(b *testing.B) {
		var turns Turns
		turns.Run(b, take("o", 9e9, 2e9, 3e9, 12e9), take("t", 9e9, 1e9, 2e9, 3e9))
		turns.Report(b, "Peer", "G/s", 1e9)
	})
	if want := []string{"o", "t", "o", "t", "t", "o", "o", "t"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	for name, want := range map[string]float64{"G/s": 3, "Peer-G/s": 2, "ratio": 2, "ratio-min": 1.5, "ratio-max": 4, "ns/op": 0} {
		if got, ok := result.Extra[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{4, 1}, 2.5},
		{[]float64{9, 1, 4}, 4},
		{[]float64{9, 1, 4, 2}, 3},
	} {
		before := slices.Clone(tt.values)
		if got := Median(tt.values); got != tt.want {
			t.Errorf("median of %v is %v, want %v", before, got, tt.want)
		}
		if !slices.Equal(tt.values, before) {
			t.Errorf("%v became %v", before, tt.values)
		}
	}
}

// TestSeconds holds that the time is that of one call, long or short, and that
// the budget is kept to but for the least number of calls.
func TestSeconds(t *testing.T) {
	calls := 0
	if s := Seconds(time.Nanosecond, func() { calls++; time.Sleep(5 * time.Millisecond) }); !(s >= 0.005) || calls != 5 {
		t.Errorf("%v s a call of 5 ms, %d calls, want 5", s, calls)
	}
	calls = 0
	begin := time.Now()
	s := Seconds(time.Nanosecond, func() {
		calls++
		for called := time.Now(); time.Since(called) < 50*time.Microsecond; {
		}
	})
	// Of three loops two take at least as long as the median does.
	most := time.Since(begin).Seconds() / 2 / float64((calls-2)/3)
	if !(s >= 0.00005 && s <= most) {
		t.Errorf("%v s a call of 0.05 ms, %d calls, want at most %v s", s, calls, most)
	}
}

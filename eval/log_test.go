package eval

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/surefoot-ai/surefoot/agent"
)

func someRecords() []record {
	return []record{
		{Run: &header{Format: 1, Suite: "s", Seeds: []uint64{1<<64 - 1}, Meta: map[string]string{"a": "<&>\u2028\n"}}},
		{Memory: &unit{"c", 3}},
		{Episode: &logged{
			unit: unit{"c", 3}, Seconds: 0.25, Shared: true,
			Episode: agent.Episode{ID: "x", Trial: 2, Steps: []agent.Step{{Action: "go", LogProbs: []float64{-0.1}}}},
		}},
	}
}

func TestLineRoundTrip(t *testing.T) {
	for _, want := range someRecords() {
		line, err := encodeLine(want)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(line, []byte("\n")); n != 1 {
			t.Errorf("%d newlines in %q", n, line)
		}
		got, err := decodeLine(line)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for i := range line {
			for bit := range 8 {
				bad := bytes.Clone(line)
				bad[i] ^= 1 << bit
				if r, err := decodeLine(bad); err == nil {
					t.Fatalf("bit %d of byte %d flipped: read %+v", bit, i, r)
				}
			}
		}
	}
}

// What is read is either what was written, or an error that names its place.
func FuzzScan(f *testing.F) {
	var all []byte
	for _, r := range someRecords() {
		line, err := encodeLine(r)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, line...)
		f.Add(bytes.Clone(all))
		f.Add(all[:len(all)-3])
	}
	f.Add([]byte("\n"))
	f.Add([]byte(`{"sum":"00000000","record":}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		at := int64(0)
		whole, torn, err := scan(bytes.NewReader(b), "f", func(e entry, rec record) error {
			if e.offset != at || e.length < 1 {
				t.Fatalf("line %d at %d, want %d", e.line, e.offset, at)
			}
			at += int64(e.length)
			line, err := encodeLine(rec)
			if err != nil {
				t.Fatal(err)
			}
			again, err := decodeLine(line)
			if err != nil || !reflect.DeepEqual(again, rec) {
				t.Fatalf("%+v: encoded and decoded %+v, %v", rec, again, err)
			}
			return nil
		})
		var c *CorruptError
		switch {
		case err == nil && whole+torn != int64(len(b)):
			t.Fatalf("%d whole and %d torn bytes of %d", whole, torn, len(b))
		case err != nil && (!errors.As(err, &c) || c.Offset != whole):
			t.Fatalf("after %d bytes: %v", whole, err)
		}
	})
}

// A write that failed may have left half a line; none may follow it.
func TestNoAppendAfterAFailedOne(t *testing.T) {
	h := header{Format: 1}
	l, _, err := openLog(t.TempDir(), h, true, func(logged) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	file := l.file
	if l.file, err = openReadOnly(t, l.path); err != nil {
		t.Fatal(err)
	}
	first := l.append(record{Memory: &unit{"c", 1}})
	l.file = file
	second := l.append(record{Memory: &unit{"c", 1}})
	if first == nil || second == nil || first.Error() != second.Error() {
		t.Errorf("errors are %v, then %v; want the same one twice", first, second)
	}
	if err := l.close(); err == nil {
		t.Error("close forgot the error")
	}
}

// A finished episode waits at most a second to be durable, even if none follows.
func TestLogIsSyncedInTime(t *testing.T) {
	l, _, err := openLog(t.TempDir(), header{Format: 1}, true, func(logged) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{log: l}
	done, ended := make(chan struct{}), make(chan error)
	go func() { ended <- r.syncLoop(done) }()
	if err := l.append(record{Memory: &unit{"c", 1}}); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for waiting := true; waiting && time.Since(start) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		waiting = l.dirty
		l.mu.Unlock()
	}
	close(done)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if l.dirty {
		t.Error("not synced after 10 s")
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
}

func openReadOnly(t *testing.T, path string) (*os.File, error) {
	t.Helper()
	f, err := os.Open(path)
	if err == nil {
		t.Cleanup(func() { f.Close() })
	}
	return f, err
}

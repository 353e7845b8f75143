package archive

import (
	"cmp"
	"context"
	"runtime"
	"sync"

	"github.com/surefoot-ai/surefoot/agent"
)

// itemBatch is how many items are handed on at a time.
const itemBatch = 256

// Items reads the items changed after generation since, with the vectors that
// embedder made of them, as they are in one state of the file, oldest first; since
// 0 means all. It calls decode for each, on as many goroutines as there are
// processors, and take, on its own goroutine and in order, for some results at a
// time. It ends with the error of the first item that is damaged, or for which
// decode or take returns one; take has had the batches before that item's.
func Items[T any](ctx context.Context, a *Archive, since int64, embedder string, decode func(Item) (T, error), take func([]T) error) error {
	workers := runtime.GOMAXPROCS(0)
	todo, inOrder := make(chan *batch[T], workers), make(chan *batch[T], 2*workers)
	ended := make(chan struct{}) // take wants no more
	var read error
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(todo)
		defer close(inOrder)
		read = a.readRows(ctx, since, embedder, func(rows []itemRow) bool {
			b := &batch[T]{rows: rows, done: make(chan struct{})}
			for _, to := range []chan *batch[T]{todo, inOrder} {
				select {
				case to <- b:
				case <-ended:
					return false
				}
			}
			return true
		})
	})
	for range workers {
		wg.Go(func() {
			for b := range todo {
				b.decode(a, decode)
			}
		})
	}
	err := takeAll(inOrder, take)
	close(ended)
	wg.Wait()
	return cmp.Or(err, read)
}

// batch is some items on their way from the file to the caller.
type batch[T any] struct {
	rows []itemRow
	out  []T
	err  error
	done chan struct{} // closed once out or err is set
}

func (b *batch[T]) decode(a *Archive, decode func(Item) (T, error)) {
	defer close(b.done)
	b.out = make([]T, 0, len(b.rows))
	for i := range b.rows {
		it, err := a.itemOf(&b.rows[i])
		var v T
		if err == nil {
			v, err = decode(it)
		}
		if err != nil {
			b.err = err
			break
		}
		b.out = append(b.out, v)
	}
	b.rows = nil
}

func takeAll[T any](inOrder <-chan *batch[T], take func([]T) error) error {
	for b := range inOrder {
		<-b.done
		if b.err != nil {
			return b.err
		}
		if err := take(b.out); err != nil {
			return err
		}
	}
	return nil
}

// readRows hands on the rows of Items, in batches, until hand returns false. Equal
// names of classes, suites and kinds share their memory.
func (a *Archive) readRows(ctx context.Context, since int64, embedder string, hand func([]itemRow) bool) error {
	rows, err := a.db.QueryContext(ctx, `SELECT i.seq, i.id, i.class, i.suite, i.kind, i.task, i.key, i.text, i.doc, i.body, i.gen, i.hash, v.width, v.data, v.hash
		FROM items i LEFT JOIN vectors v ON v.item = i.seq AND v.embedder = ?
		WHERE i.gen > ? ORDER BY i.seq`, embedder, since)
	if err != nil {
		return a.classify(err)
	}
	defer rows.Close()
	names := map[string]string{}
	share := func(s string) string {
		if same, ok := names[s]; ok {
			return same
		}
		names[s] = s
		return s
	}
	var some []itemRow
	for rows.Next() {
		var r itemRow
		if err := r.scan(rows.Scan); err != nil {
			return a.classify(err)
		}
		r.Class, r.Suite, r.Kind = agent.ItemKind(share(string(r.Class))), share(r.Suite), share(r.Kind)
		if some = append(some, r); len(some) == itemBatch {
			if !hand(some) {
				return nil
			}
			some = nil
		}
	}
	if len(some) > 0 {
		hand(some)
	}
	return a.classify(rows.Err())
}

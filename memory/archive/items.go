package archive

import (
	"cmp"
	"context"
	"database/sql"
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
//
// An item's Body is valid until decode returns, its Vector until take returns.
func Items[T any](ctx context.Context, a *Archive, since int64, embedder string, decode func(Item) (T, error), take func([]T) error) error {
	workers := runtime.GOMAXPROCS(0)
	todo, inOrder := make(chan *batch[T], workers), make(chan *batch[T], 2*workers)
	used := make(chan *batch[T], 3*workers+2) // as many as there can be
	ended := make(chan struct{})              // take wants no more
	var read error
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(todo)
		defer close(inOrder)
		r := batchReader[T]{archive: a, used: used, hand: func(b *batch[T]) bool {
			for _, to := range []chan *batch[T]{todo, inOrder} {
				select {
				case to <- b:
				case <-ended:
					return false
				}
			}
			return true
		}}
		read = r.read(ctx, since, embedder)
	})
	for range workers {
		wg.Go(func() {
			for b := range todo {
				b.decode(a, decode)
			}
		})
	}
	err := takeAll(inOrder, used, take)
	close(ended)
	wg.Wait()
	return cmp.Or(err, read)
}

// batch is some items on their way from the file to the caller.
type batch[T any] struct {
	space
	rows []itemRow
	out  []T
	err  error
	done chan struct{} // holds a token once out or err is set
}

func (b *batch[T]) decode(a *Archive, decode func(Item) (T, error)) {
	defer func() { b.done <- struct{}{} }()
	for i := range b.rows {
		it, err := a.itemOf(&b.rows[i], &b.space)
		var v T
		if err == nil {
			v, err = decode(it)
		}
		if err != nil {
			b.err = err
			return
		}
		b.out = append(b.out, v)
	}
}

// takeAll takes what was decoded, and gives the batches back.
func takeAll[T any](inOrder <-chan *batch[T], used chan<- *batch[T], take func([]T) error) error {
	for b := range inOrder {
		<-b.done
		if b.err != nil {
			return b.err
		}
		if err := take(b.out); err != nil {
			return err
		}
		b.clear()
		clear(b.out)
		b.rows, b.out = b.rows[:0], b.out[:0]
		select {
		case used <- b:
		default: // there are enough
		}
	}
	return nil
}

// batchReader reads the rows of Items into batches.
type batchReader[T any] struct {
	archive *Archive
	used    <-chan *batch[T] // batches to use again
	hand    func(*batch[T]) bool
	names   map[string]string // of classes, scopes, suites and kinds, so that equal ones share their memory
}

func (r *batchReader[T]) batch() *batch[T] {
	select {
	case b := <-r.used:
		return b
	default:
		return &batch[T]{done: make(chan struct{}, 1)}
	}
}

func (r *batchReader[T]) share(s string) string {
	if same, ok := r.names[s]; ok {
		return same
	}
	r.names[s] = s
	return s
}

// read hands on the rows until hand returns false.
func (r *batchReader[T]) read(ctx context.Context, since int64, embedder string) error {
	rows, err := r.archive.db.QueryContext(ctx, `SELECT i.seq, i.id, i.class, i.scope, i.suite, i.kind, i.task, i.key, i.text, i.doc, i.body, i.gen, i.hash, v.width, v.data, v.hash
		FROM items i LEFT JOIN vectors v ON v.item = i.seq AND v.embedder = ?
		WHERE i.gen > ? ORDER BY i.seq`, embedder, since)
	if err != nil {
		return r.archive.classify(err)
	}
	defer rows.Close()
	r.names = map[string]string{}
	b := r.batch()
	for rows.Next() {
		var row itemRow
		var body, hash, data, dataHash sql.RawBytes
		if err := row.scan(rows.Scan, &body, &hash, &data, &dataHash); err != nil {
			return r.archive.classify(err)
		}
		row.Body, row.hash, row.data, row.dataHash = b.keep(body), b.keep(hash), b.keep(data), b.keep(dataHash)
		row.Class, row.Scope = agent.ItemKind(r.share(string(row.Class))), r.share(row.Scope)
		row.Suite, row.Kind = r.share(row.Suite), r.share(row.Kind)
		if b.rows = append(b.rows, row); len(b.rows) == itemBatch {
			if !r.hand(b) {
				return nil
			}
			b = r.batch()
		}
	}
	if len(b.rows) > 0 {
		r.hand(b)
	}
	return r.archive.classify(rows.Err())
}

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

// columns of an item; those of its vector follow.
const itemColumns = `i.seq, i.id, i.class, i.suite, i.kind, i.task, i.key, i.text, i.doc, i.body, i.gen, i.hash`

// readRows hands on the rows of Items, in batches, until hand returns false. Equal
// names of classes, suites and kinds share their memory.
func (a *Archive) readRows(ctx context.Context, since int64, embedder string, hand func([]itemRow) bool) error {
	conn, err := a.db.Conn(ctx)
	if err != nil {
		return a.classify(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil { // one state of the file for both tables
		return a.classify(err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
	vectors := &vectorRows{}
	query, args := `SELECT `+itemColumns+`, v.width, v.data, v.hash FROM items i LEFT JOIN vectors v ON v.item = i.seq AND v.embedder = ? WHERE i.gen > ? ORDER BY i.seq`, []any{embedder, since}
	if since == 0 { // all: to go through both tables takes a third of the time of looking up each vector
		query, args = `SELECT `+itemColumns+`, NULL, NULL, NULL FROM items i ORDER BY i.seq`, nil
		if vectors.rows, err = conn.QueryContext(ctx, `SELECT item, width, data, hash FROM vectors WHERE embedder = ? ORDER BY item`, embedder); err != nil {
			return a.classify(err)
		}
		defer vectors.rows.Close()
	}
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return a.classify(err)
	}
	defer rows.Close()
	names := sharer{}
	var some []itemRow
	for rows.Next() {
		var r itemRow
		if err := r.scan(rows.Scan); err != nil {
			return a.classify(err)
		}
		if err := vectors.join(&r); err != nil {
			return a.classify(err)
		}
		r.Class, r.Suite, r.Kind = agent.ItemKind(names.share(string(r.Class))), names.share(r.Suite), names.share(r.Kind)
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

// sharer keeps one copy of equal strings.
type sharer map[string]string

func (s sharer) share(x string) string {
	if same, ok := s[x]; ok {
		return same
	}
	s[x] = x
	return x
}

// vectorRows goes through vectors in the order of their items.
type vectorRows struct {
	rows           *sql.Rows // nil: there are none
	item           int64     // of the row that was read last
	width          sql.NullInt64
	data, dataHash []byte
}

// join gives r, of a greater Seq than the one before, its vector, if there is one.
func (v *vectorRows) join(r *itemRow) error {
	for v.rows != nil && v.item < r.Seq {
		if !v.rows.Next() {
			err := v.rows.Err()
			v.rows = nil
			return err
		}
		if err := v.rows.Scan(&v.item, &v.width, &v.data, &v.dataHash); err != nil {
			return err
		}
	}
	if v.item == r.Seq && v.width.Valid {
		r.width, r.data, r.dataHash = v.width, v.data, v.dataHash
		v.data, v.dataHash = nil, nil
	}
	return nil
}

package archive

import (
	"context"
	"database/sql"
	"sync"
)

// prepared is the statements that were run, which SQLite compiles once for each
// connection: to compile one takes about as long as to run it. Only statements
// of which there are few may come here.
type prepared struct {
	mu         sync.Mutex
	statements map[string]*sql.Stmt
}

// statement is query, compiled. It is closed with the archive's connections.
func (a *Archive) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	a.prepared.mu.Lock()
	defer a.prepared.mu.Unlock()
	if st := a.prepared.statements[query]; st != nil {
		return st, nil
	}
	st, err := a.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if a.prepared.statements == nil {
		a.prepared.statements = map[string]*sql.Stmt{}
	}
	a.prepared.statements[query] = st
	return st, nil
}

// row is a row that was asked for, or why it could not be.
type row struct {
	*sql.Row
	err error
}

func (r row) Scan(to ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.Row.Scan(to...)
}

func (a *Archive) queryRow(ctx context.Context, query string, args ...any) row {
	st, err := a.statement(ctx, query)
	if err != nil {
		return row{err: err}
	}
	return row{Row: st.QueryRowContext(ctx, args...)}
}

func (t *Tx) queryRow(ctx context.Context, query string, args ...any) row {
	st, err := t.archive.statement(ctx, query)
	if err != nil {
		return row{err: err}
	}
	return row{Row: t.tx.StmtContext(ctx, st).QueryRowContext(ctx, args...)}
}

func (t *Tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := t.archive.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return t.tx.StmtContext(ctx, st).ExecContext(ctx, args...)
}

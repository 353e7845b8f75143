package policy

import (
	"context"
	"time"
)

// pace keeps work to a share of the time: after work that took t it idles for
// t·(1/share - 1).
type pace struct {
	share float64 // in (0,1]
	clock func() time.Time
	sleep func(ctx context.Context, d time.Duration) error
	since time.Time // when the work under way began
}

// begin says that work begins now.
func (p *pace) begin() { p.since = p.clock() }

// rest idles for the work since the last begin or rest, and begins anew.
func (p *pace) rest(ctx context.Context) error {
	worked := p.clock().Sub(p.since)
	defer p.begin()
	if idle := time.Duration(float64(worked) * (1/p.share - 1)); idle > 0 {
		return p.sleep(ctx, idle)
	}
	return ctx.Err()
}

// sleep waits for d, or returns ctx's error if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

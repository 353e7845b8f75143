package policy

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// practise lets the policy, in round 0 the teacher, play with every form of
// memory, and returns what the teacher did who read the same context and had
// seen the same failures. With Recipe.Advice, later rounds also return what the
// policy did, and what it did without memory, with what the teacher would have
// done at each step. All tasks are different.
func (k *kitchen) practise(ctx context.Context, round int) ([]shown, error) {
	var player agent.Policy = k.lm
	if round == 0 {
		player = k.world.Teacher(nil)
	}
	var out []shown
	at := k.informedFrom(round)
	for i, form := range k.Forms {
		phase := fmt.Sprintf("informed-%d-%s", round, form)
		b := block{
			kitchen: k, phase: phase, form: form, player: player, tasks: k.take(at, k.Informed.Tasks),
			seed: k.rng(phase, i).Uint64(), teach: true, cut: true,
		}
		at += k.Informed.Tasks
		own, told, err := b.play(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", form, err)
		}
		k.log(Event{Phase: phase, Note: fmt.Sprintf("play won %.1f%% of %d, the informed teacher %.1f%% of %d",
			100*successes(own), len(own), 100*successes(told), len(told))})
		out = append(out, plainly(won(told))...)
		if round == 0 || !k.Advice {
			continue
		}
		advised, err := k.advised(ctx, own)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", form, err)
		}
		out = append(out, advised...)
	}
	if round == 0 || !k.Advice {
		return out, nil
	}
	bare, err := k.bare(ctx, fmt.Sprintf("informed-%d-bare", round), k.take(at, k.Informed.Tasks))
	return append(out, bare...), err
}

// bare is what the policy does without memory, with advice.
func (k *kitchen) bare(ctx context.Context, phase string, tasks []agent.Task) ([]shown, error) {
	b := block{kitchen: k, seed: k.rng(phase, 0).Uint64()}
	rs := make([]Rollout, len(tasks))
	for i, t := range tasks {
		rs[i] = b.rollout(k.lm, t, nil, 0)
	}
	own, err := k.players().Play(ctx, phase, rs)
	if err != nil {
		return nil, err
	}
	k.log(Event{Phase: phase, Note: fmt.Sprintf("play won %.1f%% of %d", 100*successes(own), len(own))})
	return k.advised(ctx, own)
}

// advised are the policy's episodes, in the order in which they were played, with
// the advice of the teacher who knows what the policy had seen of the task by
// then.
func (k *kitchen) advised(ctx context.Context, own []agent.Episode) ([]shown, error) {
	out := make([]shown, len(own))
	seen := map[string][]agent.Episode{}
	for i, e := range own {
		advice, err := advise(ctx, k.world.Teacher(seen[e.Task.ID]), e, k.Seed^hash(e.ID))
		if err != nil {
			return nil, err
		}
		out[i] = shown{e, advice}
		seen[e.Task.ID] = append(seen[e.Task.ID], e)
	}
	return out, nil
}

// contexts returns texts that memories of every form show, so that the
// tokenizer knows their words: what a fifth of the tasks of demos yields when
// the teacher is cut short and fails.
func (k *kitchen) contexts(ctx context.Context, demos []agent.Episode) ([]string, error) {
	var tasks []agent.Task
	for i := 0; i < len(demos) && len(tasks) < 100; i += 5 {
		tasks = append(tasks, demos[i].Task)
	}
	var texts []string
	for _, form := range k.Forms {
		b := block{
			kitchen: k, phase: "words-" + form, form: form, player: k.world.Teacher(nil), tasks: tasks, seed: k.Seed,
			teach: true, cut: true, count: func(s string) int { return 2 * len(strings.Fields(s)) },
		}
		_, told, err := b.play(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", form, err)
		}
		for _, e := range told {
			texts = append(texts, e.Context.Text())
		}
	}
	return texts, nil
}

// block is a set of tasks played with one fresh memory.
type block struct {
	*kitchen
	phase, form string
	player      agent.Policy
	tasks       []agent.Task
	seed        uint64
	teach       bool // the teacher plays too, and half of the tasks meet a memory of the others at their first try
	cut         bool // step budgets are drawn from a tenth of Steps to Steps, so that a strong player fails too
	count       func(string) int
}

// play lets the player try the tasks twice, the second time with what memory
// learned from the first. It returns the player's episodes, the first tries in
// the order of the tasks, and the teacher's.
func (b block) play(ctx context.Context) (own, told []agent.Episode, err error) {
	count := b.count
	if count == nil {
		count = b.lm.CountTokens
	}
	mem, err := b.world.Memory(b.form, count)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if e := mem.Close(); err == nil {
			err = e
		}
	}()
	d := drill{block: b, mem: mem, rng: b.rng(b.phase, 1), seen: map[string][]agent.Episode{}}
	bare := len(b.tasks)
	if b.teach {
		bare /= 2
	}
	if err := d.play(ctx, wave{name: "try0", tasks: b.tasks[:bare]}); err != nil {
		return nil, nil, err
	}
	if b.teach {
		if err := d.show(ctx, b.tasks[bare:]); err != nil {
			return nil, nil, err
		}
		if err := d.play(ctx, wave{name: "banked0", tasks: b.tasks[bare:]}); err != nil {
			return nil, nil, err
		}
	}
	err = d.play(ctx, wave{name: "try1", tasks: d.open, trial: 1})
	return d.own, d.told, err
}

// drill is a block under way.
type drill struct {
	block
	mem       Memory
	rng       *rand.Rand
	open      []agent.Task // failed so far
	seen      map[string][]agent.Episode
	own, told []agent.Episode
}

// wave is tasks that are played at once.
type wave struct {
	name  string
	tasks []agent.Task
	trial int
}

// play lets the player try a wave, which memory learns from, and then the teacher.
func (d *drill) play(ctx context.Context, w wave) error {
	rs := make([]Rollout, len(w.tasks))
	for i, t := range w.tasks {
		rs[i] = d.rollout(d.player, t, d.mem, w.trial)
		if d.cut {
			rs[i].Steps = d.Steps/10 + 1 + d.rng.IntN(d.Steps-d.Steps/10)
		}
	}
	es, err := d.players().Play(ctx, d.phase+"-"+w.name, rs)
	if err != nil {
		return err
	}
	d.own = append(d.own, es...)
	for _, e := range es {
		if err := d.mem.Record(ctx, e); err != nil {
			return err
		}
		if !e.Outcome.Success {
			d.seen[e.Task.ID] = append(d.seen[e.Task.ID], e)
			if w.trial == 0 {
				d.open = append(d.open, e.Task)
			}
		}
	}
	if !d.teach {
		return nil
	}
	return d.tell(ctx, w, es)
}

func (b block) rollout(p agent.Policy, t agent.Task, mem agent.Recaller, trial int) Rollout {
	return Rollout{
		Policy: p, Task: t, Recaller: mem, ContextTokens: b.ContextTokens,
		Seed: b.seed ^ hash(t.ID), Trial: trial, Steps: b.Steps,
	}
}

// tell lets the teacher play the tasks of es that the player failed, and every
// third of the others, with the context a further try would have and with the
// knowledge of what the player saw.
func (d *drill) tell(ctx context.Context, w wave, es []agent.Episode) error {
	var rs []Rollout
	for i, e := range es {
		if !e.Outcome.Success || i%3 == 0 {
			rs = append(rs, d.rollout(d.world.Teacher(d.seen[e.Task.ID]), e.Task, d.mem, w.trial+1))
		}
	}
	return d.teachers(ctx, "told-"+w.name, rs)
}

// show lets the teacher play tasks that nobody tried, with what memory makes of
// others: what a policy has to pass over or to make use of at its first try.
func (d *drill) show(ctx context.Context, tasks []agent.Task) error {
	rs := make([]Rollout, len(tasks))
	for i, t := range tasks {
		rs[i] = d.rollout(d.world.Teacher(nil), t, d.mem, 0)
	}
	return d.teachers(ctx, "shown", rs)
}

func (d *drill) teachers(ctx context.Context, name string, rs []Rollout) error {
	es, err := d.players().Play(ctx, d.phase+"-"+name, rs)
	d.told = append(d.told, es...)
	return err
}

// transcript is the text of a whole episode as a model reads it.
func transcript(e agent.Episode, k *marker) string {
	var b strings.Builder
	for i, s := range e.Steps {
		m := k.step(s.Observation.Admissible)
		if i == 0 {
			b.WriteString(firstPrompt(e.Task, e.Context, s.Observation, m))
		} else {
			b.WriteString(prompt(s.Observation, m))
		}
		b.WriteString(choice(s.Action, m))
		k.took(s.Action)
	}
	return b.String()
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s)) //nolint:errcheck // a hash never fails
	return h.Sum64()
}

// Package skills distils named, reusable behaviour from what an agent has done,
// and finds it again.
//
// A [agent.Skill] is general, of one category of task, or a mistake to avoid, as in
// SkillRL (arXiv:2602.08234, sec. 3). [Categories] says how categories are
// discovered where tasks state no Kind. [Distil] makes general and task skills from
// successes only: each is reduced to its minimal causal chain, found backwards
// from the goal, what was only said is left out, its things become variables, and
// the same plan of several successes is one skill with all of them as evidence. Mistakes come from
// lessons, never from the raw trace of a failure. A [Library] lists, shows
// and searches skills.
//
// A [Bank] is the skills that are kept. What is distilled is a candidate until the
// bank's gate lets it in: enough episodes support it, none of them held out, and
// it lowers no score on held-out tasks. [Bank.Evolve] is a round of that for the
// categories that went badly since the last; it also merges, demotes and retires.
//
// Unlike the paper, no language model is asked: what is a step, a thing and a
// detour is read off the text, in the same way for every world. Everything is
// deterministic, IDs included.
package skills

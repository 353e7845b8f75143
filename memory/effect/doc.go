// Package effect says whether an item of memory helps, from episodes in which it
// was withheld by chance.
//
// Of an item that would be shown, a coin decides whether it is: what follows is
// the outcome of one arm or the other. [Counts.Interval] is an interval for the
// difference of the two success rates that holds at all times at once: one may
// look after every episode, and stop when one likes, and the true difference is
// outside it at any time with a probability of at most alpha. It inverts the
// e-values for two streams of successes and failures (Turner, Ly and Grünwald,
// JSPI 230, 2024; inverted as in arXiv:2302.11401), here with a Beta(1/2, 1/2)
// mixture for each stream.
//
// What has to be true for it: within an arm the chance of success stays the same,
// whatever the tasks are. The coin may depend on what was seen before, so that
// [Counts.HoldOut] may withhold more often what seems to harm. [Level] shares
// alpha among items, so that one useless item among thousands is called helpful
// or harmful, at any time, with a probability of at most alpha.
package effect

// Package effect says whether an item of memory helps, from episodes in which it
// was withheld by chance.
//
// Of an item that would be shown, a coin decides whether it is, and the chance of
// the coin is known. If the item changes nothing, then how the coin fell says
// nothing of the outcome, however the tasks, the policy, the rest of memory and
// the chance itself change from one episode to the next. The evidence is an
// e-process made of that alone: the likelihood of the outcome by how the coin fell,
// over that without it (Grünwald, Henzi and Lardy, "Anytime-valid tests of
// conditional independence under model-X", arXiv:2209.12637), averaged over pairs
// of success rates. Against an item that never harms it is a supermartingale, and so
// it is for one that never helps: by Ville's inequality one of them grows above
// 2/alpha with a probability of at most alpha/2, whenever one looks and stops.
//
// [Counts.Interval] asks the same of other differences than 0, so that a verdict
// is where the interval lies. Where the effect of an item is not the same in all
// episodes, its interval is above the greatest or below the least of its effects
// with a probability of at most alpha.
//
// What has to be true for it: that each coin fell with the chance that was
// recorded, whatever was seen before. So the chance may follow from what was seen,
// and [Counts.HoldOut] withholds more often what seems to harm. [Level] shares
// alpha among items, so that one useless item among thousands is called helpful or
// harmful, at any time, with a probability of at most alpha.
package effect

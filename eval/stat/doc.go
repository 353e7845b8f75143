// Package stat estimates from few tries how often a policy succeeds, and how
// well it knows it, each with how sure one may be of the estimate.
//
// Everything here is a pure function of its arguments: chance comes in as a
// *rand.Rand, and no argument is written to.
package stat

// Package stat estimates success rates from few tries, each with how sure one
// may be of it.
//
// Everything here is a pure function of its arguments: chance comes in as a
// *rand.Rand, and no argument is written to.
package stat

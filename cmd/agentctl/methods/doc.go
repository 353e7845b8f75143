// Package methods puts the claims of papers on learning from right and wrong to
// the test, at a size that two cores train in minutes: it joins the objectives
// of package policy to the domains of eval/puzzle.
//
// A [Lab] is a folder of finished work. Every base model and every run under
// one seed is done once and kept as a file of its own, so that an interrupted
// experiment goes on where it was.
package methods

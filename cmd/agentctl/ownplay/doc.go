// Package ownplay measures what an agent makes of its own experience: a policy
// that was shown a few games by a teacher plays others, and learns from nothing but
// how they ended. Objectives and forms of memory are compared over the same
// number of episodes; package methods keeps finished work.
package ownplay

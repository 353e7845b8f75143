// Package lesson turns a failed episode into lessons by looking at its text
// alone, without a model and without knowing the world it was played in.
//
// What it reads off: the places looked into in vain, where the things that the
// goal names were first seen, actions without effect, loops, and the first step
// at which the failure left the plan of the nearest success. Things are told
// from words by their form ("cabinet 3", "HAT123", "src/main.go"); what varies
// between goals becomes a variable, so that failures of one kind give the same
// words. The wording is made of few templates, for a small model to read.
package lesson

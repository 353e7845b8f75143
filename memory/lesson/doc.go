// Package lesson turns a failed episode into lessons by looking at its text
// alone, without a model and without knowing the world it was played in.
//
// What it reads off: the places looked into in vain, where the things that the
// goal names were first seen, actions without effect and why they had none, by
// what such actions needed where they had one, loops, and the first step at
// which the failure left the plan of the nearest success. Things are told from
// words by their form ("cabinet 3", "HAT123", "src/main.go"); what varies
// between goals becomes a variable, so that failures of one kind give the same
// words. The wording is made of few templates, for a small model to read.
//
// Where actions call tools by name with a JSON object, what is compared instead
// is the calls that changed something, against those of the success of the same
// task that differs least; and of a refusal, what had to change until a call got
// through.
package lesson

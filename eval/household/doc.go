// Package household plays household text games: ALFWorld's, from their
// game.tw-pddl files, and generated ones in the same format.
//
// A [Game] is one task in one room, parsed by [Parse], read by [Load] or drawn
// by [Generate]. [NewEnvironment] plays it as an agent.Environment, in the words
// of either text version of ALFWorld (see [Dialect]). [NewExpert] is a policy
// that wins by looking only at what an agent may observe, with a [Prior] of
// where things usually are.
//
// The rules and texts are those that ALFWorld's engine (TextWorld with Fast
// Downward) derives from its own domain and grammar; they are built in, so a
// file's pddl_domain and grammar are read only for the task's sentence and the
// help text. Three of these rules surprise:
//
//   - An action that cannot change anything does not exist: going to a
//     receptacle where the agent already stands is answered "Nothing happens."
//   - Only a held object can be examined. The domain also means to allow
//     objects in reach, but misspells a type there ("location,"), so that its
//     engine never grounds that action.
//   - Using a lamp always turns it on.
//
// Admissible commands are complete and sorted as strings, as ALFWorld lists
// them. A step costs a few microseconds, the list included.
package household

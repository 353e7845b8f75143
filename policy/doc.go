// Package policy trains a small local model away from its own failures.
//
// [LM] is an agent.Policy: a transformer that decodes its actions inside the
// trie of the admissible ones. [LM.Trajectory] turns a recorded episode back
// into the exact tokens that were read and the exact choices that were made,
// so that a learner scores what the actor did. An [Objective] says how much
// each of those choices is to be made more or less likely, and [Trainer]
// makes it so: [Reinforce] is negative sample reinforcement and its relatives,
// [GRPO] and [PPO] are what it is compared to, [Imitation] is supervised.
// [RLAG] moves what a context says into the weights, and [Calibrated] rewards
// answers that say how sure they are ([Stated]). [Recipe] is the whole way from
// nothing to a policy: imitate a teacher, play, remember, imitate the teacher
// who was told what memory knows, and then learn from the own failures.
//
// [ChatModel] is a language model of other people's, which replies to messages
// from a folder of Hugging Face's, with no server; policy/langchain makes it one
// of langchaingo's.
//
// To add an objective, implement [Objective] in one new file; reinforce.go is
// the example to follow.
package policy

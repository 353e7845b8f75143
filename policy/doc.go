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
// answers that say how sure they are ([Stated]). [CritiqueGRPO] learns from what a
// [Refiner] makes of wrong answers, and [Attributed] puts the blame on some steps
// of an episode. [LM.Advised] is what a teacher would have done in the policy's
// place. [Recipe] is the whole way from nothing to a policy: imitate a
// teacher, play, remember, imitate the teacher who was told what memory knows,
// and then learn from the own failures.
//
// Several tasks are put into an order by [Transfer], what they do to one another;
// [Merge] is what that is compared to, and a [Rewarder] is a task's reward: by
// rule, by judge, gated by format.
//
// [ChatModel] is a language model of other people's, which replies to messages
// from a folder of Hugging Face's, with no server; policy/langchain makes it one
// of langchaingo's.
//
// # Why learning from failures alone can collapse
//
// The loss of [Reinforce] pushes a token that was drawn with 1-π, not with the
// π(1-π) of its paper's equations: the outer π is in the drawing already. So tokens
// that fail equally often, as those before the mistake do, are not moved in the
// mean, only by the noise of the draws. Multiplying the push by π once more
// ("damping") ends that: likely tokens are pushed down whether or not they are to
// blame, until all are alike, and rare mistakes hardly at all; with Adam as with
// gradient descent the model is lost.
//
// Adam's step does not shrink with the gradient, be it that one answer in a
// thousand fails, nor does dividing the loss by all targets change it; gradient
// descent's does. But that is no cure. On a softmax with shared weights, NSR ends
// below where it began at a learning rate that PSR bears, and learns at a tenth of
// it, with Adam, with a [Config].Epsilon above the gradients' size and with
// gradient descent alike. A rate in proportion to the share of failures does not
// save it either. What does is a smaller rate. The tests of collapse_test.go show
// each of these.
//
// To add an objective, implement [Objective] in one new file; reinforce.go is
// the example to follow.
package policy

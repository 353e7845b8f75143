// Package dataset writes episodes as training data of other trainers: TRL and
// verl, which train models far larger than this project's own.
//
// [Write] turns the episodes of a [Source] into records of a [Format], task by
// task, so that no more than one task's episodes are held at a time. What it
// leaves out, and why, is in its [Report]. [WriteFile] keeps all of a file or
// nothing.
//
// An episode becomes a chat. What the actor saw is the user's, what it did the
// assistant's, in the words of the episode and one message a step:
//
//	user       <context>\n\nTask: <goal>\n<observation>
//	assistant  <action>
//	user       <observation>
//	assistant  <action>
//
// The context is what memory had recalled; [Options] can leave it out. The
// admissible actions are not in a message, since the policy of package policy
// does not read them. A failed episode is data here, whole and raw: a trainer
// learns from it, and no prompt of an agent is made of it.
//
// What an action is credited with is how its episode ended, as in NSR
// (arXiv:2506.01347, sec. 2), and nothing finer. Failures by the environment,
// or by a fault that passes, say nothing of the policy and are left out.
package dataset

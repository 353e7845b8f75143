package policy

import (
	"context"
	"fmt"
	"strings"

	"github.com/surefoot-ai/surefoot/agent"
)

// Critiquer says something of an answer that its author may use to write a
// better one.
type Critiquer interface {
	// Critique returns the critique of an answer to question as text. The same
	// question and answer have the same critique.
	Critique(ctx context.Context, question, answer string) (string, error)
}

// VerdictOnly says whether an answer is right, and nothing else.
type VerdictOnly struct {
	Right func(question, answer string) bool
}

// Critique implements Critiquer: "right" or "wrong".
func (c VerdictOnly) Critique(_ context.Context, question, answer string) (string, error) {
	if c.Right(question, answer) {
		return "right", nil
	}
	return "wrong", nil
}

// VerdictAndAnswer says whether an answer is right, and what a right one is.
type VerdictAndAnswer struct {
	Right  func(question, answer string) bool
	Answer func(question string) string
}

// Critique implements Critiquer: "right: 42" or "wrong: 42".
func (c VerdictAndAnswer) Critique(ctx context.Context, question, answer string) (string, error) {
	verdict, err := VerdictOnly{c.Right}.Critique(ctx, question, answer)
	return verdict + ": " + c.Answer(question), err
}

// StepWise is a diagnosis as a Critiquer: where an answer goes wrong and what
// should be there. It is called by one goroutine at a time.
type StepWise func(ctx context.Context, question, answer string) (string, error)

// Critique implements Critiquer.
func (f StepWise) Critique(ctx context.Context, question, answer string) (string, error) {
	return f(ctx, question, answer)
}

// Lessons says of every answer what memory has learned for tasks like its
// question: the texts of the lessons that are recalled, one a line, and nothing
// if there are none. What else is recalled is left out: a demonstration of the
// very task would be the answer. It does not say whether the answer is right.
type Lessons struct {
	Recaller agent.Recaller
	Task     func(question string) agent.Task
	Tokens   int // asked of Recaller
}

// Critique implements Critiquer.
func (c Lessons) Critique(ctx context.Context, question, _ string) (string, error) {
	task := c.Task(question)
	recalled, err := c.Recaller.Recall(ctx, task, c.Tokens)
	if err != nil {
		return "", fmt.Errorf("task %s: lessons: %w", task.ID, err)
	}
	var texts []string
	for _, it := range recalled.Items {
		if it.Kind == agent.KindLesson {
			texts = append(texts, it.Text)
		}
	}
	return strings.Join(texts, "\n"), nil
}

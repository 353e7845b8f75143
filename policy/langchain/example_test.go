package langchain_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/tmc/langchaingo/llms"

	"github.com/surefoot-ai/surefoot/policy/langchain"
	"github.com/surefoot-ai/surefoot/policy/langchain/langchaintest"
)

func ExampleOpen() {
	// In earnest a folder as downloaded, of SmolLM2-135M-Instruct say.
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := langchaintest.WriteFolder(dir, "Under", " the", " table."); err != nil {
		log.Fatal(err)
	}

	model, err := langchain.Open(dir, langchain.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	reply, err := model.GenerateContent(context.Background(), []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, "You know where things are. Be brief."),
		llms.TextParts(llms.ChatMessageTypeHuman, "Where is the mug?"),
	}, llms.WithTemperature(0.7), llms.WithTopP(0.9), llms.WithSeed(1), llms.WithMaxTokens(100))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Choices[0].Content, reply.Choices[0].StopReason)
	// Output: Under the table. stop
}

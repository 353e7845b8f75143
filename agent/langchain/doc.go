// Package langchain joins agents and language models of langchaingo to the
// nouns of package agent.
//
// [Policy] acts by any llms.Model; [Open] returns one for a server that speaks
// OpenAI's or Ollama's protocol. The other way round, [RecordRun] makes an
// agent.Episode of the run of a langchaingo chain or agent, also of one that
// fails, for which langchaingo itself never calls SaveContext.
//
// Its errors wrap *agent.FailureError, so that an outage of a server is told
// from a mistake of the agent. Keys never reach an error or a record.
package langchain

// Command agentctl plays task suites with and without memory, trains the
// policy that plays them, and shows what memory and skills hold.
//
// Data goes to standard output and everything else to standard error. The
// exit status is 0 if all went well, 1 if something failed, 2 if the command
// was used wrongly; `agentctl help exit-codes` says more.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

package versions_test

import (
	"fmt"
	"os"

	"github.com/surefoot-ai/surefoot/policy/versions"
)

func Example() {
	dir, err := os.MkdirTemp("", "versions-*")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	f, err := versions.Open(dir, versions.Options{})
	if err != nil {
		panic(err)
	}
	first, _ := f.Add([]byte("a policy file"), versions.Lineage{})
	f.Promote(first.Version, "", "the first")
	second, _ := f.Add([]byte("a better one"), versions.Lineage{Parent: first.Version, Objective: "nsr"})
	f.Promote(second.Version, first.Version, "won more")
	f.Rollback("it did not, in the end")

	all, _ := f.Versions()
	for _, v := range all {
		fmt.Println(v.Number, v.State, v.Current)
	}
	// Output:
	// 1 promoted true
	// 2 rolled back false
}

package transformer

import (
	"fmt"
	"slices"
)

// Trie is a set of token sequences, such as the admissible actions, arranged by
// their common prefixes. It does not change and may be shared.
type Trie struct {
	nodes []node // the root first
	paths [][]int32
	first []int // by sequence: the first one with the same tokens
}

type node struct {
	tokens   []int32 // of the children, ascending
	children []int32 // their nodes
	sequence int32   // the first sequence that ends here; -1: none
}

// NewTrie arranges sequences, which it copies. Sequences may share prefixes;
// duplicates stand for the first of them. It is an error if there is none, if
// one is empty, or if one is a proper prefix of another: nothing would tell
// where it ends.
func NewTrie(sequences [][]int32) (*Trie, error) {
	if len(sequences) == 0 {
		return nil, fmt.Errorf("transformer: trie of no sequences")
	}
	t := &Trie{nodes: []node{{sequence: -1}}}
	for i, s := range sequences {
		if len(s) == 0 {
			return nil, fmt.Errorf("transformer: trie: sequence %d is empty", i)
		}
		t.paths = append(t.paths, slices.Clone(s))
		end, err := t.insert(i, s)
		if err != nil {
			return nil, err
		}
		t.first = append(t.first, end)
	}
	return t, nil
}

// insert adds sequence i and returns the first sequence with its tokens.
func (t *Trie) insert(i int, s []int32) (int, error) {
	at := int32(0)
	for depth, token := range s {
		n := &t.nodes[at]
		if n.sequence >= 0 {
			return 0, prefixError(int(n.sequence), i, s[:depth])
		}
		j, ok := slices.BinarySearch(n.tokens, token)
		if !ok {
			next := int32(len(t.nodes))
			n.tokens = slices.Insert(n.tokens, j, token)
			n.children = slices.Insert(n.children, j, next)
			t.nodes = append(t.nodes, node{sequence: -1})
			at = next
			continue
		}
		at = n.children[j]
	}
	n := &t.nodes[at]
	if len(n.children) > 0 {
		return 0, prefixError(i, t.under(at), s)
	}
	if n.sequence < 0 {
		n.sequence = int32(i)
	}
	return int(n.sequence), nil
}

// under is the first sequence below node at.
func (t *Trie) under(at int32) int {
	for len(t.nodes[at].children) > 0 {
		at = t.nodes[at].children[0]
	}
	return int(t.nodes[at].sequence)
}

func prefixError(short, long int, tokens []int32) error {
	return fmt.Errorf("transformer: trie: sequence %d %v is a proper prefix of sequence %d", short, tokens, long)
}

// Len is the number of sequences, duplicates included.
func (t *Trie) Len() int { return len(t.paths) }

// Allowed lists, for each token of sequence i, the tokens that could stand in
// its place given those before it, ascending: the Allowed sets under which
// [Pass.Forward] scores what [Decoder.Choose] chose. The inner slices are t's
// own and must not be written to.
func (t *Trie) Allowed(i int) [][]int32 {
	out := make([][]int32, 0, len(t.paths[i]))
	at := int32(0)
	for _, token := range t.paths[i] {
		n := &t.nodes[at]
		out = append(out, n.tokens)
		j, _ := slices.BinarySearch(n.tokens, token)
		at = n.children[j]
	}
	return out
}

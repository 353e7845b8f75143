package eval

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/google/uuid"
)

// episodeSeed is what seeds the policy's random source, together with the
// trial, when task is played under seed: the first 8 bytes of a SHA-256, so that
// no two tasks share a source, as they would were seed used for all of them.
// It does not depend on the condition; that is the pairing.
func episodeSeed(seed uint64, suite, task string) uint64 {
	h := sha256.New()
	writeFields(h, fmt.Sprint(seed), suite, task)
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// episodeID is a UUIDv5 of all that tells one episode from another, so that a
// run and its repetition name their episodes alike: 122 bits, 1e6 episodes
// collide with p ≈ 1e-25.
func episodeID(suite string, k key) string {
	h := sha256.New()
	writeFields(h, suite, k.condition, fmt.Sprint(k.seed), fmt.Sprint(k.trial), k.task)
	return uuid.NewSHA1(uuid.NameSpaceURL, h.Sum(nil)).String()
}

// writeFields writes each field after its length, so that ("a", "bc") and
// ("ab", "c") differ.
func writeFields(w io.Writer, fields ...string) {
	for _, f := range fields {
		fmt.Fprintf(w, "%d:%s", len(f), f) // a hash.Hash never returns an error
	}
}

package versions

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"time"
)

// digits is how much of a policy file's SHA-256 names it: 48 bits, so that of
// 1e4 policies two share a version with p ≈ 2e-7.
const digits = 12

// Of returns the version of a policy file: the first digits of its SHA-256.
func Of(policy []byte) string {
	sum := sha256.Sum256(policy)
	return hex.EncodeToString(sum[:])[:digits]
}

// Lineage is how a version came to be. The folder fills in Version, Number and
// Created.
type Lineage struct {
	Version   string             `json:"version"`
	Number    int                `json:"number"`           // order of being added, from 1
	Parent    string             `json:"parent,omitempty"` // version that was trained on; empty: it was brought from elsewhere
	Created   time.Time          `json:"created"`
	Objective string             `json:"objective,omitempty"`
	Data      Data               `json:"data"`
	Updates   int                `json:"updates"`          // of the optimiser, since the parent
	Before    map[string]float64 `json:"before,omitempty"` // the parent's scores on the held-out tasks, each in [0,1]
	After     map[string]float64 `json:"after,omitempty"`  // its own
	Drift     float64            `json:"drift,omitempty"`  // nats, estimated divergence of the parent to it
	Guard     string             `json:"guard,omitempty"`  // why a guard rejected it; empty: none did
	Note      string             `json:"note,omitempty"`
}

// Data is the episodes that a version learned from.
type Data struct {
	Episodes int    `json:"episodes"`
	Dropped  int    `json:"dropped,omitempty"` // of those looked at, not learned from
	Digest   string `json:"digest,omitempty"`  // SHA-256 of the IDs, each followed by a line feed, in hexadecimal
	First    string `json:"first,omitempty"`   // ID
	Last     string `json:"last,omitempty"`    // ID
	Cursor   string `json:"cursor,omitempty"`  // where the source goes on
}

// DataOf describes episodes by their IDs, in the order they were learned from.
func DataOf(ids []string) Data {
	h := sha256.New()
	for _, id := range ids {
		fmt.Fprintln(h, id)
	}
	d := Data{Episodes: len(ids), Digest: hex.EncodeToString(h.Sum(nil))}
	if len(ids) > 0 {
		d.First, d.Last = ids[0], ids[len(ids)-1]
	}
	return d
}

// State is what has become of a version.
type State string

// The states.
const (
	Candidate  State = "candidate"   // neither promoted nor rejected
	Promoted   State = "promoted"    // it is current, or will be again by rollbacks
	Rejected   State = "rejected"    // by a guard
	RolledBack State = "rolled back" // it was promoted
)

// Version is a version as it stands.
type Version struct {
	Lineage
	State   State `json:"state"`
	Current bool  `json:"current"`
}

// versionPattern returns what a version looks like.
func versionPattern() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{12}$`) }

// valid says what is wrong with l as the lineage of version; empty: nothing.
func (l Lineage) valid(version string) string {
	switch {
	case l.Version != version:
		return fmt.Sprintf("is of version %q", l.Version)
	case !versionPattern().MatchString(version):
		return fmt.Sprintf("%q is no version", version)
	case l.Number < 1:
		return fmt.Sprintf("number is %d, must be ≥ 1", l.Number)
	case l.Data.Episodes < 0 || l.Data.Dropped < 0 || l.Updates < 0:
		return "counts less than none"
	}
	return ""
}

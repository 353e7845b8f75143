// Package shipped carries the policy that plays when none is named. It is a
// file that 'make policy' makes anew, byte for byte on one kind of processor.
package shipped

import _ "embed"

//go:embed household.safetensors
var household []byte

// Household is the policy for household games, as policy.Load reads it. It must
// not be modified.
func Household() []byte { return household }

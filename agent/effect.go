package agent

// Effect is what was counted of an item of memory, to say whether it helps: the
// episodes for which it was recalled and shown, and those for which it was
// recalled and withheld by chance.
type Effect struct {
	Shown    Arm    `json:"shown,omitzero"`
	Withheld Arm    `json:"withheld,omitzero"`
	Coins    []Coin `json:"coins,omitempty"` // the same episodes by the chance they had, smallest first; none of those counted before chances were kept
	Order    int    `json:"order,omitempty"` // 1 of the first item that was ever counted, 2 of the second
}

// Arm is episodes.
type Arm struct {
	N         int `json:"n"`
	Successes int `json:"successes"`
}

// Coin is the episodes for which an item was withheld with one probability, and
// how the coin fell.
type Coin struct {
	HoldOut  float64 `json:"hold_out"` // that probability, in (0,1)
	Shown    Arm     `json:"shown,omitzero"`
	Withheld Arm     `json:"withheld,omitzero"`
}

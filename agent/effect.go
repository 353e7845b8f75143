package agent

// Effect is what was counted of an item of memory, to say whether it helps: the
// episodes for which it was recalled and shown, and those for which it was
// recalled and withheld by chance.
type Effect struct {
	Shown    Arm `json:"shown,omitzero"`
	Withheld Arm `json:"withheld,omitzero"`
	Order    int `json:"order,omitempty"` // 1 of the first item that was ever counted, 2 of the second
}

// Arm is episodes.
type Arm struct {
	N         int `json:"n"`
	Successes int `json:"successes"`
}

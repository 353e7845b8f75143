package agent

// ItemKind names what an item of memory is.
type ItemKind string

const (
	KindSkill         ItemKind = "skill"
	KindLesson        ItemKind = "lesson"
	KindDemonstration ItemKind = "demonstration"

	// KindRawFailure is a failed trace, unabstracted. Only the uniform-verbatim
	// control condition ever produces one.
	KindRawFailure ItemKind = "raw-failure"
)

// Item is one thing recalled from memory.
type Item struct {
	ID     string   `json:"id"` // credit for its effect goes to this ID
	Kind   ItemKind `json:"kind"`
	Text   string   `json:"text"` // as the policy reads it
	Tokens int      `json:"tokens"`
}

// Context is what memory puts before a policy: the items in the order in which
// they are read. The zero Context is no memory.
type Context struct {
	Items []Item `json:"items,omitempty"`

	// Withheld are the IDs of items that would have been among Items, and were
	// left out by chance, so that their effect can be measured.
	Withheld []string `json:"withheld,omitempty"`
	HoldOut  float64  `json:"hold_out,omitempty"` // the probability of that, of each item that Chances does not name; 0: nothing was left to chance

	// Chances are the probabilities of being withheld, by ID, of the items shown or
	// withheld for which it was another than HoldOut.
	Chances map[string]float64 `json:"chances,omitempty"`

	// AllWithheld: all of it was left out by chance, so that the effect of memory
	// as a whole can be measured. Withheld then says nothing of single items.
	AllWithheld bool    `json:"all_withheld,omitempty"`
	HoldOutAll  float64 `json:"hold_out_all,omitempty"` // the probability of that; 0: it was not left to chance
}

// Text joins the items' texts, one blank line between two, in order.
func (c Context) Text() string {
	if len(c.Items) == 0 {
		return ""
	}
	n := 0
	for _, it := range c.Items {
		n += len(it.Text) + 2
	}
	b := make([]byte, 0, n)
	for i, it := range c.Items {
		if i > 0 {
			b = append(b, "\n\n"...)
		}
		b = append(b, it.Text...)
	}
	return string(b)
}

// Tokens is the sum over the items. The separators are not counted.
func (c Context) Tokens() int {
	n := 0
	for _, it := range c.Items {
		n += it.Tokens
	}
	return n
}

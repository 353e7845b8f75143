package puzzle

// The words of Verse. The first plain of each list are those that its plain
// lines are made of; no word stands in two lists.
const plain = 3

var (
	adjectives = [...]string{
		"big", "old", "red", "pale", "calm", "bold", "raw", "grim", "sly", "lush", "tame", "vast", "dim", "wry", "keen", "mild",
		"numb", "odd", "shy", "wild", "cold", "warm", "dusty", "proud", "quiet", "rapid", "solid", "tiny", "vivid", "weary", "young", "jolly",
	}
	nouns = [...]string{
		"fox", "cat", "dog", "owl", "bear", "crow", "deer", "frog", "goat", "hare", "king", "lamb", "mole", "moth", "mule", "newt",
		"oak", "otter", "pike", "queen", "rain", "river", "seal", "ship", "star", "stone", "swan", "toad", "tower", "whale", "wind", "wolf",
	}
	verbs = [...]string{
		"saw", "met", "hit", "asks", "bites", "calls", "drags", "envies", "feeds", "greets", "hides", "irks", "joins", "kicks", "lifts", "mocks",
		"nudges", "obeys", "pulls", "quotes", "robs", "scolds", "taunts", "uses", "visits", "warns", "yields", "zaps", "admires", "blesses", "curses", "dodges",
	}
)

package dataset

// comparison is a record of DPO.
type comparison struct {
	Prompt   []message `json:"prompt"`
	Chosen   []message `json:"chosen"`
	Rejected []message `json:"rejected"`
}

// comparisons returns one for each failure of g that a success of g can be
// compared with.
func (x *exporter) comparisons(g group) []any {
	var successes, failures group
	for _, c := range g {
		if c.episode.Outcome.Success {
			successes = append(successes, c)
		} else {
			failures = append(failures, c)
		}
	}
	var out []any
	chosen := make([]bool, len(successes))
	for _, f := range failures {
		i, at := nearest(f, successes)
		switch {
		case len(successes) == 0:
			x.leaveOut(unsolved, f.episode.ID)
		case i < 0:
			x.leaveOut(apart, f.episode.ID)
		default:
			chosen[i] = true
			x.episodes++
			out = append(out, comparison{f.messages[:at], successes[i].messages[at : at+1], f.messages[at : at+1]})
		}
	}
	for i, s := range successes {
		if chosen[i] {
			x.episodes++
		} else {
			x.leaveOut(unopposed, s.episode.ID)
		}
	}
	return out
}

// nearest returns which of the successes shares the longest beginning with f up
// to an action that differs, the first of equals, and the index of that
// action's message; -1 and 0 if none does.
func nearest(f chat, successes group) (success, at int) {
	success = -1
	for i, s := range successes {
		if d, ok := deviation(f.messages, s.messages); ok && d > at {
			success, at = i, d
		}
	}
	return success, at
}

// deviation returns the index of the first message in which a and b differ, and
// whether it is an action of both. It is none if another observation, or the
// end of one of the two, comes first.
func deviation(a, b []message) (int, bool) {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i, i%2 == 1
		}
	}
	return 0, false
}

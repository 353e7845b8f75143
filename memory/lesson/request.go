package lesson

import "strings"

// request is a goal without the greeting that it begins with.
func request(goal string) string {
	rest := strings.TrimSpace(goal)
	for range 2 { // "Hi! Good morning."
		i := strings.IndexAny(rest, ",.!?;:")
		if i < 0 {
			break
		}
		words := strings.Fields(strings.ToLower(rest[:i]))
		after := strings.TrimSpace(strings.TrimLeft(rest[i:], ",.!?;: "))
		if len(words) == 0 || len(words) > 2 || after == "" || !strings.Contains(greetings, " "+words[0]+" ") {
			break
		}
		rest = after
	}
	return rest
}

// greetings are words that a request may begin with and that say nothing of it.
const greetings = " hi hello hey good greetings dear "

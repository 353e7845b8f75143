package lesson

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// minRange is from how many places of one type on they are not named one by one.
const minRange = 4

// places names at most n places or types of places, of which each is in one
// piece: many of a type as "drawers 1, 3-7", and all there are of it as "all 7
// drawers".
func (r retry) places(looked []string, most int) string {
	var out []string
	for len(looked) > 0 && len(out) < most {
		kind := typeOf(looked[0])
		n := slices.IndexFunc(looked, func(p string) bool { return typeOf(p) != kind })
		if n < 0 {
			n = len(looked)
		}
		switch {
		case n < minRange || number(looked[0]) == 0:
			n = 1
			out = append(out, looked[0])
		case n == r.howMany(kind):
			out = append(out, fmt.Sprintf("all %d %s", n, plural(kind)))
		default:
			out = append(out, plural(kind)+" "+ranges(looked[:n]))
		}
		looked = looked[n:]
	}
	if len(looked) > 0 {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// ranges are the numbers of sorted places, "1, 3-7".
func ranges(places []string) string {
	var out []string
	for i := 0; i < len(places); {
		n := 1
		for i+n < len(places) && number(places[i+n]) == number(places[i])+n {
			n++
		}
		text := fmt.Sprint(number(places[i]))
		if n > 1 {
			text += fmt.Sprint("-", number(places[i+n-1]))
		}
		out = append(out, text)
		i += n
	}
	return strings.Join(out, ", ")
}

// howMany places of a type were known from the start.
func (r retry) howMany(kind string) int {
	n := 0
	for _, p := range r.start {
		if typeOf(p) == kind && r.visitable(p) {
			n++
		}
	}
	return n
}

// number is that of an entity, or 0 if it is an identifier.
func number(entity string) int {
	_, digits, _ := strings.Cut(entity, " ")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// covers reports whether what places wrote names the place.
func covers(words, place string) bool {
	many := plural(typeOf(place))
	head := ""
	for item := range strings.SplitSeq(words, ", ") {
		first, rest, spaced := strings.Cut(item, " ")
		switch {
		case item == place, first == "all" && strings.HasSuffix(rest, " "+many):
			return true
		case spaced:
			head = first
		default: // a further range of the same type
			rest = item
		}
		from, to, ok := strings.Cut(rest, "-")
		if !ok {
			to = from
		}
		a, err := strconv.Atoi(from)
		b, err2 := strconv.Atoi(to)
		if n := number(place); err == nil && err2 == nil && head == many && n >= a && n <= b {
			return true
		}
	}
	return false
}

// plural is a crude plural, enough for the names of places.
func plural(w string) string {
	switch {
	case strings.HasSuffix(w, "lf"):
		return strings.TrimSuffix(w, "f") + "ves"
	case strings.HasSuffix(w, "s"), strings.HasSuffix(w, "x"), strings.HasSuffix(w, "ch"), strings.HasSuffix(w, "sh"):
		return w + "es"
	}
	return w + "s"
}

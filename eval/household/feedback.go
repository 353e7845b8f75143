package household

// opening is the first observation.
func (e *Environment) opening() string {
	e.text = e.appendLook(e.text[:0])
	e.text = append(append(e.text, "\n\n"+taskPrefix...), e.g.text...)
	return string(e.text)
}

// feedback is the answer to a command that has just been carried out.
func (e *Environment) feedback(c command) string {
	g := e.g
	b := e.text[:0]
	object := func() string { return g.objects[c.o].name }
	receptacle := func() string { return g.receptacles[c.r].name }
	say := func(parts ...string) {
		for _, p := range parts {
			b = append(b, p...)
		}
	}
	switch c.verb {
	case look:
		b = e.appendLook(b)
	case inventory:
		b = e.appendInventory(b)
	case help:
		return g.help
	case goTo:
		if e.dialect == Current {
			say("You arrive at ", receptacle(), ". ")
		}
		b = e.appendReceptacle(b, c.r)
	case open:
		say("You open the ", receptacle(), ". ")
		b = e.appendReceptacle(b, c.r)
	case closing:
		say("You close the ", receptacle(), ".")
	case examine:
		b = e.appendReceptacle(b, c.r)
	case examineObject:
		b = e.appendObject(b, c.o)
	case take:
		say("You pick up the ", object(), " from the ", receptacle(), ".")
	case move:
		if e.dialect == Old {
			say("You put the ", object(), " in/on the ", receptacle(), ".")
		} else {
			say("You move the ", object(), " to the ", receptacle(), ".")
		}
	case clean:
		say("You clean the ", object(), " using the ", receptacle(), ".")
	case heat:
		say("You heat the ", object(), " using the ", receptacle(), ".")
	case cool:
		say("You cool the ", object(), " using the ", receptacle(), ".")
	case use:
		say("You turn on the ", object(), ".")
	case slice:
		say("You sliced the ", object(), " with the ", g.objects[c.r].name, ".")
	}
	e.text = b
	return string(b)
}

// appendLook describes what is around the agent. Things that were taken from a
// receptacle here and put into another one here are listed as lying about: so
// the original has it, once for each such receptacle.
func (e *Environment) appendLook(b []byte) []byte {
	here := e.g.places[e.at].receptacles
	if len(here) == 0 {
		b = append(b, "You are in the middle of a room. Looking quickly around you, you see "...)
		n, i := 0, 0
		for _, r := range e.g.receptacles {
			if r.location >= 0 {
				n++
			}
		}
		for _, r := range e.g.receptacles {
			if r.location >= 0 {
				b = appendItem(b, i, n, "a "+r.name)
				i++
			}
		}
		return append(appendEmpty(b, n), '.')
	}
	b = append(b, "You are facing the "...)
	for i, r := range here {
		b = appendItem(b, i, len(here), e.g.receptacles[r].name)
	}
	b = append(b, ". Next to it, you see "...)
	var about []int
	for o := range e.g.objects {
		for _, r := range e.taken[o] {
			if e.near(r) && e.lies(o) {
				about = append(about, o)
			}
		}
	}
	return append(e.appendObjects(b, about), '.')
}

func (e *Environment) appendInventory(b []byte) []byte {
	if e.holding < 0 {
		return append(b, "You are not carrying anything."...)
	}
	b = append(b, "You are carrying: a "...)
	b = append(b, e.g.objects[e.holding].name...)
	return append(b, '.')
}

// appendReceptacle says what can be seen of a receptacle.
func (e *Environment) appendReceptacle(b []byte, r int) []byte {
	rec := &e.g.receptacles[r]
	if rec.openable {
		b = append(append(b, "The "...), rec.name...)
		if !e.opened[r] {
			return append(b, " is closed."...)
		}
		b = append(b, " is open. In it, you see "...)
	} else {
		b = append(append(b, "On the "...), rec.name...)
		b = append(b, ", you see "...)
	}
	return append(e.appendObjects(b, e.contents[r]), '.')
}

// appendObject says what can be seen of an object.
func (e *Environment) appendObject(b []byte, o int) []byte {
	t, name := e.traits[o], e.g.objects[o].name
	if t&vessel != 0 {
		b = append(append(append(b, "This is a normal "...), name...), ". In it, you see "...)
		return append(e.appendObjects(b, e.g.objects[o].inner), '.')
	}
	if state := adjectives(t); state != "" {
		return append(append(append(append(b, "This is a "...), state...), name...), '.')
	}
	if t&toggleable != 0 && t&isToggled != 0 {
		return append(append(append(b, "This "...), name...), " is on."...)
	}
	if t&sliceable != 0 && t&isSliced != 0 {
		return append(append(append(b, "This is a sliced "...), name...), '.')
	}
	return append(append(append(b, "There's nothing special about "...), name...), '.')
}

// adjectives are the words for the traits that an object got, the last with a
// space behind it. That a cool thing is sometimes "cold" is the original's.
func adjectives(t trait) string {
	heat := ""
	if t&isHot != 0 {
		heat = "hot"
	} else if t&isCool != 0 {
		heat = "cool"
	}
	switch {
	case t&isClean != 0 && heat != "" && t&isSliced != 0:
		return heat + " and clean sliced "
	case t&isClean != 0 && t&isSliced != 0:
		return "clean sliced "
	case heat != "" && t&isSliced != 0:
		return heat + " sliced "
	case t&isClean != 0 && heat != "":
		return heat + " and clean "
	case heat == "hot":
		return "hot "
	case t&isClean != 0:
		return "clean "
	case heat == "cool":
		return "cold "
	}
	return ""
}

func (e *Environment) appendObjects(b []byte, objects []int) []byte {
	for i, o := range objects {
		b = appendSeparator(b, i, len(objects))
		b = append(append(b, "a "...), e.g.objects[o].name...)
	}
	return appendEmpty(b, len(objects))
}

// appendItem adds item i of n to a list: "x", "x, and y", "x, y, and z".
func appendItem(b []byte, i, n int, item string) []byte {
	return append(appendSeparator(b, i, n), item...)
}

func appendSeparator(b []byte, i, n int) []byte {
	switch {
	case i == 0:
		return b
	case i == n-1:
		return append(b, ", and "...)
	}
	return append(b, ", "...)
}

func appendEmpty(b []byte, n int) []byte {
	if n == 0 {
		return append(b, "nothing"...)
	}
	return b
}

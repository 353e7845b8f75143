package lesson

import (
	"slices"
	"strings"
)

// why is the reason for which an action had no effect, as far as it can be told.
type why string

// Reasons, in words that follow the action in brackets.
const (
	unnamed   why = "nothing by that name"           // it names something that no observation had named
	unseen    why = "not seen there"                 // the thing is not in view
	elsewhere why = "from elsewhere; go there first" // its place is not where the agent is
	here      why = "already there"                  // it goes where the agent is
	nowhere   why = "not a place"                    // it goes to a thing
	full      why = "hands full"                     // it takes a thing while another is carried
	unheld    why = "before taking it"               // it uses a thing that is not carried
	command   why = "no such command"                // nothing like it ever had an effect
	unknown   why = "no effect"                      // none of these
)

// form is an action without the names in it.
func form(ps []part) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		if words[i] = p.text; p.entity {
			words[i] = "_"
		}
	}
	return strings.Join(words, " ")
}

// verb is the beginning of an action, up to its first name.
func verb(ps []part) string {
	n := slices.IndexFunc(ps, func(p part) bool { return p.entity })
	if n < 0 {
		n = len(ps)
	}
	return join(ps[:n])
}

// craft is what a world's actions need, learned from what had an effect.
type craft struct {
	take, put string          // forms of taking the thing sought, and of putting it down; "" if not known
	works     map[string]bool // forms that had an effect
	there     map[string]bool // those of them that always were about the place where the agent was
	held      map[string]bool // those of them that always were about the thing that was carried
	verbs     []string        // of the successes' forms, in the order of their first use
	arrive    string          // the first form that led to a place
	judged    bool            // there are successes, so that a form that is not in works may be no command
}

func newCraft(successes, trials []trace) craft {
	c := craft{works: map[string]bool{}, there: map[string]bool{}, held: map[string]bool{}, judged: len(successes) > 0}
	for _, s := range successes {
		if c.take == "" {
			c.take, c.put = s.handling()
		}
	}
	for _, s := range successes {
		for _, i := range s.plan() {
			c.verbs = union(c.verbs, []string{verb(s.events[i].parts)})
		}
	}
	note := func(in map[string]bool, form string, yes bool) {
		if had, ok := in[form]; !ok || had {
			in[form] = yes
		}
	}
	for _, t := range slices.Concat(successes, trials) {
		var w stand
		for _, v := range t.events {
			if v.noEffect {
				continue
			}
			f := form(v.parts)
			place, thing := t.about(v)
			c.works[f] = true
			if c.arrive == "" && len(v.names) == 1 && place != "" && place != w.at {
				c.arrive = f
			}
			note(c.there, f, place != "" && place == w.at)
			note(c.held, f, thing != "" && thing == w.held)
			w = w.after(t, v, c)
		}
	}
	return c
}

// handling are the forms of the first and of the last event of a plan that
// bring a sought thing together with something else. put is "" if they are one.
func (t trace) handling() (take, put string) {
	for _, i := range t.plan() {
		if v := t.events[i]; len(v.names) > 1 && slices.ContainsFunc(v.names, t.isSought) {
			if put = form(v.parts); take == "" {
				take = put
			}
		}
	}
	if put == take {
		put = ""
	}
	return take, put
}

// about are the last place and the first other thing that an event names.
func (t trace) about(v event) (place, thing string) {
	for _, n := range v.names {
		if len(t.start) > 0 && slices.Contains(t.start, n) {
			place = n
		} else if thing == "" {
			thing = n
		}
	}
	return place, thing
}

// stand is where an agent is, and what it has and sees there.
type stand struct {
	at, by string // the place, and the form of the action that led there
	held   string
	view   []string
}

// after is the stand after an event with an effect.
func (w stand) after(t trace, v event, c craft) stand {
	f := form(v.parts)
	place, thing := t.about(v)
	if place != "" && place != w.at {
		w.at, w.by, w.view = place, f, nil
	}
	w.view = union(slices.Clone(w.view), v.seen)
	switch f {
	case c.take:
		w.held = thing
	case c.put:
		w.held = ""
	}
	return w
}

// reasons are why the events had no effect, "" for those that had one, and
// what was carried then.
func (t trace) reasons(c craft) (whys []why, carried []string) {
	known := map[string]bool{}
	for _, e := range t.start {
		known[e] = true
	}
	var w stand
	for _, v := range t.events {
		reason := why("")
		if v.noEffect {
			reason = t.reason(v, w, known, c)
		} else {
			w = w.after(t, v, c)
		}
		whys, carried = append(whys, reason), append(carried, w.held)
		for _, e := range v.seen {
			known[e] = true
		}
	}
	return whys, carried
}

func (t trace) reason(v event, w stand, known map[string]bool, c craft) why {
	f := form(v.parts)
	place, thing := t.about(v)
	switch {
	case slices.ContainsFunc(v.names, func(n string) bool { return !known[n] && !t.isSought(n) }):
		return unnamed
	case c.judged && !c.works[f]:
		return command
	case len(v.names) == 0:
		return unknown
	case c.judged && place == "" && thing != "" && f == c.arrive:
		return nowhere
	case place == w.at && f == w.by:
		return here
	case f == c.take && w.held != "":
		return full
	case c.held[f] && thing != "" && thing != w.held:
		return unheld
	case c.there[f] && place != "" && place != w.at:
		return elsewhere
	case (place != "" || c.judged) && thing != "" && thing != w.held && !slices.Contains(w.view, thing):
		return unseen
	}
	return unknown
}

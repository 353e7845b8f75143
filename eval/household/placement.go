package household

import (
	"strconv"
	"strings"
)

// roomPlan is our own common sense about one kind of room: what stands in it
// and where things lie. Weights are relative frequencies by our judgement.
type roomPlan struct {
	name   string
	always []string // receptacle types that every such room has once
	fill   []weight // receptacle types that fill it up, and how often
	things []thing
}

// thing is a type of object and where it usually is.
type thing struct {
	name  string
	usual []weight // receptacle types
}

type weight struct {
	name   string
	weight int
}

func (r roomPlan) thing(name string) (thing, bool) {
	for _, t := range r.things {
		if t.name == name {
			return t, true
		}
	}
	return thing{}, false
}

const (
	kitchenAlways = "countertop fridge microwave sinkbasin garbagecan coffeemachine stoveburner diningtable toaster"
	kitchenFill   = "cabinet 8 drawer 5 stoveburner 2 countertop 2 shelf 2 sidetable 1"
	kitchenThings = `
apple: fridge 4 countertop 3 diningtable 3 sidetable 1 garbagecan 1
bread: countertop 5 diningtable 3 fridge 1
egg: fridge 6 countertop 2 sinkbasin 1 garbagecan 1
lettuce: fridge 5 countertop 2 sinkbasin 2 diningtable 1
potato: countertop 3 fridge 2 cabinet 2 sinkbasin 2 garbagecan 1
tomato: fridge 4 countertop 3 diningtable 2 sinkbasin 1
bowl: cabinet 5 shelf 2 diningtable 2 sinkbasin 1 countertop 1
cup: cabinet 5 shelf 2 countertop 2 sinkbasin 1 diningtable 1
mug: coffeemachine 3 cabinet 4 countertop 2 shelf 1 sinkbasin 1
plate: cabinet 5 diningtable 2 shelf 2 sinkbasin 2 countertop 1
pan: stoveburner 5 cabinet 3 countertop 1 sinkbasin 1
pot: stoveburner 5 cabinet 3 countertop 1
kettle: stoveburner 4 countertop 3 cabinet 1
fork: drawer 6 diningtable 2 sinkbasin 2 countertop 1
spoon: drawer 6 sinkbasin 2 diningtable 2 countertop 1
knife: drawer 4 countertop 4 sinkbasin 1
butterknife: drawer 5 diningtable 2 countertop 2 sinkbasin 1
ladle: drawer 4 countertop 2 cabinet 2
spatula: drawer 4 countertop 3 sinkbasin 1
saltshaker: countertop 3 cabinet 3 diningtable 2 shelf 2
peppershaker: countertop 3 cabinet 3 diningtable 2 shelf 2
dishsponge: sinkbasin 5 countertop 2 drawer 1 cabinet 1
soapbottle: sinkbasin 1 countertop 4 cabinet 3 garbagecan 1
winebottle: cabinet 3 countertop 2 diningtable 2 fridge 1 garbagecan 1
glassbottle: cabinet 3 countertop 2 garbagecan 2 sinkbasin 1
papertowelroll: countertop 5 cabinet 1 garbagecan 1
vase: shelf 4 diningtable 2 countertop 1
book: shelf 4 countertop 1 diningtable 1
houseplant: countertop 3 diningtable 2 shelf 1
window: countertop 1
sink: countertop 1 sinkbasin 1`

	bathroomAlways = "sinkbasin toilet countertop garbagecan toiletpaperhanger towelholder handtowelholder bathtubbasin"
	bathroomFill   = "cabinet 6 drawer 6 shelf 3 towelholder 1 handtowelholder 1 sinkbasin 1 cart 1"
	bathroomThings = `
candle: countertop 3 bathtubbasin 2 shelf 3 toilet 1 cabinet 1
cloth: cabinet 3 bathtubbasin 3 sinkbasin 2 drawer 2 countertop 1
handtowel: handtowelholder 8 countertop 1 cabinet 1
towel: towelholder 8 cabinet 1 shelf 1
dishsponge: sinkbasin 3 cabinet 3 bathtubbasin 2 drawer 1
soapbar: sinkbasin 4 bathtubbasin 3 countertop 2 drawer 1
soapbottle: sinkbasin 2 countertop 3 bathtubbasin 2 cabinet 2 shelf 1
spraybottle: cabinet 5 toilet 2 countertop 2 shelf 1 cart 1
tissuebox: toilet 2 countertop 3 shelf 2 cabinet 1 drawer 1 cart 1
toiletpaper: toiletpaperhanger 4 cabinet 3 toilet 2 drawer 2
papertowelroll: countertop 2 toilet 2 cabinet 1
houseplant: countertop 2 shelf 1
mirror: countertop 1
sink: sinkbasin 1 countertop 1
bathtub: bathtubbasin 1
showerglass: countertop 1 shelf 1`

	bedroomAlways = "bed desk sidetable garbagecan dresser"
	bedroomFill   = "drawer 8 shelf 5 cabinet 2 sidetable 1 armchair 1 laundryhamper 1 safe 1 desk 1"
	bedroomThings = `
alarmclock: sidetable 5 desk 2 shelf 2 dresser 1
book: shelf 4 bed 2 desk 3 sidetable 2 drawer 1
bowl: desk 2 sidetable 2 shelf 1 dresser 1
cd: shelf 3 desk 3 drawer 3 safe 1
cellphone: sidetable 3 bed 3 desk 2 drawer 1 dresser 1
creditcard: drawer 4 safe 2 desk 2 dresser 2
keychain: drawer 3 dresser 2 sidetable 2 desk 1 safe 1
laptop: desk 5 bed 3 dresser 1
mug: desk 4 sidetable 3 shelf 1
pen: desk 5 drawer 4 sidetable 1 shelf 1
pencil: desk 4 drawer 4 shelf 1 garbagecan 1
pillow: bed 8 armchair 2
statue: shelf 4 dresser 3 desk 1
tissuebox: sidetable 3 dresser 2 desk 1 shelf 1
vase: dresser 3 shelf 3 sidetable 1
watch: drawer 3 sidetable 3 dresser 2 safe 1
cloth: laundryhamper 3 drawer 3 dresser 2 armchair 1
teddybear: bed 6 armchair 2
houseplant: dresser 2 shelf 2 desk 1
television: dresser 1
mirror: dresser 1
window: desk 1`

	livingAlways = "sofa coffeetable sidetable tvstand garbagecan diningtable"
	livingFill   = "drawer 6 shelf 5 cabinet 3 sidetable 2 armchair 2 ottoman 1 dresser 1 safe 1"
	livingThings = `
book: shelf 5 coffeetable 2 sofa 1 sidetable 1
box: sofa 2 coffeetable 2 shelf 2 cabinet 2 diningtable 1
candle: coffeetable 3 sidetable 2 shelf 2 diningtable 1
cellphone: coffeetable 2 sofa 2 sidetable 2 diningtable 1 armchair 1
creditcard: drawer 4 coffeetable 1 sidetable 1 sofa 1 safe 1
keychain: drawer 3 sidetable 2 coffeetable 2 diningtable 1 dresser 1
laptop: coffeetable 3 sofa 3 diningtable 2 ottoman 1
newspaper: coffeetable 4 sofa 2 diningtable 1 garbagecan 2
pen: drawer 3 coffeetable 2 sidetable 2
pencil: drawer 4 sidetable 2 coffeetable 1
pillow: sofa 6 armchair 3 ottoman 1
plate: diningtable 5 coffeetable 3 cabinet 1
remotecontrol: coffeetable 3 sofa 3 tvstand 3 armchair 1 drawer 1
statue: shelf 4 tvstand 2 sidetable 1 dresser 1
tissuebox: coffeetable 3 sidetable 2 shelf 1
vase: shelf 3 diningtable 2 sidetable 2 tvstand 1
watch: drawer 3 sidetable 2 coffeetable 1 dresser 1
wateringcan: shelf 2 cabinet 3 sidetable 1
houseplant: sidetable 3 coffeetable 1 shelf 1
television: tvstand 5 dresser 1
curtains: sidetable 1
floorlamp: sidetable 2 sofa 1`
)

// What can be done with things, by trait.
const (
	thingsToClean  = "apple bowl butterknife cloth cup dishsponge egg fork kettle knife ladle lettuce mug pan plate pot potato soapbar spatula spoon tomato"
	thingsToHeat   = "apple bread cup egg mug plate potato tomato"
	thingsToCool   = "apple bowl bread cup egg lettuce mug pan plate pot potato tomato winebottle"
	thingsToSlice  = "apple bread egg lettuce potato tomato"
	thingsToHold   = "bowl box cup mug pan plate pot"
	thingsThatStay = "houseplant window sink mirror bathtub showerglass television curtains"
	lamps          = "desklamp floorlamp"
	alwaysOpenable = "fridge microwave safe"
	maybeOpenable  = "cabinet drawer"
)

func roomPlans() []roomPlan {
	return []roomPlan{
		plan("kitchen", kitchenAlways, kitchenFill, kitchenThings),
		plan("bathroom", bathroomAlways, bathroomFill, bathroomThings),
		plan("bedroom", bedroomAlways, bedroomFill, bedroomThings),
		plan("living room", livingAlways, livingFill, livingThings),
	}
}

func plan(name, always, fill, things string) roomPlan {
	r := roomPlan{name: name, always: strings.Fields(always), fill: weights(fill)}
	for line := range strings.Lines(strings.TrimSpace(things)) {
		object, usual, _ := strings.Cut(line, ":")
		r.things = append(r.things, thing{object, weights(usual)})
	}
	return r
}

// weights reads "name number …".
func weights(s string) []weight {
	var list []weight
	for f := strings.Fields(s); len(f) >= 2; f = f[2:] {
		n, err := strconv.Atoi(f[1])
		if err != nil {
			panic("household: internal error: weight " + f[1] + " of " + f[0])
		}
		list = append(list, weight{f[0], n})
	}
	return list
}

// listed reports whether a word is in a list of words.
func listed(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

// usualTraits are those of a type of object, by common sense.
func usualTraits(name string) trait {
	if listed(lamps, name) {
		return toggleable
	}
	if listed(thingsThatStay, name) {
		return 0
	}
	t := pickupable
	for _, l := range []struct {
		list string
		t    trait
	}{{thingsToClean, cleanable}, {thingsToHeat, heatable}, {thingsToCool, coolable}, {thingsToSlice, sliceable}, {thingsToHold, vessel}} {
		if listed(l.list, name) {
			t |= l.t
		}
	}
	return t
}

// fits lists the types of objects that go into each type of receptacle: those
// that usually are there in some kind of room.
func fits() map[string]map[string]bool {
	m := map[string]map[string]bool{}
	for _, r := range roomPlans() {
		for _, t := range r.things {
			for _, u := range t.usual {
				if m[u.name] == nil {
					m[u.name] = map[string]bool{}
				}
				m[u.name][t.name] = true
			}
		}
	}
	m["microwave"] = map[string]bool{}
	for w := range strings.FieldsSeq(thingsToHeat) {
		m["microwave"][w] = true
	}
	for w := range strings.FieldsSeq(thingsToCool) {
		m["fridge"][w] = true
	}
	for w := range strings.FieldsSeq(thingsToClean) {
		m["sinkbasin"][w] = true
	}
	return m
}

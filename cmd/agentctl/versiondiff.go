package main

import (
	"fmt"
	"math"

	"github.com/surefoot-ai/surefoot/policy"
	"github.com/surefoot-ai/surefoot/policy/transformer"
	"github.com/surefoot-ai/surefoot/policy/versions"
)

// versionDiff is how two versions differ.
type versionDiff struct {
	Fields  []fieldDiff  `json:"fields"`
	Weights []weightDiff `json:"weights"`
}

// fieldDiff is a field of the lineage that differs.
type fieldDiff struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// weightDiff is how far the weights of one kind, of all layers, are apart.
type weightDiff struct {
	Kind       string  `json:"kind"`
	Parameters int     `json:"parameters"`
	Change     float64 `json:"change"` // Euclidean norm of the difference over that of the first version's
}

// diffVersions compares two versions of one architecture.
func diffVersions(f *versions.Folder, from, to string) (versionDiff, error) {
	var d versionDiff
	var both [2]versions.Version
	var models [2]*transformer.Model
	for i, version := range []string{from, to} {
		v, err := findVersion(f, version)
		if err != nil {
			return d, err
		}
		data, err := f.Policy(version)
		if err != nil {
			return d, err
		}
		l, _, err := policy.Load(data)
		if err != nil {
			return d, fmt.Errorf("version %s: %w", version, err)
		}
		both[i], models[i] = v, l.Model()
	}
	if models[0].Config() != models[1].Config() {
		return d, fmt.Errorf("versions %s and %s: %w", from, to, transformer.ErrMismatch)
	}
	d.Fields = diffFields(versionFields(both[0]), versionFields(both[1]))
	d.Weights = diffWeights(models[0], models[1])
	return d, nil
}

// diffFields returns the fields that differ; both lists have the same names.
func diffFields(from, to []string) []fieldDiff {
	out := []fieldDiff{}
	for i := 2; i+1 < len(from); i += 2 { // behind the version
		if from[i+1] != to[i+1] {
			out = append(out, fieldDiff{from[i], from[i+1], to[i+1]})
		}
	}
	return out
}

// diffWeights compares weights by kind, in the order of the model's parameters.
func diffWeights(from, to *transformer.Model) []weightDiff {
	type sums struct {
		n          int
		moved, was float64
	}
	of := map[string]*sums{}
	var kinds []string
	others := to.Parameters()
	for i, p := range from.Parameters() {
		kind := kindOf(p.Name)
		s := of[kind]
		if s == nil {
			s = &sums{}
			of[kind] = s
			kinds = append(kinds, kind)
		}
		s.n += len(p.Data)
		for j, w := range p.Data {
			s.was += float64(w) * float64(w)
			by := float64(others[i].Data[j]) - float64(w)
			s.moved += by * by
		}
	}
	out := make([]weightDiff, len(kinds))
	for i, kind := range kinds {
		s := of[kind]
		out[i] = weightDiff{Kind: kind, Parameters: s.n}
		if s.moved > 0 {
			out[i].Change = math.Sqrt(s.moved / max(s.was, math.SmallestNonzeroFloat64))
		}
	}
	return out
}

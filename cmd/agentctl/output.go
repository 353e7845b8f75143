package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"
	"golang.org/x/term"

	"github.com/surefoot-ai/surefoot/cmd/agentctl/browse"
)

// The output formats.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
)

func formats() []string { return []string{formatTable, formatJSON, formatYAML} }

// show writes data to standard output in the format of --output. A table is
// written by table; JSON and YAML hold all of data, under its JSON names.
func (a *app) show(data any, table func(w io.Writer)) error {
	var out []byte
	var err error
	switch a.format {
	case formatJSON:
		out, err = toJSON(data)
	case formatYAML:
		out, err = toYAML(data)
	default:
		var b bytes.Buffer
		table(&b)
		out = b.Bytes()
	}
	if err != nil {
		return err
	}
	_, err = a.out.Write(out)
	if err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

func toJSON(data any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(data)
	return b.Bytes(), err
}

// toYAML goes through JSON, which is YAML too, so that both formats have the
// same names in the same order.
func toYAML(data any) ([]byte, error) {
	j, err := toJSON(data)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(j, &doc); err != nil {
		return nil, err
	}
	plain(&doc)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// plain drops JSON's style from n, all but the brackets of empty lists. Texts
// of several lines become blocks.
func plain(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.Contains(n.Value, "\n") {
		n.Style = yaml.LiteralStyle
	}
	for _, c := range n.Content {
		plain(c)
	}
}

// rows writes an aligned table: a line of capitals, then the rows. Cells are
// cut to one line of printable text.
func rows(w io.Writer, header []string, cells [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(header, "\t")))
	for _, row := range cells {
		clean := make([]string, len(row))
		for i, c := range row {
			clean[i] = oneLine(c)
		}
		fmt.Fprintln(t, strings.Join(clean, "\t"))
	}
	t.Flush()
}

// fields writes a name and a value a line, and leaves out empty values.
func fields(w io.Writer, pairs ...string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", pairs[i], oneLine(pairs[i+1]))
		}
	}
	t.Flush()
}

// oneLine and printable are texts that cannot break a table or steer the
// terminal.
func oneLine(s string) string   { return browse.Line(s) }
func printable(s string) string { return browse.Lines(s) }

// isTerminal reports whether stream is one.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

package report

import (
	"fmt"
	"io"
)

// studySection is what the template reads of one study.
type studySection struct {
	ID     string // of its heading, and the beginning of all IDs in it
	Study  *Study
	Charts []chart
}

// StudiesHTML writes the studies as one self-contained page: inline style and
// pictures, no script, no request to anywhere. It follows the reader's light or
// dark preference. It returns the error of [Study.Validate], and one if there is
// no study or two have the same method.
func StudiesHTML(w io.Writer, studies []Study) error {
	if err := checkStudies(studies); err != nil {
		return err
	}
	sections := make([]studySection, len(studies))
	for i := range studies {
		s := &sections[i]
		s.ID, s.Study = fmt.Sprintf("study-%d", i+1), &studies[i]
		for _, f := range studies[i].Figures {
			c := f.chart()
			c.ID = s.ID + "-" + c.ID
			s.Charts = append(s.Charts, c)
		}
	}
	return execute(w, "studies.gohtml", sections)
}

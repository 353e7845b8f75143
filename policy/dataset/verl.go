package dataset

import (
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// maxRowGroup is how many records are held before they are written.
const maxRowGroup = 4096

// verlRecord is a record of Verl, in the columns that verl's own examples have.
type verlRecord struct {
	DataSource  string          `parquet:"data_source"` // the suite; verl chooses the reward function by it
	Prompt      []message       `parquet:"prompt,list"`
	Ability     string          `parquet:"ability"` // the kind of task
	RewardModel verlRewardModel `parquet:"reward_model"`
	ExtraInfo   verlExtraInfo   `parquet:"extra_info"`
}

type verlRewardModel struct {
	Style       string `parquet:"style"`        // always "rule"
	GroundTruth string `parquet:"ground_truth"` // the actions of the GRPO record, a newline between two
}

// verlExtraInfo is passed to the reward function as it is.
type verlExtraInfo struct {
	Split     string `parquet:"split"` // train or validation, also where both are in one file
	Index     int64  `parquet:"index"` // of the record in the file, from 0
	TaskID    string `parquet:"task_id"`
	Goal      string `parquet:"goal"`
	Attempts  int64  `parquet:"attempts"`
	Successes int64  `parquet:"successes"`
}

func (x *exporter) verlPrompts(g group) []any {
	var out []any
	for i, r := range x.rollouts(g) {
		truth := make([]string, len(r.GroundTruth))
		for j, a := range r.GroundTruth {
			truth[j] = string(a)
		}
		out = append(out, verlRecord{
			DataSource:  r.Suite,
			Prompt:      r.Prompt,
			Ability:     r.Kind,
			RewardModel: verlRewardModel{"rule", strings.Join(truth, "\n")},
			ExtraInfo: verlExtraInfo{
				Split: string(SplitOf(r.Suite, r.TaskID, x.o.ValidationShare)), Index: int64(x.records + i),
				TaskID: r.TaskID, Goal: r.Goal, Attempts: int64(r.Attempts), Successes: int64(r.Successes),
			},
		})
	}
	return out
}

// verlSink writes a Parquet file.
type verlSink struct {
	w *parquet.GenericWriter[verlRecord]
}

func newVerlSink(w io.Writer) *verlSink {
	return &verlSink{parquet.NewGenericWriter[verlRecord](w,
		parquet.MaxRowsPerRowGroup(maxRowGroup), parquet.Compression(&parquet.Snappy), parquet.CreatedBy("surefoot", "", ""))}
}

func (s *verlSink) write(record any) error {
	_, err := s.w.Write([]verlRecord{record.(verlRecord)})
	return err
}

func (s *verlSink) close() error { return s.w.Close() }

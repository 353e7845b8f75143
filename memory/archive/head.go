package archive

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"sync"
)

// head is the witness of what was acknowledged: a file beside the archive that
// says after every commit how many writes and episodes there are. A disk that
// loses the end of the write-ahead log leaves an archive that is whole but
// older; the head shows it.
//
// It is written after the commit is durable and not synced itself, so that it
// costs no time: after a crash of the machine it may be older than the archive,
// which proves nothing wrong, but never newer.
type head struct {
	path string

	mu   sync.Mutex
	file *os.File
	last int64 // generation
}

const headForm = "surefoot head 1: writes %020d, episodes %020d"

// write records a commit. Its errors are of no consequence but that an older
// head is a weaker witness.
func (h *head) write(gen, episodes int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if gen <= h.last {
		return
	}
	if h.file == nil {
		f, err := os.OpenFile(h.path, os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return
		}
		h.file = f
	}
	line := fmt.Sprintf(headForm, gen, episodes)
	if _, err := h.file.WriteAt(fmt.Appendf(nil, "%s %08x\n", line, crc32.ChecksumIEEE([]byte(line))), 0); err == nil {
		h.last = gen
	}
}

func (h *head) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		return nil
	}
	err := h.file.Close()
	h.file = nil
	return err
}

// read returns what the head says: zeros if there is none, or none that is
// whole.
func (h *head) read() (gen, episodes int64, err error) {
	b, err := os.ReadFile(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	var sum uint32
	if n, err := fmt.Sscanf(string(b), headForm+" %08x\n", &gen, &episodes, &sum); n != 3 || err != nil ||
		crc32.ChecksumIEEE(fmt.Appendf(nil, headForm, gen, episodes)) != sum {
		return 0, 0, nil
	}
	return gen, episodes, nil
}

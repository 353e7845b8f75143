//go:build unix

package archive

import (
	"os"
	"os/exec"
	"syscall"
)

// unprivileged makes c run as nobody if this is root.
func unprivileged(c *exec.Cmd) {
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
}

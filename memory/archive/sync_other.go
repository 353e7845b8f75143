//go:build !unix

package archive

// SyncFolderOf does nothing where a folder cannot be synced.
func SyncFolderOf(string) error { return nil }

//go:build !full

package household

// trainStride: without the tag "full" every tenth game of the train split is
// played, to keep the default tests short.
const trainStride = 10

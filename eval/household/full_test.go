//go:build full

package household

// trainStride: with the tag "full" every game of the train split is played.
const trainStride = 1
